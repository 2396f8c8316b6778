#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_ssh_key
short_description: Manage SSH keys of Lambda Cloud
version_added: 0.1.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Ensures that an SSH key exists or does not exist in the account. A key is known by its name.
  - Without a public key the service generates a pair, and its private half is written to a file.
  - Instances take a key at launch. Adding or deleting one later changes nothing on instances that run.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.resource
options:
  name:
    description: Name of the key, up to 64 characters.
    type: str
    required: true
  state:
    description: Whether the key shall exist.
    type: str
    choices: [present, absent]
    default: present
  public_key:
    description:
      - The public key, in OpenSSH's form.
      - A key that exists under the name with other material is an error. The comment is not compared.
    type: str
  public_key_file:
    description: A file that holds the public key, on the machine that runs the module.
    type: path
  private_key_path:
    description:
      - Where the private half of a generated pair is written, with mode 0600. Its folder must exist.
      - Needed when neither O(public_key) nor O(public_key_file) is set. A file that exists is never overwritten.
    type: path
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

- name: Delete it again; the file stays
  lambdal.cloud.lambda_ssh_key:
    name: ci
    state: absent
"""

RETURN = r"""
ssh_key:
  description: The key, or the one that was deleted; null when there was none. In check mode, what only the service can know is null.
  returned: always
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
from ansible_collections.lambdal.cloud.plugins.module_utils._ssh_keys import KeyRing, WantedKey, check_wanted
from ansible_collections.lambdal.cloud.plugins.module_utils._view import ssh_key_result

ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "public_key": {"type": "str"},
    "public_key_file": {"type": "path"},
    "private_key_path": {"type": "path", "no_log": False},
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


def execute(task: Task) -> None:
    options = task.options
    # Nobody waits for a key; only a lost answer is looked into, and keys are listed quickly.
    patience = Patience(deadline=None, interval=2.0, outcome_timeout=options["outcome_timeout"], log=task.log)
    path = options["private_key_path"]
    wanted = WantedKey(options["name"], read_public_key(options))
    if options["state"] == "present":
        check_wanted(wanted)
        if wanted.public_key is None and path is None:
            raise InvalidInput(
                "Give public_key or public_key_file, or private_key_path to have a pair generated and kept."
            )
    ring = KeyRing(task.open_api(), patience, check_mode=task.check_mode)
    if options["state"] == "present":
        change = ring.ensure_present(wanted, path)
    else:
        change = ring.ensure_absent(options["name"])
    before, after = (ssh_key_result(key) if key else None for key in (change.before, change.after))
    result: dict[str, t.Any] = {"changed": before != after, "ssh_key": after or before}
    if change.generated:
        result["private_key_path"] = path
    task.result = lambda: result
    task.diff = lambda: {"before": before or {}, "after": after or {}}


def main() -> None:
    run_module(execute, ARGUMENT_SPEC, mutually_exclusive=[("public_key", "public_key_file", "private_key_path")])


if __name__ == "__main__":
    main()
