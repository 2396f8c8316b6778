# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: lambda_cloud
short_description: Instances of Lambda Cloud as managed hosts
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Reads the instances of a Lambda Cloud account with one request and makes each a host of the group C(lambda_cloud).
  - A host is called by its instance's name, an unnamed one by its id. Instances that share a name are all kept, told apart by
    their ids, with a warning. So is one that bears a name which means something else to Ansible, such as C(localhost).
  - An instance without an address is left out, unless O(include_without_address) is set.
  - Every field of the instance is a host variable that starts with C(lambda_), such as C(lambda_region.name). What the API
    returns is data and is never templated.
  - The group C(lambda_cloud) sets C(ansible_user) to V(ubuntu), which your own group variables override.
  - The configuration file's name ends in C(lambda.yml), C(lambda.yaml), C(lambda_cloud.yml) or C(lambda_cloud.yaml).
  - Every option that is a string may be a template, also with extra variables if O(use_extra_vars) is set.
  - Ansible goes on with an empty inventory when a source fails, unless told otherwise. Set C(any_unparsed_is_failed = true) in the
    section C(inventory) of C(ansible.cfg), as this collection's repository does.
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
    description: The key of the Lambda Cloud account.
    type: str
    env:
      - name: LAMBDA_API_KEY
  api_url:
    description: Base address of the API.
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
  include_without_address:
    description: Whether instances become hosts that have none of the addresses of O(connect_with), as while they boot.
    type: bool
    default: false
  names:
    description: Only instances of these names. Each is a name, a host range such as V(train-[01:08]), or a glob such as V(train-*).
    type: list
    elements: str
  regions:
    description: Only instances in these regions.
    type: list
    elements: str
  instance_types:
    description: Only instances of these types.
    type: list
    elements: str
  tags:
    description: Only instances with all of these tags, by key and value. A value of V(*) takes any.
    type: dict
  filters:
    description:
      - What else decides on an instance, beside the lists above. Each entry is a mapping with one key, C(include) or C(exclude), and
        an expression over the host's variables, or V(true).
      - The first expression that is true decides. An instance that none decides on becomes a host.
    type: list
    elements: dict
    default: []
  hostnames:
    description:
      - What a host is called, in order of preference. Each is the name of a field, such as V(name), V(hostname) or V(private_ip), or an
        expression over the host's variables. The first that is not empty counts, and at last the id.
    type: list
    elements: str
    default: [name]
  connect_with:
    description: What C(ansible_host) is, in order of preference. The first that the instance has counts.
    type: list
    elements: str
    choices: [ip, private_ip, hostname]
    default: [ip]
  hostvars_prefix:
    description: What the names of host variables begin with.
    type: str
    default: lambda_
  hostvars_suffix:
    description: What the names of host variables end with.
    type: str
    default: ""
  show_jupyter:
    description:
      - Whether hosts know C(jupyter_token) and C(jupyter_url), which log anybody in who holds them.
      - They are never cached, so that with this option the list is always asked for.
    type: bool
    default: false
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
# Production machines only, called by what their tag says, reached over the private network
plugin: lambdal.cloud.lambda_cloud
regions: [us-east-1, us-west-1]
filters:
  - exclude: lambda_name is match('scratch-')
  - include: lambda_instance_type.specs.gpus > 0
  - exclude: true
hostnames:
  - (lambda_tags | default([]) | items2dict).get('role')
  - name
