#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_ssh_key
short_description: Manage SSH keys of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Adds an SSH key to the account, replaces it or deletes it. A key is identified by its name.
  - Without a public key, a key pair is generated, and the private key is written to a file.
  - Instances get their key at launch. Adding a key does not change running instances, and a key that an instance uses cannot be
    deleted.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.users
  - lambdal.cloud.attributes.resource
  - lambdal.cloud.attributes.action
options:
  name:
    description: Name of the key, up to 64 characters. Required with O(state=present).
    type: str
  id:
    description:
      - Id of the key to delete, with O(state=absent). Use it to choose between keys that have the same name. The id of a key that
        does not exist is ignored.
    type: str
  state:
    description: Whether the key should exist.
    type: str
    choices: [present, absent]
    default: present
  public_key:
    description:
      - The public key, in OpenSSH, RFC 4716, PKCS8 or PEM format. It is stored in OpenSSH format.
      - Keys are compared by type and key material. The comment is ignored.
    type: str
  public_key_file:
    description: File with the public key, on the host that runs the module.
    type: path
  on_mismatch:
    description:
      - What to do if the account has a different key under the name.
      - V(fail) fails.
      - V(replace) replaces it. The old key is deleted and the new one is added. If the new one is refused, the old one is added again.
      - The service does not delete a key that an instance uses. If a live instance was launched with a key of this name, nothing is
        changed and the task fails. Terminate the instances first, or use another name.
    type: str
    choices: [fail, replace]
    default: fail
  allow_duplicate_material:
    description:
      - Whether to add a key that the account already has under another name.
      - With V(false), nothing is added. The existing key is returned, with a warning that names it.
    type: bool
    default: false
  deduplicate:
    description:
      - Whether to delete duplicates if several keys have the same name. No instance can be launched with such a name. Adding a key
        twice at the same time can create duplicates.
      - With V(true), O(state=present) keeps one key, the one with the given public key if there is such a key, and
        O(state=absent) deletes all of them. With V(false), the task fails.
    type: bool
    default: false
  private_key_path:
    description:
      - File with the private key. If it does not exist and the account has no key of this name, a pair is generated and the private
        key is written there, with mode 0600. Its folder must exist.
      - If it exists and the account has no key of this name, its public half is added. A run that was interrupted goes on so.
      - When neither this option nor O(public_key) nor O(public_key_file) is set, the account must have a key of this name.
    type: path
  key_source:
    description:
      - Where a pair is generated.
      - V(controller) generates an ed25519 pair on the host that runs the module, with the Python library cryptography or else with
        C(ssh-keygen). The private key is on disk before the public key is sent, and is never sent.
      - V(service) lets the service generate the pair and send the private key in its response. If that response is lost, the new key
        is deleted again.
    type: str
    choices: [controller, service]
    default: controller
  overwrite_private_key:
    description: Whether to generate a pair and overwrite an existing file at O(private_key_path) if the account has no key of this name.
    type: bool
    default: false
  outcome_timeout:
    description: Seconds to look for a new key after the response to the add request was lost, before retrying.
    type: float
    default: 30
seealso:
  - module: lambdal.cloud.lambda_ssh_key_info
  - module: lambdal.cloud.lambda_instance
"""

EXAMPLES = r"""
- name: Add my public key
  lambdal.cloud.lambda_ssh_key:
    name: laptop
    public_key_file: ~/.ssh/id_ed25519.pub

- name: Generate a key pair for the instances of a CI system
  lambdal.cloud.lambda_ssh_key:
    name: ci
    private_key_path: ~/.ssh/lambda_ci

- name: Replace the key of that name by another one
  lambdal.cloud.lambda_ssh_key:
    name: laptop
    public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZ+kxdQ7+vrFUyH6SUWTt9BlkVsHtFpWOBG0nN0cgTR me
    on_mismatch: replace

- name: Delete a key from the account and keep the private key file
  lambdal.cloud.lambda_ssh_key:
    name: ci
    state: absent
"""

RETURN = r"""
ssh_key:
  description: The key that exists or was deleted, or null if there was none. In check mode, values that the service would assign are null.
  returned: success
  type: dict
  contains:
    id:
      description: Unique id.
      type: str
    name:
      description: Name.
      type: str
    public_key:
      description: Public key.
      type: str
  sample:
    id: 0920582c7ff041399e34823a0be62548
    name: laptop
    public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx
private_key_path:
  description: File with the private key of the generated pair.
  returned: when a pair was generated
  type: str
  sample: /home/me/.ssh/lambda_ci
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._module.argspec import RESOURCE_SPEC, USERS_SPEC
from ansible_collections.lambdal.cloud.plugins.module_utils._module.resource import run_resource
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.public_key import parse_public_key
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.ssh_key import (
    SshKeySpec,
    SshKeyType,
    check_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._results import ssh_key_result

ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "state": RESOURCE_SPEC["state"],
    "public_key": {"type": "str"},
    "public_key_file": {"type": "path"},
    "private_key_path": {"type": "path", "no_log": False},
    "key_source": {"type": "str", "choices": ["controller", "service"], "default": "controller", "no_log": False},
    "overwrite_private_key": {"type": "bool", "default": False, "no_log": False},
    "on_mismatch": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
    "allow_duplicate_material": {"type": "bool", "default": False},
    "deduplicate": {"type": "bool", "default": False},
    **USERS_SPEC,
    "outcome_timeout": RESOURCE_SPEC["outcome_timeout"],
}


def read_public_key(options: t.Mapping[str, t.Any]) -> str | None:
    """Return the public key that the options give, or None.

    Raises:
        InvalidInput: the file cannot be read.
    """
    path = options["public_key_file"]
    if path is None:
        given: str | None = options["public_key"]
        return given
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"public_key_file {path} cannot be read: {error}.") from None


def read_spec(options: t.Mapping[str, t.Any]) -> SshKeySpec:
    """Return the key that the options describe.

    Raises:
        InvalidInput: the name or the public key is not valid.
    """
    if options["state"] == "absent":
        return SshKeySpec(
            options["name"] or "",
            key_id=options["id"],
            deduplicate=options["deduplicate"],
            assume_terminated=frozenset(options["assume_terminated"]),
        )
    check_name(options["name"])
    text = read_public_key(options)
    return SshKeySpec(
        options["name"],
        None if text is None else parse_public_key(text),
        private_key_path=options["private_key_path"],
        generate_by_service=options["key_source"] == "service",
        overwrite_private_key=options["overwrite_private_key"],
        allow_duplicate_material=options["allow_duplicate_material"],
        replace=options["on_mismatch"] == "replace",
        deduplicate=options["deduplicate"],
    )


def extra_results(change: t.Any, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    before = {row["id"] for row in change.before}
    generated = change.after and change.after[0]["id"] not in before and options["private_key_path"]
    return {"private_key_path": options["private_key_path"]} if generated else {}


def main() -> None:
    run_resource(
        SshKeyType,
        returns="ssh_key",
        read_spec=read_spec,
        argument_spec=ARGUMENT_SPEC,
        show=ssh_key_result,
        diff_state=lambda rows: {"ssh_keys": rows},
        extra_results=extra_results,
        mutually_exclusive=[("public_key", "public_key_file", "private_key_path")],
        required_if=[("state", "present", ("name",)), ("state", "absent", ("name", "id"), True)],
    )


if __name__ == "__main__":
    main()
