# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a set-up, and what to do about it. Pure functions of what the playbook doctor gathered."""

from __future__ import annotations

import calendar
import email.utils
import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.needs import matching, read_needs
from ansible_collections.lambdal.cloud.plugins.module_utils._results import price_or_infinity
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.module_utils._version import VERSION
from ansible_collections.lambdal.cloud.plugins.plugin_utils._fleet import dollars

_TESTED = ("2.19.", "2.20.", "2.21.", "2.22.")
# A clock that is further off confuses expiry times and TLS.
_LARGEST_CLOCK_ERROR = 60


class Check(t.NamedTuple):
    """One line of the report."""

    name: str
    ok: bool
    text: str


def checks(facts: Row) -> list[dict[str, t.Any]]:
    """Return a check for each part of a set-up, with what to do where it is not in order."""
    types = facts.get("types") or {}
    found = [
        _versions(str(facts.get("core"))),
        *_connection(types, facts.get("regions") or {}),
        _clock(facts.get("date"), facts.get("now")),
        _state_folder(str(facts.get("state_folder")), bool(facts.get("state_folder_is_writable"))),
        _inventory(facts.get("any_unparsed_is_failed")),
        *_ssh_key(facts),
        *_fleet(facts.get("machines") or [], types.get("instance_types")),
    ]
    return [check._asdict() for check in found]


def _versions(core: str) -> Check:
    ok = core.startswith(_TESTED)
    advice = "" if ok else "; it was tested with 2.19 to 2.22, so install one of these"
    return Check("versions", ok, f"lambdal.cloud {VERSION} on ansible-core {core}{advice}")


def _connection(types: Row, regions: Row) -> list[Check]:
    """Return the checks of key, address and TLS, which one request makes."""
    # The playbook goes on after a failure, so that only what is missing tells of it.
    if "instance_types" not in types:
        status = (types.get("failure") or {}).get("status")
        advice = {
            401: "set LAMBDA_API_KEY to a key of your account",
            403: "use a key that may do this, or activate the account",
        }
        what = advice.get(
            t.cast("int", status), "check LAMBDA_API_KEY, LAMBDA_API_URL, the network, a proxy, and ca_path for TLS"
        )
        return [Check("api", False, f"{types.get('msg')} Next: {what}")]
    api = "1.5.3" if "regions" not in regions else "1.10.0 or later"
    return [Check("api", True, f"key, address and TLS are accepted, and the API is of version {api}")]


def _clock(date: t.Any, now: t.Any) -> Check:
    parsed = email.utils.parsedate(str(date)) if date else None
    if parsed is None or now is None:
        return Check("clock", True, "not compared, because the server told no time")
    off = round(float(now) - calendar.timegm(parsed))
    ok = abs(off) <= _LARGEST_CLOCK_ERROR
    advice = "" if ok else "; instances would expire at the wrong time, so synchronise it, for instance with chrony"
    return Check("clock", ok, f"{off} seconds from the server's{advice}")


def _state_folder(path: str, is_writable: bool) -> Check:
    if is_writable:
        return Check("rate limit", True, f"shared by your processes in {path}")
    return Check(
        "rate limit", False, f"{path} cannot be written, so that processes do not share the limit; give it to this user"
    )


def _inventory(is_failed: t.Any) -> Check:
    if is_failed:
        return Check("inventory", True, "any_unparsed_is_failed is set")
    return Check(
        "inventory",
        False,
        "an account that cannot be read looks empty; set any_unparsed_is_failed = true in [inventory] of ansible.cfg",
    )


