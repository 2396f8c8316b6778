# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups that an inventory source makes, beside the hosts and groups of earlier sources, which never change."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible_collections.lambdal.cloud.plugins.plugin_utils._host_names import RESERVED_GROUPS


class Groups:
    """The part of Ansible's inventory that its own code for constructed groups calls.

    A group that would have the name of another source's host is called NAME_group, with a warning. So is a group that is named
    by a value from the API, where the name means something in Ansible.

    Args:
        inventory: Ansible's inventory.
        warn: shows a warning.
    """

    def __init__(self, inventory: t.Any, warn: t.Callable[[str], None]) -> None:
        self._inventory = inventory
        self._warn = warn
        self._foreign_hosts = frozenset(inventory.hosts)
        self._foreign_groups = frozenset(inventory.groups)
        self._names: dict[tuple[str, bool], str] = {}

    def name_of(self, name: str, reserved: bool = True) -> str:
        """Return the name that a group has in the inventory.

        Args:
            name: the name that it should have.
            reserved: whether names that mean something in Ansible are refused.
        """
        key = (name, reserved)
        if key not in self._names:
            self._names[key] = self._free(name, RESERVED_GROUPS if reserved else frozenset())
        return self._names[key]

    def _free(self, name: str, reserved: frozenset[str]) -> str:
        free = name
        while free in self._foreign_hosts or free in reserved:
            free += "_group"
        if free != name:
            self._warn(
                f"The group '{name}' would have the name of a host or of a group of Ansible's, so it is '{free}'."
            )
        return free

    def add_group(self, name: str) -> str:
        """Add a group unless its name is empty, as a value from the API may leave it."""
        return str(self._inventory.add_group(self.name_of(name))) if name else ""

    def add_host(self, host: str, group: str) -> None:
        """Add a host to a group that exists."""
        if group:
            self._inventory.add_host(host, group)

    def add_child(self, parent: str, child: str) -> None:
        """Add a group to a parent group, unless it is another source's or the two would contain each other."""
        parent = self.name_of(parent)
        if not parent or not child or parent == child or child in self._foreign_groups:
            return
        try:
            self._inventory.add_child(parent, child)
        except AnsibleError as error:
            self._warn(f"The group '{child}' cannot be in the group '{parent}': {error}")

    def get_host(self, host: str) -> t.Any:
        """Return a host."""
        return self._inventory.get_host(host)
