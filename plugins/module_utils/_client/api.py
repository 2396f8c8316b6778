# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client of the API: one method for each operation, and how to open it from a plugin's options."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager
from urllib.parse import quote

from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
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
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import Options
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_limiter import open_rate_limiter
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_record import LAUNCH
from ansible_collections.lambdal.cloud.plugins.module_utils._client.transport import Call, Connection, Transport
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, TransportError, UnsupportedByServer
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline


class Api:
    """Client of the API. Every method sends one request and raises LambdaCloudError when it fails."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list_instances(self, deadline: Deadline | None = None) -> list[Instance]:
        """List instances (GET /instances)."""
        return t.cast("list[Instance]", self._rows("/instances", "list the instances", deadline))

    def list_instance_types(self, deadline: Deadline | None = None) -> dict[str, InstanceTypeOffer]:
        """List instance types, by name (GET /instance-types)."""
        return t.cast(
            "dict[str, InstanceTypeOffer]", self._read("/instance-types", "list the instance types", dict, deadline)
        )

    def list_ssh_keys(self, deadline: Deadline | None = None) -> list[SshKey]:
        """List SSH keys (GET /ssh-keys)."""
        return t.cast("list[SshKey]", self._rows("/ssh-keys", "list the SSH keys", deadline))

    def list_file_systems(self, deadline: Deadline | None = None) -> list[FileSystem]:
        """List file systems (GET /file-systems)."""
        return t.cast("list[FileSystem]", self._rows("/file-systems", "list the file systems", deadline))

    def launch_instance(self, request: LaunchRequest, deadline: Deadline | None = None) -> str:
        """Launch an instance and return its id (POST /instance-operations/launch).

        The request is retried after HTTP 429 only, because it was not executed then.
        """
        action = (
            f"launch {request['name']} ({request['instance_type_name']} in {request['region_name']}, "
            f"SSH key {', '.join(request['ssh_key_names'])})"
        )
        call = Call("POST", "/instance-operations/launch", action, dict, bucket=LAUNCH, body=request)
        ids = self._transport.send(call, deadline).get("instance_ids")
        if not isinstance(ids, list) or not ids:
            raise TransportError(f"Could not {action}: the response names no instance.", may_have_executed=True)
        return str(ids[0])

    def terminate_instances(self, ids: t.Sequence[str], deadline: Deadline | None = None) -> list[Instance]:
        """Terminate instances (POST /instance-operations/terminate).

        Return the instances that the service says it terminates, which may be fewer.
        """
        action = f"terminate {', '.join(ids)}"
        call = Call("POST", "/instance-operations/terminate", action, dict, body={"instance_ids": list(ids)})
        return list(self._transport.send(call, deadline).get("terminated_instances") or [])

    def restart_instances(self, ids: t.Sequence[str], deadline: Deadline | None = None) -> list[Instance]:
        """Restart instances (POST /instance-operations/restart).

        Return the instances that the service says it restarts, which may be fewer.
        """
        action = f"restart {', '.join(ids)}"
        call = Call("POST", "/instance-operations/restart", action, dict, body={"instance_ids": list(ids)})
        return list(self._transport.send(call, deadline).get("restarted_instances") or [])

    def rename_instance(self, instance_id: str, name: str, deadline: Deadline | None = None) -> Instance:
        """Rename an instance (POST /instances/{id}, since 1.10.0). The operation is idempotent."""
        action = f"rename the instance {instance_id} to {name}"
        call = Call("POST", f"/instances/{quote(instance_id, safe='')}", action, dict, safe=True, body={"name": name})
        return t.cast("Instance", self._object(call, deadline))

    def list_regions(self, deadline: Deadline | None = None) -> list[Region]:
        """List regions (GET /regions, since 1.10.0)."""
        with since("1.10.0"):
            return t.cast("list[Region]", self._read("/regions", "list the regions", list, deadline))

    def list_images(self, deadline: Deadline | None = None) -> list[Image]:
        """List images (GET /images, since 1.10.0)."""
        with since("1.10.0"):
            return t.cast("list[Image]", self._rows("/images", "list the images", deadline))

    def list_firewall_rulesets(self, deadline: Deadline | None = None) -> list[FirewallRuleset]:
        """List firewall rulesets, without the global one (GET /firewall-rulesets, since 1.10.0)."""
        with since("1.10.0"):
            return t.cast(
                "list[FirewallRuleset]", self._rows("/firewall-rulesets", "list the firewall rulesets", deadline)
            )

    def get_global_firewall_ruleset(self, deadline: Deadline | None = None) -> FirewallRuleset:
        """Read the ruleset that applies in all regions (GET /firewall-rulesets/global, since 1.10.0)."""
        call = Call("GET", "/firewall-rulesets/global", "read the global firewall ruleset", dict, safe=True)
        with since("1.10.0"):
            return t.cast("FirewallRuleset", self._object(call, deadline))

    def create_firewall_ruleset(
        self, name: str, region: str, rules: t.Sequence[FirewallRule], deadline: Deadline | None = None
    ) -> FirewallRuleset:
        """Create a firewall ruleset (POST /firewall-rulesets, since 1.10.0)."""
        action = f"create the firewall ruleset {name} in {region}"
        body = {"name": name, "region": region, "rules": list(rules)}
        return t.cast(
            "FirewallRuleset", self._object(Call("POST", "/firewall-rulesets", action, dict, body=body), deadline)
        )

    def update_firewall_ruleset(
        self, ruleset_id: str, rules: t.Sequence[FirewallRule], deadline: Deadline | None = None
    ) -> FirewallRuleset:
        """Replace the rules of a ruleset (PATCH /firewall-rulesets/{id}, since 1.10.0). The operation is idempotent.

        The id of the global ruleset is `global`.
        """
        path = f"/firewall-rulesets/{quote(ruleset_id, safe='')}"
        action = f"update the firewall ruleset {ruleset_id}"
        call = Call("PATCH", path, action, dict, safe=True, body={"rules": list(rules)})
        return t.cast("FirewallRuleset", self._object(call, deadline))

    def delete_firewall_ruleset(self, ruleset_id: str, deadline: Deadline | None = None) -> None:
        """Delete a firewall ruleset (DELETE /firewall-rulesets/{id}, since 1.10.0)."""
        path = f"/firewall-rulesets/{quote(ruleset_id, safe='')}"
        self._transport.send(Call("DELETE", path, f"delete the firewall ruleset {ruleset_id}", None), deadline)

    def list_audit_events(
        self, query: t.Mapping[str, str], deadline: Deadline | None = None
    ) -> tuple[list[AuditEvent], str | None]:
        """Read a page of audit events (GET /audit-events, since 1.10.0).

        Return the events, and the token of the next page or None.
        """
        call = Call("GET", "/audit-events", "list the audit events", list, safe=True, query=query, full_body=True)
        with since("1.10.0"):
            page: dict[str, t.Any] = self._transport.send(call, deadline)
        return page["data"], page.get("page_token")

    def add_ssh_key(self, name: str, public_key: str | None = None, deadline: Deadline | None = None) -> SshKey:
        """Add an SSH key (POST /ssh-keys).

        Without a public key the service generates a pair and returns `private_key`.
        """
        body = {"name": name} if public_key is None else {"name": name, "public_key": public_key}
        call = Call("POST", "/ssh-keys", f"add the SSH key {name}", dict, body=body)
        return t.cast("SshKey", self._object(call, deadline))

    def delete_ssh_key(self, key_id: str, deadline: Deadline | None = None) -> None:
        """Delete an SSH key (DELETE /ssh-keys/{id})."""
        path = f"/ssh-keys/{quote(key_id, safe='')}"
        self._transport.send(Call("DELETE", path, f"delete the SSH key {key_id}", None), deadline)

    def create_filesystem(self, name: str, region: str, deadline: Deadline | None = None) -> FileSystem:
        """Create a file system (POST /filesystems, since 1.10.0; the list is at /file-systems)."""
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
        """Delete a file system (DELETE /filesystems/{id}, since 1.10.0)."""
        path = f"/filesystems/{quote(file_system_id, safe='')}"
        self._transport.send(Call("DELETE", path, f"delete the file system {file_system_id}", None), deadline)

    def _object(self, call: Call, deadline: Deadline | None) -> dict[str, t.Any]:
        """Send a call and return the object in its response, which must have an id."""
        row: dict[str, t.Any] = self._transport.send(call, deadline)
        if not isinstance(row.get("id"), str):
            raise TransportError(f"Could not {call.action}: the response has no id.", may_have_executed=True)
        return row

    def _rows(self, path: str, action: str, deadline: Deadline | None) -> list[dict[str, t.Any]]:
        """Read a list of objects, each of which must have an id."""
        rows: list[t.Any] = self._read(path, action, list, deadline)
        if not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows):
            raise TransportError(f"Could not {action}: the response has rows without an id.", temporary=False)
        return rows

    def _read(self, path: str, action: str, expect: type, deadline: Deadline | None) -> t.Any:
        return self._transport.send(Call("GET", path, action, expect, safe=True), deadline)


@contextmanager
def since(version: str) -> t.Iterator[None]:
    """Turn the error for a path that an older server lacks into UnsupportedByServer.

    Raises:
        UnsupportedByServer: the server answered 404 or 405.
    """
    try:
        yield
    except ApiError as error:
        if error.status in (404, 405):
            raise UnsupportedByServer(error.action, version) from error
        raise


def open_api(
    options: Options,
    *,
    warn: t.Callable[[str], None] = lambda text: None,
    log: t.Callable[[str], None] = lambda text: None,
    tell: t.Callable[[str], None] | None = None,
) -> Api:
    """Return a client for the connection options.

    Args:
        warn: takes warnings.
        log: takes details.
        tell: takes what the user has to know at once; a detail if it is not given.

    Raises:
        InvalidInput: the key is missing or the address is invalid.
    """
    connection = Connection(
        api_key=_api_key(options),
        api_url=options["api_url"],
        read_timeout=options["request_timeout"],
        retry_timeout=options["retry_timeout"],
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
    )
    if connection.is_exposed:
        warn(f"The API key is sent unencrypted to {connection.api_url}: use https.")
    limiter = open_rate_limiter(
        account_file("pace", options),
        request_interval=options["request_interval"],
        launch_interval=options["launch_interval"],
        warn=warn,
        log=log,
    )
    return Api(Transport(connection, limiter, log=log, tell=tell or log))


def account_file(purpose: str, options: Options) -> AccountFile:
    """Return the file that all processes with these connection options share."""
    return AccountFile(purpose, _api_key(options), options["api_url"])


def _api_key(options: Options) -> str:
    return (options["api_key"] or "").strip()
