# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: lambda_cloud
short_description: Instances of Lambda Cloud as managed hosts
version_added: 0.1.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Reads the instances of a Lambda Cloud account with one request and makes each a host of the group C(lambda_cloud).
  - A host is called by its instance's name, an unnamed one by its id. Instances that share a name are all kept, told apart by
    their ids, with a warning.
  - Every field of the instance is a host variable that starts with C(lambda_), such as C(lambda_region.name). What the API
    returns is data and is never templated.
  - The group C(lambda_cloud) sets C(ansible_user) to V(ubuntu), which your own group variables override.
  - The configuration file's name ends in C(lambda.yml), C(lambda.yaml), C(lambda_cloud.yml) or C(lambda_cloud.yaml).
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Marks the file as a configuration of this plugin.
    type: str
    required: true
    choices: [lambdal.cloud.lambda_cloud]
  api_key:
    description: The key of the Lambda Cloud account. May be a template.
    type: str
    env:
      - name: LAMBDA_API_KEY
  api_url:
    description: Base address of the API. May be a template.
    type: str
    default: https://cloud.lambda.ai/api/v1
    env:
      - name: LAMBDA_API_URL
  validate_certs:
    description: Whether the server's certificate must be valid.
    type: bool
    default: true
  ca_path:
    description: A file or folder of certificate authorities to trust instead of the default ones.
    type: path
  request_timeout:
    description: Seconds without an answer after which a request counts as lost.
    type: float
    default: 60
  retry_timeout:
    description: Seconds for which the request is repeated after a temporary failure.
    type: float
    default: 60
  request_interval:
    description:
      - Seconds between two requests of this account by all processes of this user on this machine. V(0) turns pacing off.
    type: float
    default: 1
    env:
      - name: LAMBDA_REQUEST_INTERVAL
  statuses:
    description: The states of instances that become hosts.
    type: list
    elements: str
    choices: [booting, active, unhealthy, terminating, terminated, preempted]
    default: [active]
requirements:
  - python >= 3.11
  - requests >= 2.32
  - urllib3 >= 2.0
seealso:
  - module: lambdal.cloud.lambda_instance_info
"""

EXAMPLES = r"""
---
# The least: all active instances, with the key from LAMBDA_API_KEY
plugin: lambdal.cloud.lambda_cloud
---
# Groups by region and type, a group of your own, and a variable
plugin: lambdal.cloud.lambda_cloud
keyed_groups:
  - key: lambda_region.name
    prefix: region
  - key: lambda_instance_type.name
    prefix: type
groups:
  training: lambda_name.startswith('train-')
compose:
  gpus: lambda_instance_type.specs.gpus
---
# The list kept for five minutes
plugin: lambdal.cloud.lambda_cloud
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/lambda_inventory
cache_timeout: 300
"""

import hashlib
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.template import trust_as_template
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._module import open_api
from ansible_collections.lambdal.cloud.plugins.module_utils._transport import REQUESTS_IMPORT_ERROR
from ansible_collections.lambdal.cloud.plugins.module_utils._view import (
    INVENTORY_GROUP,
    LOGIN_USER,
    host_names,
    host_variables,
    instance_fields,
    without_secrets,
)

Row = dict[str, t.Any]

# Change it with the form of what is cached, so that an older cache is not misread.
_CACHE_FORMAT = 1

_CONNECTION_OPTIONS = (
    "api_key",
    "api_url",
    "validate_certs",
    "ca_path",
    "request_timeout",
    "retry_timeout",
    "request_interval",
)


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "lambdal.cloud.lambda_cloud"

    def verify_file(self, path: str) -> bool:
        endings = ("lambda.yml", "lambda.yaml", "lambda_cloud.yml", "lambda_cloud.yaml")
        return bool(super().verify_file(path)) and path.endswith(endings)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if REQUESTS_IMPORT_ERROR:
            raise AnsibleError("The inventory plugin lambdal.cloud.lambda_cloud needs the Python library requests.")
        self._read_config_data(path)
        statuses = self.get_option("statuses")
        rows = [row for row in self._instances(path, cache) if row.get("status") in statuses]
        self._add_hosts(rows)

    def _instances(self, path: str, cache: bool) -> list[Row]:
        """The account's instances, from the cache while it holds them."""
        options = {name: self.get_option(name) for name in _CONNECTION_OPTIONS}
        for name in ("api_key", "api_url"):
            options[name] = self.templar.template(options[name])
        account = hashlib.sha256(f"{options['api_url']}\0{options['api_key']}".encode()).hexdigest()
        key = self.get_cache_key(path)
        if self.get_option("cache") and cache:
            kept = self._cache.get(key) or {}
            if kept.get("format") == _CACHE_FORMAT and kept.get("account") == account:
                return t.cast("list[Row]", kept["instances"])
        try:
            # The inventory never launches, so it has no turn to wait for there.
            api = open_api({**options, "launch_interval": 0.0}, warn=self.display.warning, log=self.display.vv)
            rows = [without_secrets(row) for row in api.list_instances()]
        except LambdaCloudError as error:
            raise AnsibleParserError(str(error)) from None
        if self.get_option("cache"):
            self._cache[key] = {"format": _CACHE_FORMAT, "account": account, "instances": rows}
        return rows

    def _add_hosts(self, rows: list[Row]) -> None:
        self.inventory.add_group(INVENTORY_GROUP)
        self.inventory.set_variable(INVENTORY_GROUP, "ansible_user", trust_as_template(LOGIN_USER))
        strict = self.get_option("strict")
        for host, row in zip(host_names(rows), rows, strict=True):
            if row.get("name") and host != row["name"]:
                self.display.warning(f"Several instances are named '{row['name']}'; this one is the host '{host}'.")
            self.inventory.add_host(host, group=INVENTORY_GROUP)
            variables = _plain(host_variables(instance_fields(row)))
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
            self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)


def _plain(value: t.Any) -> t.Any:
    """Let strings that cannot be templates print as plain JSON; one with a brace stays untrusted, and so is never run."""
    if isinstance(value, str):
        return value if "{" in value else trust_as_template(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
