# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How instances are logged in to: the variables that Ansible's ssh connection reads."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import state_folder

# Nothing but letters and digits of an id reaches ssh. A host of the user's own in the group has no id.
_ALIAS_TEMPLATE = "lambda-{{{{ {variable} | default(inventory_hostname) | regex_replace('[^A-Za-z0-9]', '') }}}}"
# The common arguments are left to the user, for a jump host for instance.
_EXTRA_ARGUMENTS = ("ansible_ssh_extra_args", "ansible_sftp_extra_args", "ansible_scp_extra_args")

_CONTROL_PATH = (
    "The path of ssh's control socket is too long. Set ANSIBLE_SSH_CONTROL_PATH_DIR, or control_path_dir in the section ssh_connection "
    "of ansible.cfg, to a short folder such as /tmp/cp."
)
_CONFIGURATION = "ssh refuses its options, or its configuration file, as the message says."
# What ssh or Ansible says of what no waiting mends, and what to do about it.
_LASTING = {
    "Host key verification failed": (
        "ssh does not trust its host key, which is another one than was kept for it, or is not known. Where new host keys are not "
        "accepted (accept_new_host_keys of the inventory, fleet_accept_new_host_keys), add it; where it has rightly changed, remove "
        "the old one with ssh-keygen -R."
    ),
    "too long for Unix domain socket": _CONTROL_PATH,
    "ControlPath too long": _CONTROL_PATH,
    "No such file or directory: b'": (
        "There is no ssh client on the controller. Install one, such as openssh-client, or set ansible_ssh_executable."
    ),
    "you must install the sshpass program": (
        "A password is set, for which Ansible needs sshpass. Leave out ansible_password, or install sshpass."
    ),
    "Bad configuration option": _CONFIGURATION,
    "Bad owner or permissions on": _CONFIGURATION,
}
_KEY_REFUSED = "Permission denied"


class SshProblem(t.NamedTuple):
    """What a failed login means.

    Attributes:
        key_refused: whether the key was refused, which heals in a moment or never
        lasting: what no waiting mends, in a sentence, or ""
    """

    key_refused: bool
    lasting: str


def ssh_problem(error: str) -> SshProblem:
    """Return what the message of a failed login means."""
    lasting = next((sentence for sign, sentence in _LASTING.items() if sign in error), "")
    return SshProblem(_KEY_REFUSED in error and not lasting, lasting)


def host_key_args(instance_id: str, known_hosts_file: str | None = None) -> str:
    """Return arguments of ssh that keep an instance's host key under its id.

    An address may later belong to another instance with another key. The key is trusted when first seen, and must be the same
    from then on.

    Args:
        instance_id: the id of the instance.
        known_hosts_file: the file of the keys, instead of the collection's own.
    """
    return _host_key_args(host_key_alias(instance_id), known_hosts_file)


def host_key_alias(instance_id: str) -> str:
    """Return the name under which ssh keeps the host key of an instance."""
    return f"lambda-{plain_id(instance_id)}"


def plain_id(instance_id: str) -> str:
    """Return an instance's id without what ssh or a file's name could take for more than a letter."""
    return re.sub(r"[^A-Za-z0-9]", "", instance_id)


def group_variables(
    user: str,
    id_variable: str,
    port: int | None = None,
    private_key_file: str | None = None,
    accept_new_host_keys: bool = True,
    known_hosts_file: str | None = None,
) -> dict[str, t.Any]:
    """Return the variables of a group of instances with which a play of one's own logs in to each; texts are templates.

    Args:
        user: the user to log in as.
        id_variable: name of the host variable with the id.
        port: the port, if it is not ssh's own.
        private_key_file: the private key, if ssh does not find it by itself.
        accept_new_host_keys: whether the host keys are kept by id, and trusted when first seen.
        known_hosts_file: the file of the host keys, instead of the collection's own.
    """
    variables: dict[str, t.Any] = {"ansible_user": user}
    if port is not None:
        variables["ansible_port"] = port
    if private_key_file:
        variables["ansible_ssh_private_key_file"] = private_key_file
    if accept_new_host_keys:
        arguments = _host_key_args(_ALIAS_TEMPLATE.format(variable=id_variable), known_hosts_file)
        variables.update(dict.fromkeys(_EXTRA_ARGUMENTS, arguments))
    return variables


def _host_key_args(alias: str, known_hosts_file: str | None) -> str:
    # Quoted for ssh, which takes several files, and then for Ansible.
    file = shlex.quote(f'UserKnownHostsFile="{known_hosts_file or own_known_hosts_file()}"')
    return f"-o StrictHostKeyChecking=accept-new -o HostKeyAlias={alias} -o {file}"


def own_known_hosts_file() -> str:
    """Return the file of all projects of the user, after making its folder, which ssh does not make."""
    folder = state_folder()
    # Without it, ssh warns that it cannot remember the key.
    with contextlib.suppress(OSError):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, "known_hosts")
