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
  - Lists the instances of a Lambda Cloud account with one request and adds each as a host to the group C(lambda_cloud).
  - The name of a host is the name of its instance, or its id if it has no name. If instances share a name, or a name has a meaning
    in Ansible, such as C(localhost), or is that of a group or of another source's host, the id is appended to the host's name,
    with a warning. This also tells apart instances of several accounts, in one file or in several.
  - In the name of a host, underscores replace what is not a letter, a digit, an underscore, a dot or a dash, and dashes and dots at
    its beginning are left out, with a warning. The variable C(lambda_name) keeps the name as it is.
  - A group that would have the name of another source's host is called C(NAME_group), with a warning. Sources that are read later
    can still add variables to hosts of this one, so let this one be read last.
  - Instances without an address are left out, unless O(include_without_address) is set.
  - Every field of an instance becomes a host variable that begins with C(lambda_), such as C(lambda_region.name). Values from the
    API are never run as templates.
  - The group C(lambda_cloud) sets the variables with which plays log in to its hosts, C(ansible_user) for instance, as O(ssh_user) and
    the options after it say. Your own group variables, in C(group_vars) or in another source, override them.
  - The name of the configuration file must end with C(lambda.yml), C(lambda.yaml), C(lambda_cloud.yml) or C(lambda_cloud.yaml).
  - The value of each option can be a template, also with extra variables, for a list or a dictionary as well. Lists can be text with
    commas between the items. A value that is not of the documented type is an error. Set O(use_extra_vars) to use extra variables in
    expressions over host variables too.
  - An expression that cannot be evaluated for any host is told in a warning, with the name of the host variable that it may mean.
  - By default, Ansible continues with an empty inventory if an inventory source fails. To make it fail, set
    C(any_unparsed_is_failed = true) in the C(inventory) section of C(ansible.cfg), as the repository of this collection does.
