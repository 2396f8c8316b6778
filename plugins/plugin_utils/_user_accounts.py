# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which accounts of people a host shall have, which go, and who is left with access that nobody lists. Pure functions."""

from __future__ import annotations

import json
import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

# What useradd takes on Debian; a name of this form is one word of a sudoers rule and one file name without a dot.
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_KEY = re.compile(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n\r]*)?")
_FIRST_OF_PEOPLE = 1000
_NOBODY = 65534


def plan(
    users: t.Sequence[t.Mapping[str, t.Any]],
    login: str,
    passwd: str,
    rules: str = "",
    record: str = "",
    exclusive: bool = False,
) -> dict[str, t.Any]:
    """Decide what becomes of each account.

    Args:
        users: the accounts as node_users lists them
        login: name of the user that Ansible logs in as, who is never changed
        passwd: what `getent passwd` prints
        rules: lines `FILE:RULE` of this role's files for sudo
        record: JSON of a list of names, those of accounts that this role made before
        exclusive: whether accounts that this role made and nobody lists are removed

    Returns:
        `problems` (sentences; when there are any, nothing may be written), `present` (of users, with `rule` and clean
        `ssh_keys`), `absent` (names and user IDs), `rules_absent` (files), `record_before` and `record_after` (names to
        record before and after the changes), `left` (sentences about access that nobody lists).
    """
    there = _user_ids(passwd)
    made = _recorded(record)
    wanted = {str(user.get("name")): user for user in users if _is_present(user)}
    leaving = {str(user.get("name")) for user in users if not _is_present(user)}
    unlisted = [name for name in made if name in there and name not in wanted and name not in leaving]
    if exclusive:
        leaving |= {name for name in unlisted if name != login}
    sudo = {name for name, user in wanted.items() if boolean(user.get("sudo") or False)}
    files = _rules(rules)
    stale = [file for file, who in files.items() if who not in wanted and (exclusive or who in leaving)]
    kept_rules = {who: file for file, who in files.items() if file not in stale and who not in wanted}
    kept_made = [name for name in unlisted if name not in leaving]
    return {
        "problems": list(_problems(users, login, there)),
        "present": [
            {**user, "name": name, "sudo": name in sudo, "ssh_keys": [str(key).strip() for key in _keys(user)]}
            for name, user in wanted.items()
        ],
        "absent": [{"name": name, "uid": there[name]} for name in sorted(leaving) if name in there],
        "rules_absent": sorted({*stale, *(file for file, who in files.items() if who in wanted and who not in sudo)}),
        "record_before": sorted({*made, *(name for name in wanted if name not in there)} & {*there, *wanted}),
        "record_after": sorted(
            ({*made, *(name for name in wanted if name not in there)} & {*there, *wanted}) - leaving
        ),
        "left": [
            *(
                f"{who} is not in node_users, and may do everything with sudo by {file}, which this role wrote."
                for who, file in sorted(kept_rules.items())
            ),
            *(
                f"{name} is not in node_users, and may still log in to the account that this role made."
                for name in sorted(kept_made)
                if name not in kept_rules
            ),
        ],
    }


def _is_present(user: t.Mapping[str, t.Any]) -> bool:
    return (user.get("state") or "present") == "present"


def _keys(user: t.Mapping[str, t.Any]) -> list[t.Any]:
    return list(user.get("ssh_keys") or [])


def _problems(users: t.Sequence[t.Mapping[str, t.Any]], login: str, there: t.Mapping[str, int]) -> t.Iterator[str]:
    """Yield why these accounts cannot be ensured."""
    names = [str(user.get("name")) for user in users]
    for name in dict.fromkeys(names):
        if not _NAME.fullmatch(name):
            yield (
                f"{name!r} cannot be the name of an account: it needs 1 to 32 lower-case letters, digits, dashes and "
                "underscores, and no digit or dash first."
            )
        elif names.count(name) > 1:
            yield f"node_users names {name} twice."
        elif name == login:
            yield f"node_users names {name}, the user that Ansible logs in as, which this role does not change."
        elif not _FIRST_OF_PEOPLE <= there.get(name, _FIRST_OF_PEOPLE) < _NOBODY:
            yield f"node_users names {name}, an account of the system, which this role does not change."
    for user in users:
        if not all(_KEY.fullmatch(str(key).strip()) for key in _keys(user)):
            yield f"One of the ssh_keys of {user.get('name')} is not a public key in OpenSSH's format."


def _user_ids(passwd: str) -> dict[str, int]:
    """Return the user ID of each account."""
    rows = (line.split(":") for line in passwd.splitlines())
    return {row[0]: int(row[2]) for row in rows if len(row) > 2 and row[2].isdigit()}


def _recorded(record: str) -> list[str]:
    """Return the names in a record; none if it is not one."""
    try:
        names = json.loads(record)
    except ValueError:
        return []
    return (
        [name for name in names if isinstance(name, str) and _NAME.fullmatch(name)] if isinstance(names, list) else []
    )


def _rules(rules: str) -> dict[str, str]:
    """Return whom each file of rules is about, by the file's path."""
    lines = (line.partition(":") for line in rules.splitlines())
    return {file: rule.split()[0] for file, _colon, rule in lines if rule.strip() and not rule.lstrip().startswith("#")}
