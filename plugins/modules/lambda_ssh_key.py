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
  - Ensures that an SSH key exists or does not exist in the account. A key is known by its name.
  - Without a public key the service generates a pair, and its private half is written to a file.
  - Instances take a key at launch. Adding or deleting one later changes nothing on instances that run.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.resource
  - lambdal.cloud.attributes.action
options:
  name:
    description: Name of the key, up to 64 characters. Needed with O(state=present).
    type: str
  id:
    description:
      - Id of the key to delete, with O(state=absent), which tells apart keys of one name. One that is gone already is fine.
    type: str
  state:
    description: Whether the key shall exist.
    type: str
    choices: [present, absent]
    default: present
  public_key:
    description:
      - The public key, in the form of OpenSSH, RFC 4716, PKCS8 or PEM. It is stored in the form of OpenSSH.
      - Keys are compared by their type and their material. The comment does not count.
    type: str
  public_key_file:
    description: A file that holds the public key, on the machine that runs the module.
    type: path
  on_mismatch:
    description:
      - What to do when another key has the name.
      - V(fail) fails.
      - V(replace) puts the new key under the name. It is added under a name of its own before the old one is deleted, so that the
        account always has one of them. Instances that run keep accepting the old one.
    type: str
    choices: [fail, replace]
    default: fail
  allow_duplicate_material:
    description:
      - Whether to add a key that the account has already under another name.
      - When not, that key is returned, with a warning that tells its name, and nothing is added.
    type: bool
    default: false
  deduplicate:
    description:
      - What to do with several keys of one name, with which no instance can be launched. Two additions at the same time leave such.
      - V(true) keeps one with O(state=present), the one with the given public key if it is among them, and none with
        O(state=absent). V(false) fails.
    type: bool
    default: false
  private_key_path:
    description:
      - Where the private half of a generated pair is written, with mode 0600. Its folder must exist.
      - Without it, O(public_key) and O(public_key_file), the account must have a key of the name.
    type: path
  overwrite_private_key:
    description: Whether a file that exists at O(private_key_path) may be replaced when a pair is generated.
    type: bool
    default: false
  outcome_timeout:
    description: Seconds to look for a key whose adding got no usable answer, before it is sent again.
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

- name: Generate a pair for the machines of continuous integration
  lambdal.cloud.lambda_ssh_key:
    name: ci
    private_key_path: ~/.ssh/lambda_ci

- name: Put another key under the name of the first
  lambdal.cloud.lambda_ssh_key:
    name: laptop
    public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZ+kxdQ7+vrFUyH6SUWTt9BlkVsHtFpWOBG0nN0cgTR me
    on_mismatch: replace

- name: Delete it again; the file stays
  lambdal.cloud.lambda_ssh_key:
    name: ci
    state: absent
"""

RETURN = r"""
ssh_key:
  description: The key, or the one that was deleted; null when there was none. In check mode, what only the service can know is null.
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
  description: The file that holds the private half of a generated pair.
  returned: when a pair was generated
  type: str
  sample: /home/me/.ssh/lambda_ci
failure:
  description: The error in parts, C(code), C(message), C(suggestion), C(status) and C(field_errors), null where there is none.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._module import Task, run_module
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._public_key import parse_public_key
from ansible_collections.lambdal.cloud.plugins.module_utils._ssh_keys import KeyRing
from ansible_collections.lambdal.cloud.plugins.module_utils._view import ssh_key_result
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted_key import WantedKey, check_name

ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "public_key": {"type": "str"},
    "public_key_file": {"type": "path"},
    "private_key_path": {"type": "path", "no_log": False},
    "overwrite_private_key": {"type": "bool", "default": False, "no_log": False},
    "on_mismatch": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
    "allow_duplicate_material": {"type": "bool", "default": False},
    "deduplicate": {"type": "bool", "default": False},
    "outcome_timeout": {"type": "float", "default": 30.0},
}


def read_public_key(options: t.Mapping[str, t.Any]) -> str | None:
    """The public key that the options give, if they do.

    Raises:
        InvalidInput: the file cannot be read.
    """
    path = options["public_key_file"]
    if path is None:
        return options["public_key"]
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"public_key_file {path} cannot be read: {error}.") from None


def wanted_key(options: t.Mapping[str, t.Any]) -> WantedKey:
    """The key that the options describe.

    Raises:
        InvalidInput: the name or the public key is none.
    """
    check_name(options["name"])
    text = read_public_key(options)
    return WantedKey(
        options["name"],
        None if text is None else parse_public_key(text),
        allow_duplicate_material=options["allow_duplicate_material"],
        replace=options["on_mismatch"] == "replace",
        deduplicate=options["deduplicate"],
    )


def execute(task: Task) -> None:
    options = task.options
    # Nobody waits for a key; only a lost answer is looked into, and keys are listed quickly.
    patience = Patience(deadline=None, interval=2.0, outcome_timeout=options["outcome_timeout"], log=task.log)
    wanted = wanted_key(options) if options["state"] == "present" else None
    ring = KeyRing(task.open_api(), patience, check_mode=task.check_mode, warn=task.warn)
    path = options["private_key_path"]
    if wanted:
        with task.claimed("SSH key", [wanted.name], patience):
            change = ring.ensure_present(wanted, path, options["overwrite_private_key"])
    else:
        change = ring.ensure_absent(options["name"], options["id"], options["deduplicate"])
    before, after = ([ssh_key_result(key) for key in keys] for keys in (change.before, change.after))
    result: dict[str, t.Any] = {
        "changed": before != after,
        "ssh_key": ssh_key_result(change.key) if change.key else None,
    }
    if change.generated:
        result["private_key_path"] = path
    task.result = lambda: result
    task.diff = lambda: {"before": {"ssh_keys": before}, "after": {"ssh_keys": after}}


def main() -> None:
    run_module(
        execute,
        ARGUMENT_SPEC,
        mutually_exclusive=[("public_key", "public_key_file", "private_key_path")],
        required_if=[("state", "present", ("name",)), ("state", "absent", ("name", "id"), True)],
    )


if __name__ == "__main__":
    main()