extends_documentation_fragment:
  - lambdal.cloud.connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Name of this plugin. It must be set to V(lambdal.cloud.lambda_cloud).
    type: str
    required: true
    choices: [lambdal.cloud.lambda_cloud]
  accounts:
    description:
      - Accounts to list instead of the one of O(api_key), at the same time and with one request each.
      - Each gets a group of its name, and its hosts the variable C(lambda_account).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the account and of its group.
        type: str
        required: true
      api_key:
        description: API key of the account.
        type: str
        required: true
      api_url:
        description: Base URL of the API, instead of O(api_url).
        type: str
  on_account_error:
    description:
      - What to do if one of O(accounts) cannot be listed.
      - With V(fail), the inventory fails and names each account that cannot be listed.
      - With V(skip), a warning is shown, and the hosts of the account are those of the last time, however long ago, if O(cache) is set.
    type: str
    choices: [fail, skip]
    default: fail
  statuses:
    description: Add only instances with one of these statuses.
    type: list
    elements: str
    choices: [booting, active, unhealthy, terminating, terminated, preempted]
    default: [active]
  include_without_address:
    description: Whether to add instances that have none of the addresses in O(connect_with), such as instances that are booting.
    type: bool
    default: false
  names:
    description:
      - Add only instances with one of these names. Each is a name, a host range such as V(train-[01:08]), or a glob such as
        V(train-*).
      - An empty list selects nothing. When not set, names do not matter. The same holds for O(regions) and O(instance_types).
    type: list
    elements: str
  regions:
    description: Add only instances in one of these regions.
    type: list
    elements: str
  instance_types:
    description: Add only instances of one of these types.
    type: list
    elements: str
  tags:
    description: Add only instances with all of these tags, as keys and texts. The value V(*) matches any value.
    type: dict
  filters:
    description:
      - More filters, applied after the options above. Each entry is a mapping with one key, C(include) or C(exclude), whose value is
        a Jinja expression over the host's variables, or V(true).
      - The first entry whose expression is true decides. An instance that matches no entry is added.
      - If the expression of C(exclude) cannot be evaluated for an instance, this is an error; if that of C(include) cannot, the
        instance is left out, with a warning. An entry can have a second key C(default) with a boolean, which counts instead, unless
        O(strict) is set.
    type: list
    elements: dict
    default: []
  hostnames:
    description:
      - Names for a host, in order of preference. Each is the name of a field, such as V(name), V(hostname) or V(private_ip), or a
        Jinja expression over the host's variables.
      - The first non-empty value is used, also if O(strict) is set and an expression before it cannot be evaluated. If all are empty,
        the id is used.
    type: list
    elements: str
    default: [name]
  connect_with:
    description: Addresses to set C(ansible_host) to, in order of preference. The first one that the instance has is used.
    type: list
    elements: str
    choices: [ip, private_ip, hostname]
    default: [ip]
  ssh_user:
    description: User to log in as, for C(ansible_user).
    type: str
    default: ubuntu
  ssh_port:
    description: Port to log in at, for C(ansible_port). When not set, ssh's own is used.
    type: int
  ssh_private_key_file:
    description: Private key to log in with, for C(ansible_ssh_private_key_file), if ssh does not find it by itself.
    type: path
  accept_new_host_keys:
    description:
      - Whether to keep the host key of an instance under its id, to trust it when it is first seen, and to require the same key from
        then on. For this, C(ansible_ssh_extra_args), C(ansible_sftp_extra_args) and C(ansible_scp_extra_args) are set.
        C(ansible_ssh_common_args) is left to you, for a jump host for instance.
      - With V(false), these variables are not set, and ssh asks for the key of each address, as its own configuration says.
    type: bool
    default: true
  known_hosts_file:
    description:
      - File that the host keys are kept in.
      - When not set, C(lambdal.cloud/known_hosts) in E(XDG_CACHE_HOME) or C(~/.cache) is used, and not that of ssh.
    type: path
  hostvars_prefix:
    description: Prefix of the names of host variables.
    type: str
    default: lambda_
  hostvars_suffix:
    description: Suffix of the names of host variables.
    type: str
    default: ""
  show_jupyter:
    description:
      - Whether to set C(jupyter_token) and C(jupyter_url), with which anybody can log in to JupyterLab on the instance.
      - They are never cached, so with this option every run sends a request.
    type: bool
    default: false
seealso:
  - module: lambdal.cloud.lambda_instance_info
"""

EXAMPLES = r"""
---
# All active instances, with the key from LAMBDA_API_KEY
plugin: lambdal.cloud.lambda_cloud
---
# Groups by region and type, a custom group, and an additional variable
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
# A selection of the instances of two regions, named by their tag `role`, and reached over the private network
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
# Two accounts, each in a group of its own
plugin: lambdal.cloud.lambda_cloud
accounts:
  - {name: research, api_key: "{{ lookup('env', 'LAMBDA_API_KEY') }}"}
  - {name: production, api_key: "{{ lookup('env', 'PRODUCTION_API_KEY') }}"}