connect_with: [private_ip, ip]
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
from ansible_collections.lambdal.cloud.plugins.module_utils._client import open_api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name, by_tags, by_value
from ansible_collections.lambdal.cloud.plugins.module_utils._hosts import (
    INVENTORY_GROUP,
    LOGIN_USER,
    address_of,
    host_names,
    host_variables,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._templates import may_be_template
from ansible_collections.lambdal.cloud.plugins.module_utils._transport import REQUESTS_IMPORT_ERROR
from ansible_collections.lambdal.cloud.plugins.module_utils._view import (
    instance_fields,
    instance_type_name,
    region_name,
    without_secrets,
)
from ansible_collections.lambdal.cloud.plugins.plugin_utils._expressions import Expressions

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
        self._expressions = Expressions()
        self._require_known_options(self._read_config_data(path))
        if self.get_option("use_extra_vars"):
            self.templar.available_variables = self._vars
        try:
            self._add_hosts(self._selected(self._instances(path, cache)))
        except LambdaCloudError as error:
            raise AnsibleParserError(str(error)) from None

    def _require_known_options(self, config: t.Mapping[str, t.Any]) -> None:
        """A misspelled option would silently select other machines."""
        known = self.get_options()
        for name in config:
            if name not in known:
                raise AnsibleParserError(f"'{name}' is no option of {self.NAME}.", obj=name)

    def _option(self, name: str) -> t.Any:
        """An option's value, templated where the user wrote a template."""
        value = self.get_option(name)
        return self.templar.template(value) if isinstance(value, (str, list, dict)) else value

    def _instances(self, path: str, cache: bool) -> list[Row]:
        """The account's instances, from the cache while it holds them."""
        options = {name: self._option(name) for name in _CONNECTION_OPTIONS}
        account = hashlib.sha256(f"{options['api_url']}\0{options['api_key']}".encode()).hexdigest()
        key, secrets = self.get_cache_key(path), self.get_option("show_jupyter")
        if self.get_option("cache") and cache and not secrets:
            kept = self._cache.get(key) or {}
            if kept.get("format") == _CACHE_FORMAT and kept.get("account") == account:
                return t.cast("list[Row]", kept["instances"])
        # The inventory never launches, so it has no turn to wait for there.
        api = open_api({**options, "launch_interval": 0.0}, warn=self.display.warning, log=self.display.vv)
        rows = t.cast("list[Row]", api.list_instances())
        public = [without_secrets(row) for row in rows]
        if self.get_option("cache"):
            self._cache[key] = {"format": _CACHE_FORMAT, "account": account, "instances": public}
        return rows if secrets else public

    def _selected(self, rows: list[Row]) -> list[Row]:
        """The instances that the plain lists ask for."""
        rows = by_value(rows, self._option("statuses"), lambda row: row.get("status"))
        rows = by_name(rows, self._option("names"))
        rows = by_value(rows, self._option("regions"), region_name)
        rows = by_value(rows, self._option("instance_types"), instance_type_name)
        rows = by_tags(rows, self._option("tags"))
        if self.get_option("include_without_address"):
            return rows
        connect_with = self.get_option("connect_with")
        return [row for row in rows if address_of(row, connect_with)]

    def _add_hosts(self, rows: list[Row]) -> None:
        self.inventory.add_group(INVENTORY_GROUP)
        self.inventory.set_variable(INVENTORY_GROUP, "ansible_user", trust_as_template(LOGIN_USER))
        style = (self._option("hostvars_prefix"), self._option("hostvars_suffix"), self.get_option("connect_with"))
        secrets = self.get_option("show_jupyter")
        fields = [instance_fields(row, secrets) for row in rows]
        hosts = [(row, _plain(host_variables(row, *style))) for row in fields]
        hosts = [(row, variables) for row, variables in hosts if self._is_included(variables)]
        wished = [self._wished_name(row, variables) for row, variables in hosts]
        for name, wish, (row, variables) in zip(
            host_names([row for row, _variables in hosts], wished), wished, hosts, strict=True
        ):
            if wish and name != wish:
                self.display.warning(
                    f"'{wish}' cannot be the name of one host alone; the instance {row['id']} is the host '{name}'."
                )
            self.inventory.add_host(name, group=INVENTORY_GROUP)
            for variable, value in variables.items():
                self.inventory.set_variable(name, variable, value)
            self._construct(name, variables)

    def _construct(self, host: str, variables: dict[str, t.Any]) -> None:
        """Give a host what `compose`, `groups` and `keyed_groups` make of its variables, in this order."""
        for variable, expression in self.get_option("compose").items():
            value = self._evaluate(expression, variables)
            if value is not None:
                self.inventory.set_variable(host, variable, _plain(value))
        known = self.inventory.get_host(host).get_vars()
        self.templar.available_variables = known
        for group, condition in self.get_option("groups").items():
            if self._holds(condition, known):
                self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(group)), host)
        keyed_groups, strict = self.get_option("keyed_groups"), self.get_option("strict")
        self._add_host_to_keyed_groups(keyed_groups, known, host, strict=strict, fetch_hostvars=False)

    def _holds(self, condition: t.Any, variables: dict[str, t.Any]) -> bool:
        try:
            return bool(
                self._expressions.evaluate(
                    "condition", condition, variables, lambda: self.templar.evaluate_conditional(condition)
                )
            )
        except Exception as error:
            if self.get_option("strict"):
                raise AnsibleParserError(f"Could not evaluate '{condition}': {error}", obj=condition) from error
            return False

    def _compose(self, template: t.Any, variables: t.Any, *arguments: t.Any, **options: t.Any) -> t.Any:
        # Also where the value is known: what follows in Ansible's own code relies on it.
        self.templar.available_variables = variables
        return self._expressions.evaluate(
            "expression", template, variables, lambda: super(InventoryModule, self)._compose(template, variables)
        )

    def _is_included(self, variables: t.Mapping[str, t.Any]) -> bool:
        """What the first filter says that is true of a host; without one it is in."""
        for entry in self.get_option("filters"):
            if len(entry) != 1 or not set(entry) <= {"include", "exclude"}:
                raise AnsibleParserError("A filter has one key, include or exclude.", obj=entry)
            ((verdict, condition),) = entry.items()
            if condition if isinstance(condition, bool) else self._evaluate(condition, variables):
                return bool(verdict == "include")
        return True

    def _wished_name(self, row: Row, variables: t.Mapping[str, t.Any]) -> str | None:
        """The first name that is not empty, of a field or by an expression."""
        for wish in self.get_option("hostnames"):
            name = row[wish] if wish in row else self._evaluate(wish, variables)
            if name:
                return str(name)
        return None

    def _evaluate(self, expression: str, variables: t.Mapping[str, t.Any]) -> t.Any:
        """An expression's value; what it cannot be had from counts as nothing unless `strict` is set."""
        try:
            return self._compose(expression, variables)
        except Exception as error:
            if self.get_option("strict"):
                raise AnsibleParserError(f"Could not evaluate '{expression}': {error}", obj=expression) from error
            return None


def _plain(value: t.Any) -> t.Any:
    """Let strings that are no templates print as plain JSON; one that could be stays untrusted, and so is never run."""
    if isinstance(value, str):
        return value if may_be_template(value) else trust_as_template(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
