# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's operations, one method each."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager
from urllib.parse import quote

from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    TransportError,
    UnsupportedByServer,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._pacer import LAUNCH
from ansible_collections.lambdal.cloud.plugins.module_utils._transport import Call, Transport
from ansible_collections.lambdal.cloud.plugins.module_utils._types import (
    AuditEvent,
    FileSystem,
    FirewallRule,
    FirewallRuleset,
    Image,
    Instance,
    InstanceTypeOffer,
    LaunchRequest,
    Region,
    SshKey,
)


class Api:
    """Every method sends one request and raises LambdaCloudError when it fails."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list_instances(self, deadline: Deadline | None = None) -> list[Instance]:
        """GET /instances."""
        return t.cast("list[Instance]", self._rows("/instances", "list the instances", deadline))

    def list_instance_types(self, deadline: Deadline | None = None) -> dict[str, InstanceTypeOffer]:
        """GET /instance-types, by name."""
        return t.cast(
            "dict[str, InstanceTypeOffer]", self._read("/instance-types", "list the instance types", dict, deadline)
        )

    def list_ssh_keys(self, deadline: Deadline | None = None) -> list[SshKey]:
        """GET /ssh-keys."""
        return t.cast("list[SshKey]", self._rows("/ssh-keys", "list the SSH keys", deadline))

    def list_file_systems(self, deadline: Deadline | None = None) -> list[FileSystem]:
        """GET /file-systems."""
        return t.cast("list[FileSystem]", self._rows("/file-systems", "list the file systems", deadline))

    def launch_instance(self, request: LaunchRequest, deadline: Deadline | None = None) -> str:
        """POST /instance-operations/launch; the new machine's id. Never sent twice by this method, save after a 429."""
        what = (
            f"launch {request['name']} ({request['instance_type_name']} in {request['region_name']}, "
            f"SSH key {', '.join(request['ssh_key_names'])})"
        )
        call = Call("POST", "/instance-operations/launch", what, dict, lane=LAUNCH, body=request)
        ids = self._transport.send(call, deadline).get("instance_ids")
        if not isinstance(ids, list) or not ids:
            raise TransportError(f"Could not {what}: the answer names no instance.", may_have_executed=True)
        return str(ids[0])

    def terminate_instances(self, ids: t.Sequence[str], deadline: Deadline | None = None) -> list[Instance]:
        """POST /instance-operations/terminate; the machines that the service says it terminates, perhaps not all."""
        what = f"terminate {', '.join(ids)}"
        call = Call("POST", "/instance-operations/terminate", what, dict, body={"instance_ids": list(ids)})
        return list(self._transport.send(call, deadline).get("terminated_instances") or [])

    def restart_instances(self, ids: t.Sequence[str], deadline: Deadline | None = None) -> list[Instance]:
        """POST /instance-operations/restart; the machines that the service says it restarts, perhaps not all."""
        what = f"restart {', '.join(ids)}"
        call = Call("POST", "/instance-operations/restart", what, dict, body={"instance_ids": list(ids)})
        return list(self._transport.send(call, deadline).get("restarted_instances") or [])

    def rename_instance(self, instance_id: str, name: str, deadline: Deadline | None = None) -> Instance:
        """POST /instances/{id}, since 1.10.0. Sending it twice does what sending it once does."""
        what = f"rename the instance {instance_id} to {name}"
        call = Call("POST", f"/instances/{quote(instance_id, safe='')}", what, dict, safe=True, body={"name": name})
        return t.cast("Instance", self._object(call, deadline))

    def list_regions(self, deadline: Deadline | None = None) -> list[Region]:
        """GET /regions, since 1.10.0."""
        with since("1.10.0"):
            return t.cast("list[Region]", self._read("/regions", "list the regions", list, deadline))

    def list_images(self, deadline: Deadline | None = None) -> list[Image]:
        """GET /images, since 1.10.0."""
        with since("1.10.0"):
            return t.cast("list[Image]", self._rows("/images", "list the images", deadline))

    def list_firewall_rulesets(self, deadline: Deadline | None = None) -> list[FirewallRuleset]:
        """GET /firewall-rulesets, since 1.10.0; without the global one."""
        with since("1.10.0"):
            return t.cast(
                "list[FirewallRuleset]", self._rows("/firewall-rulesets", "list the firewall rulesets", deadline)
            )

    def get_global_firewall_ruleset(self, deadline: Deadline | None = None) -> FirewallRuleset:
        """GET /firewall-rulesets/global, since 1.10.0: the rules that hold in all regions."""
        call = Call("GET", "/firewall-rulesets/global", "read the global firewall ruleset", dict, safe=True)
        with since("1.10.0"):
            return t.cast("FirewallRuleset", self._object(call, deadline))

    def create_firewall_ruleset(
        self, name: str, region: str, rules: t.Sequence[FirewallRule], deadline: Deadline | None = None
    ) -> FirewallRuleset:
        """POST /firewall-rulesets, since 1.10.0."""
        what = f"create the firewall ruleset {name} in {region}"
        body = {"name": name, "region": region, "rules": list(rules)}
        return t.cast(
            "FirewallRuleset", self._object(Call("POST", "/firewall-rulesets", what, dict, body=body), deadline)
        )

    def update_firewall_ruleset(
        self, ruleset_id: str, rules: t.Sequence[FirewallRule], deadline: Deadline | None = None
    ) -> FirewallRuleset:
        """PATCH /firewall-rulesets/{id}, or of the global one, since 1.10.0. Sending it twice does what once does."""
        path = f"/firewall-rulesets/{quote(ruleset_id, safe='')}"
        what = f"update the firewall ruleset {ruleset_id}"
        call = Call("PATCH", path, what, dict, safe=True, body={"rules": list(rules)})
        return t.cast("FirewallRuleset", self._object(call, deadline))

    def delete_firewall_ruleset(self, ruleset_id: str, deadline: Deadline | None = None) -> None:
        """DELETE /firewall-rulesets/{id}, since 1.10.0."""
        path = f"/firewall-rulesets/{quote(ruleset_id, safe='')}"
        self._transport.send(Call("DELETE", path, f"delete the firewall ruleset {ruleset_id}", None), deadline)

    def list_audit_events(
        self, query: t.Mapping[str, str], deadline: Deadline | None = None
    ) -> tuple[list[AuditEvent], str | None]:
        """GET /audit-events, since 1.10.0: a page of events, and the token of the next page if there is one."""
        call = Call("GET", "/audit-events", "list the audit events", list, safe=True, query=query, whole=True)
        with since("1.10.0"):
            page: dict[str, t.Any] = self._transport.send(call, deadline)
        return page["data"], page.get("page_token")

    def add_ssh_key(self, name: str, public_key: str | None = None, deadline: Deadline | None = None) -> SshKey:
        """POST /ssh-keys; without a public key the service generates a pair and returns `private_key`."""
        body = {"name": name} if public_key is None else {"name": name, "public_key": public_key}
        call = Call("POST", "/ssh-keys", f"add the SSH key {name}", dict, body=body)
        return t.cast("SshKey", self._object(call, deadline))

    def delete_ssh_key(self, key_id: str, deadline: Deadline | None = None) -> None:
        """DELETE /ssh-keys/{id}."""
        path = f"/ssh-keys/{quote(key_id, safe='')}"
        self._transport.send(Call("DELETE", path, f"delete the SSH key {key_id}", None), deadline)

    def create_filesystem(self, name: str, region: str, deadline: Deadline | None = None) -> FileSystem:
        """POST /filesystems, since 1.10.0; the list stays at /file-systems."""
        call = Call(
            "POST",
            "/filesystems",
            f"create the file system {name} in {region}",
            dict,
            body={"name": name, "region": region},
        )
        with since("1.10.0"):
            return t.cast("FileSystem", self._object(call, deadline))

    def delete_filesystem(self, file_system_id: str, deadline: Deadline | None = None) -> None:
        """DELETE /filesystems/{id}, since 1.10.0."""
        path = f"/filesystems/{quote(file_system_id, safe='')}"
        self._transport.send(Call("DELETE", path, f"delete the file system {file_system_id}", None), deadline)

    def _object(self, call: Call, deadline: Deadline | None) -> dict[str, t.Any]:
        """An object that a write made, which must have an id."""
        made: dict[str, t.Any] = self._transport.send(call, deadline)
        if not isinstance(made.get("id"), str):
            raise TransportError(f"Could not {call.what}: the answer names no id.", may_have_executed=True)
        return made

    def _rows(self, path: str, what: str, deadline: Deadline | None) -> list[dict[str, t.Any]]:
        """A list of objects that each have an id."""
        rows: list[t.Any] = self._read(path, what, list, deadline)
        if not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows):
            raise TransportError(f"Could not {what}: the answer holds rows without an id.", temporary=False)
        return rows

    def _read(self, path: str, what: str, expect: type, deadline: Deadline | None) -> t.Any:
        return self._transport.send(Call("GET", path, what, expect, safe=True), deadline)


@contextmanager
def since(version: str) -> t.Iterator[None]:
    """Tell a path that the server does not know from trouble of another kind.

    Raises:
        UnsupportedByServer: instead of a 404 for the path.
    """
    try:
        yield
    except ApiError as error:
        if error.status in (404, 405):
            raise UnsupportedByServer(error.what, version) from error
        raise