on_account_error: skip
---
# Caching of the list for five minutes
plugin: lambdal.cloud.lambda_cloud
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/lambda_inventory
cache_timeout: 300
"""

import typing as t
import weakref

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable, get_cache_plugin
from ansible.utils.vars import combine_vars
from ansible_collections.lambdal.cloud.plugins.module_utils._client.libraries import library_problem
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row, instance_type_name, region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name, by_tags, by_value
from ansible_collections.lambdal.cloud.plugins.module_utils._host_vars import (
    INVENTORY_GROUP,
    address_of,
    host_variables,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._module.core import core_problem
from ansible_collections.lambdal.cloud.plugins.module_utils._results import instance_fields, without_secrets
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.module_utils._unsafe import is_harmless
from ansible_collections.lambdal.cloud.plugins.plugin_utils._accounts import Account, list_accounts, read_accounts
from ansible_collections.lambdal.cloud.plugins.plugin_utils._compiled import compiling_once
from ansible_collections.lambdal.cloud.plugins.plugin_utils._evaluations import Evaluations
from ansible_collections.lambdal.cloud.plugins.plugin_utils._expressions import Expressions
from ansible_collections.lambdal.cloud.plugins.plugin_utils._host_names import host_names
from ansible_collections.lambdal.cloud.plugins.plugin_utils._inventory_groups import Groups
from ansible_collections.lambdal.cloud.plugins.plugin_utils._inventory_options import (
    WrongOption,
    read_filters,
    read_options,
)
from ansible_collections.lambdal.cloud.plugins.plugin_utils._ssh import group_variables

try:
    from ansible.template import trust_as_template
except ImportError:
    # A core that is too old, which `parse` tells.
    trust_as_template = None

# Change this when the format of the cache changes, so that an older cache is ignored.
_CACHE_FORMAT = 1

# The names of the hosts that sources have made, by inventory and by the id of the instance: each instance is one host.
_HOSTS: weakref.WeakKeyDictionary[t.Any, dict[str, str]] = weakref.WeakKeyDictionary()


class _Listed(t.NamedTuple):
    """An instance, its host variables, and the names of its accounts where there are several."""

    row: Row
    variables: dict[str, t.Any]
    accounts: list[str]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Inventory plugin that makes the account's instances managed hosts."""

    NAME = "lambdal.cloud.lambda_cloud"

    def verify_file(self, path: str) -> bool:
        endings = ("lambda.yml", "lambda.yaml", "lambda_cloud.yml", "lambda_cloud.yaml")
        return bool(super().verify_file(path)) and path.endswith(endings)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if problem := core_problem() or library_problem():
            raise AnsibleError(problem)
        self._read_config_data(path)
        self.templar = compiling_once(self.templar)
        self._expressions = Expressions(self._vars if self.get_option("use_extra_vars") else ())
        style = (self.get_option("hostvars_prefix"), self.get_option("hostvars_suffix"))
        self._evaluations = Evaluations(style)
        self._groups = Groups(inventory, self._warn)
        self._hosts = _HOSTS.setdefault(inventory, {})
        try:
            self._filters = read_filters(self.get_option("filters"))
            self._add_hosts(self._listed(self._instances(path, cache)))
        except LambdaCloudError as error:
            raise AnsibleParserError(printable(str(error))) from None
        for text in (*self._evaluations.warnings(), *self._evaluations.left_out()):
            self._warn(text)

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """Set the options from the configuration, which core would convert without evaluating templates, and by guessing."""
        if direct:
            self.templar.available_variables = self._vars
            try:
                direct = read_options(direct, self.option_definitions, self.templar.template, var_options or {})
            except WrongOption as error:
                # With the place in the file
                raise AnsibleParserError(printable(str(error)), obj=error.option) from None
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def _warn(self, text: str) -> None:
        self.display.warning(printable(text))

    def _log(self, text: str) -> None:
        self.display.vv(printable(text))

    def _instances(self, path: str, cache: bool) -> list[tuple[Account, list[Row]]]:
        """Return each account's instances, from the cache if it is enabled and valid."""
        accounts = read_accounts(self.get_options())
        found = [self._cached(path, account) if cache else None for account in accounts]
        asked = [number for number, rows in enumerate(found) if rows is None]
        errors = []
        answers = list_accounts([accounts[number] for number in asked], self._warn, self._log)
        for number, answer in zip(asked, answers, strict=True):
            account = accounts[number]
            if not isinstance(answer, LambdaCloudError):
                found[number] = self._remembered(path, account, answer)
            elif account.name is not None and self.get_option("on_account_error") == "skip":
                found[number] = self._kept(path, account, answer)
            else:
                errors.append(account.said(str(answer)))
        if errors:
            raise AnsibleParserError(printable(" ".join(errors)))
        return [(account, rows or []) for account, rows in zip(accounts, found, strict=True)]

    def _cache_key(self, path: str, account: Account) -> str:
        key: str = self.get_cache_key(path)
        return key if account.name is None else f"{key}_{account.digest[:16]}"

    def _cached(self, path: str, account: Account) -> list[Row] | None:
        """Return an account's instances from the cache, or None."""
        # What is cached has no secrets.
        if not self.get_option("cache") or self.get_option("show_jupyter"):
            return None
        return _rows_of(self._cache.get(self._cache_key(path, account)), account)

    def _remembered(self, path: str, account: Account, rows: list[Row]) -> list[Row]:
        """Put an account's instances in the cache if it is enabled, without secrets, and return what is shown of them."""
        public: list[Row] = [without_secrets(row) for row in rows]
        if self.get_option("cache"):
            content = {"format": _CACHE_FORMAT, "account": account.digest, "instances": public}
            self._cache[self._cache_key(path, account)] = content
        return rows if self.get_option("show_jupyter") else public

    def _kept(self, path: str, account: Account, error: LambdaCloudError) -> list[Row]:
        """Return the last known instances of an account that cannot be listed, however old they are."""
        rows = None
        if self.get_option("cache"):
            # Apart from this run's cache, which would count what it has read as new.
            names = {"_uri": "cache_connection", "_prefix": "cache_prefix"}
            options = {name: value for name, each in names.items() if (value := self.get_option(each)) is not None}
            old = get_cache_plugin(self.get_option("cache_plugin"), **options, _timeout=0)
            rows = _rows_of(old.get(self._cache_key(path, account)), account)
        kept = "none of its hosts is known" if rows is None else f"its {len(rows)} instances come from the cache"
        self._warn(f"{account.said(str(error))} The account is skipped; {kept}.")
        return rows or []

    def _listed(self, accounts: t.Sequence[tuple[Account, list[Row]]]) -> list[_Listed]:
        """Return the instances that the options select, each once, although two keys may be of one account."""
        style = (self.get_option("hostvars_prefix"), self.get_option("hostvars_suffix"))
        listed: dict[str, _Listed] = {}
        for account, rows in accounts:
            for row in self._selected(rows):
                fields = instance_fields(row, self.get_option("show_jupyter"))
                if account.name is not None:
                    fields["account"] = account.name
                variables = _plain(host_variables(fields, *style, self.get_option("connect_with")))
                if row["id"] in listed:
                    listed[row["id"]].accounts.append(account.name or "")
                elif self._is_included(_label(row), variables):
                    listed[row["id"]] = _Listed(fields, variables, [account.name] if account.name else [])
        return list(listed.values())

    def _selected(self, rows: list[Row]) -> list[Row]:
        """Return the instances that match the options for statuses, names, regions, types, tags and addresses."""
        rows = by_value(rows, self.get_option("statuses"), lambda row: row.get("status"))
        rows = by_name(rows, self.get_option("names"))
        rows = by_value(rows, self.get_option("regions"), region_name)
        rows = by_value(rows, self.get_option("instance_types"), instance_type_name)
        rows = by_tags(rows, self.get_option("tags"))
        if self.get_option("include_without_address"):
            return rows
        connect_with = self.get_option("connect_with")
        return [row for row in rows if address_of(row, connect_with)]

    def _add_hosts(self, listed: list[_Listed]) -> None:
        """Add the instances to the inventory, under names that are no other host's and no group's."""
        self._add_main_group()
        conditional = {self._sanitize_group_name(name) for name in self.get_option("groups")}
        preferred = {each.row["id"]: self._preferred_name(each.row, each.variables) for each in listed}
        # Another source has listed these already.
        pending = [each for each in listed if self._hosts.get(each.row["id"]) not in self.inventory.hosts]
        for each in listed:
            if self._hosts.get(each.row["id"]) in self.inventory.hosts:
                self._add_host(self._hosts[each.row["id"]], each)
        warnings = {}
        while pending:
            taken = {*self.inventory.hosts, *self.inventory.groups, *conditional}
            names = host_names([each.row for each in pending], [preferred[each.row["id"]] for each in pending], taken)
            for each, name in zip(pending, names, strict=True):
                instance_id = each.row["id"]
                self._hosts[instance_id] = name.name
                if name.reason:
                    warnings[instance_id] = (
                        f"The name {preferred[instance_id]!r} {name.reason}, so the instance {instance_id} is the host '{name.name}'."
                    )
                self._add_host(name.name, each)
            # Groups that these hosts have made may have the name of one of them.
            pending = [each for each in pending if self._hosts[each.row["id"]] in self.inventory.groups]
            for each in pending:
                self.inventory.remove_host(self.inventory.hosts[self._hosts.pop(each.row["id"])])
        for text in warnings.values():
            self._warn(text)

    def _add_main_group(self) -> None:
        """Add the group of all instances, with the variables that each host has unless a source or file says otherwise."""
        self._main_group = self.inventory.add_group(self._groups.name_of(INVENTORY_GROUP, reserved=False))
        group = self.inventory.groups[self._main_group]
        variables = group_variables(
            user=self.get_option("ssh_user"),
            id_variable=f"{self.get_option('hostvars_prefix')}id{self.get_option('hostvars_suffix')}",
            port=self.get_option("ssh_port"),
            private_key_file=self.get_option("ssh_private_key_file"),
            accept_new_host_keys=self.get_option("accept_new_host_keys"),
            known_hosts_file=self.get_option("known_hosts_file"),
        )
        for name, value in variables.items():
            if name not in group.vars:
                group.set_variable(name, trust_as_template(value) if isinstance(value, str) else value)

    def _add_host(self, name: str, listed: _Listed) -> None:
        self.inventory.add_host(name, group=self._main_group)
        host = self.inventory.hosts[name]
        # Not by the inventory's own method, which takes a name for a group's first.
        for variable, value in listed.variables.items():
            host.set_variable(variable, value)
        for account in listed.accounts:
            group = self._groups.add_group(self._sanitize_group_name(account))
            self._groups.add_host(name, group)
        self._construct(host, listed.variables)

    def _construct(self, host: t.Any, variables: dict[str, t.Any]) -> None:
        """Apply `compose`, `groups` and `keyed_groups` to a host, in this order."""
        for variable, expression in self.get_option("compose").items():
            value = self._evaluate("compose", expression, variables, host.name)
            if value is not None:
                host.set_variable(variable, _plain(value))
        known = host.get_vars()
        for group, condition in self.get_option("groups").items():
            if self._holds(condition, known, host.name):
                name = self._groups.name_of(self._sanitize_group_name(group), reserved=False)
                self.inventory.add_host(host.name, self.inventory.add_group(name))
        inventory, self.inventory, self._host = self.inventory, self._groups, host.name
        try:
            self._add_host_to_keyed_groups(
                self.get_option("keyed_groups"),
                known,
                host.name,
                strict=self.get_option("strict"),
                fetch_hostvars=False,
            )
        finally:
            self.inventory = inventory

    def _holds(self, condition: t.Any, variables: dict[str, t.Any], host: str) -> bool:
        """Return whether a group's condition is true of a host; false if it cannot be evaluated and `strict` is not set."""
        self.templar.available_variables = self._with_extra(variables)
        try:
            result = bool(
                self._expressions.evaluate(
                    "condition", condition, variables, lambda: self.templar.evaluate_conditional(condition)
                )
            )
        except Exception as error:
            if self.get_option("strict"):
                raise _not_evaluated(condition, "", error) from None
            self._evaluations.failed("groups", condition, host, error, variables)
            return False
        self._evaluations.succeeded("groups", condition)
        return result

    def _with_extra(self, variables: t.Any) -> t.Any:
        return combine_vars(variables, self._vars) if self.get_option("use_extra_vars") else variables

    def _compose(self, template: t.Any, variables: t.Any, *arguments: t.Any, **options: t.Any) -> t.Any:
        """Evaluate the key of a keyed group."""
        try:
            value = self._value_of(template, variables)
        except Exception as error:
            self._evaluations.failed("keyed_groups", template, self._host, error, variables)
            raise AnsibleError(printable(str(error))) from None
        self._evaluations.succeeded("keyed_groups", template)
        return value

    def _value_of(self, expression: t.Any, variables: t.Any) -> t.Any:
        # Even if the value is cached, since Ansible's own code relies on it afterwards.
        self.templar.available_variables = self._with_extra(variables)
        return self._expressions.evaluate(
            "expression", expression, variables, lambda: self.templar.evaluate_expression(expression)
        )

    def _is_included(self, label: str, variables: t.Mapping[str, t.Any]) -> bool:
        """Return whether the first filter that is true of a host includes it; true if no filter is.

        A host that a filter cannot be evaluated for is never added because of that.
        """
        strict = self.get_option("strict")
        for verdict, condition, default in self._filters:
            try:
                value = condition if isinstance(condition, bool) else self._value_of(condition, variables)
                self._evaluations.succeeded(verdict, str(condition))
            except Exception as error:
                if strict or (verdict == "exclude" and default is None):
                    hint = self._evaluations.hint(condition, variables)
                    raise _not_evaluated(condition, f" of filters ({verdict}) for {label}", error, hint) from None
                if default is None:
                    self._evaluations.failed(verdict, condition, label, error, variables)
                    return False
                value = default
            if value:
                return verdict == "include"
        return True

    def _preferred_name(self, row: Row, variables: t.Mapping[str, t.Any]) -> str | None:
        """Return the first non-empty name from the fields and expressions in `hostnames`, or None."""
        for source in self.get_option("hostnames"):
            try:
                name = row[source] if source in row else self._value_of(source, variables)
                if isinstance(name, (dict, list)):
                    raise TypeError(
                        f"the name of a host must be text, not a {'list' if isinstance(name, list) else 'dictionary'}."
                    )
            except Exception as error:
                # Another may yield a name, also if `strict` is set.
                self._evaluations.failed("hostnames", source, _label(row), error, variables)
                continue
            self._evaluations.succeeded("hostnames", source)
            if name:
                return str(name)
        return None

    def _evaluate(self, option: str, expression: t.Any, variables: t.Mapping[str, t.Any], host: str) -> t.Any:
        """Return an expression's value, or None if it fails and `strict` is not set."""
        try:
            value = self._value_of(expression, variables)
        except Exception as error:
            if self.get_option("strict"):
                raise _not_evaluated(expression, "", error) from None
            self._evaluations.failed(option, expression, host, error, variables)
            return None
        self._evaluations.succeeded(option, expression)
        return value


def _rows_of(cached: t.Any, account: Account) -> list[Row] | None:
    """Return the instances of what the cache holds for an account, or None if it is another's or of another format."""
    if not isinstance(cached, dict) or cached.get("format") != _CACHE_FORMAT or cached.get("account") != account.digest:
        return None
    return t.cast("list[Row]", cached["instances"])


def _not_evaluated(expression: t.Any, where: str, error: Exception, hint: str = "") -> AnsibleParserError:
    """Return the error of an expression that cannot be evaluated. It has no cause, which Ansible would show as it is."""
    return AnsibleParserError(printable(f"Could not evaluate '{expression}'{where}: {error}{hint}"), obj=expression)


def _label(row: Row) -> str:
    return f"{row.get('name') or 'unnamed'} (id {row['id']})"


def _plain(value: t.Any) -> t.Any:
    """Return a value whose strings print as plain JSON, except for what could run, which stays untrusted."""
    if isinstance(value, str):
        return trust_as_template(value) if is_harmless(value) else value
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