def _ssh_key(facts: Row) -> t.Iterator[Check]:
    name, listed = facts.get("ssh_key"), (facts.get("keys") or {}).get("ssh_keys")
    if not name:
        yield Check("ssh key", True, "not checked, because fleet_ssh_key is not set")
        return
    same_name = [row for row in listed or () if row.get("name") == name]
    row = same_name[0] if len(same_name) == 1 else None
    if len(same_name) > 1:
        ids = ", ".join(str(each.get("id")) for each in same_name)
        yield Check(
            "ssh key",
            False,
            f"{len(same_name)} keys of the account are named {name}, with which nothing can be launched; delete those not meant by their "
            f"id ({ids})",
        )
    elif listed is not None and row is None:
        yield Check(
            "ssh key", True, f"{name} is not in the account yet; launching with fleet_ssh_public_key_file adds it"
        )
    elif row is not None:
        yield Check("ssh key", True, f"{name} is in the account")
    path = facts.get("private_key_path")
    if not path:
        yield Check(
            "private key",
            True,
            "not checked, because fleet_ssh_private_key_path is not set; ssh uses its own keys or the agent",
        )
        return
    stat = facts.get("private_key") or {}
    if not stat.get("exists"):
        yield Check(
            "private key", False, f"{path} does not exist; set fleet_ssh_private_key_path to the private half of {name}"
        )
        return
    mode = str(stat.get("mode"))
    if re.fullmatch(r"0?[0-7]00", mode):
        yield Check("private key", True, f"{path} is readable by you alone")
    else:
        yield Check("private key", False, f"{path} has the mode {mode}, which ssh refuses; run chmod 600 {path}")
    yield from _passphrase(facts, str(path), row)


def _passphrase(facts: Row, path: str, row: Row | None) -> t.Iterator[Check]:
    derived = facts.get("public_half") or {}
    if derived.get("rc") != 0:
        agent = facts.get("agent") or {}
        held = str(agent.get("stdout")).splitlines() if agent.get("rc") == 0 else []
        if not held:
            yield Check(
                "passphrase", False, f"{path} has one, or is no key, and no agent holds keys; run ssh-add {path}"
            )
        # The account's key tells which one is needed, since this file does not without its passphrase.
        elif row is None:
            yield Check("passphrase", True, f"{path} has one, and the agent holds {len(held)} keys")
        elif any(line.split()[:2] == str(row.get("public_key")).split()[:2] for line in held):
            yield Check("passphrase", True, f"{path} has one, and the agent holds the account's key")
        else:
            advice = f"the agent does not hold {row.get('name')} of the account; run ssh-add {path}"
            yield Check("passphrase", False, f"{path} has one, or is no key, and {advice}")
    elif row is not None:
        same = str(derived.get("stdout")).split()[:2] == str(row.get("public_key")).split()[:2]
        what = (
            "is the private half of the account's key"
            if same
            else f"belongs to another key than {row.get('name')} of the account"
        )
        yield Check(
            "key pair", same, f"{path} {what}" + ("" if same else "; name the other file, or another fleet_ssh_key")
        )


def _fleet(machines: t.Iterable[Row], types: t.Sequence[Row] | None) -> t.Iterator[Check]:
    for entry in machines if types is not None else ():
        yield _entry(entry, types or ())


def _entry(entry: Row, types: t.Sequence[Row]) -> Check:
    name = f"fleet {entry.get('name')}"
    try:
        needs = read_needs(entry.get("needs"))
    except InvalidInput as error:
        return Check(name, False, str(error))
    asked = entry.get("instance_type") or []
    asked = [asked] if isinstance(asked, str) else list(asked)
    known = {row["name"]: row for row in types}
    unknown = [each for each in asked if each not in known]
    if unknown:
        return Check(
            name, False, f"there is no instance type {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    rows = matching(types, needs) if needs else [known[each] for each in asked]
    limit = entry.get("max_price_cents_per_hour")
    fitting = [row for row in rows if limit is None or price_or_infinity(row) <= float(limit)]
    if not fitting:
        return Check(name, False, "no type fits; ask for less in needs, name a type, or raise max_price_cents_per_hour")
    regions = entry.get("region") or []
    regions = [regions] if isinstance(regions, str) else list(regions)
    for row in fitting:
        places = [each for each in row["regions_with_capacity_available"] if not regions or each in regions]
        if places:
            price = dollars(row["price_cents_per_hour"])
            return Check(
                name, True, f"{row['name']} at {price} US dollars per hour has capacity in {', '.join(places)}"
            )
    listed = ", ".join(f"{row['name']} at {dollars(row['price_cents_per_hour'])}" for row in fitting)
    return Check(
        name, False, f"no capacity now for {listed}; allow other types or regions, or set fleet_capacity_timeout"
    )


def lines(found: t.Iterable[Row]) -> list[str]:
    """Return a line for each check."""
    return [printable(f"{'ok  ' if row['ok'] else 'FAIL'} {row['name']}: {row['text']}.") for row in found]
