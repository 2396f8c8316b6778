# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that several controllers launched at the same moment, before a plan is made: wait until one instance of each is left."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Instance, describe, is_live
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.catalog import Catalog
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.lookup import all_live_by_name, list_instances
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.name_watch import (
    DuplicateName,
    NameLost,
    NameWatch,
    launch_tag,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.substitutes import Substitutes
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.terminate import terminate
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.waiter import Waiter


def list_settled(context: InstanceContext, specs: t.Sequence[InstanceSpec], catalog: Catalog) -> list[Instance]:
    """List the account's instances, once launchers of the same name have agreed which one stays.

    Only an instance that an earlier task of this controller launched, and did not see through, is terminated for that. Names
    that are not contested cost no other request, and check mode waits for nobody.

    Raises:
        LambdaCloudError: the list cannot be read, or an instance could not be terminated.
    """
    by_name = {spec.name: spec for spec in specs}
    rows = list_instances(context, list(by_name))
    contested = [] if context.check_mode else _contested(all_live_by_name(rows, by_name))
    if not contested:
        return rows
    own = context.pending.own()
    watched = _watched(contested, own)
    if not watched:
        return rows
    substitutes = Substitutes(context, catalog)
    watch = NameWatch(
        context.waits,
        is_own=own.__contains__,
        fits=lambda row, other: substitutes.would_do(by_name[str(row.get("name"))], row, other),
    )
    waiter = Waiter(context.api, context.waits, watched, names=watch)
    while True:
        try:
            waiter.until_alone()
        except NameLost as lost:
            if is_live(lost.row):
                terminate(context, [lost.row], wait=False)
                context.report.warn(
                    f"Another controller launched '{lost.row.get('name')}' as well. {describe(lost.other)} stays; the one that an earlier "
                    f"task launched was terminated ({lost.row['id']})."
                )
            del waiter.rows[lost.row["id"]]
            waiter.follow([lost.other])
        except DuplicateName:
            # Whoever looks up the name says what there is to do.
            break
        else:
            break
    return list_instances(context, list(by_name))


def _contested(live: t.Mapping[str, t.Sequence[Instance]]) -> list[t.Sequence[Instance]]:
    """Return the instances of each name that several launches gave."""
    return [same for same in live.values() if len(same) > 1 and all(map(launch_tag, same))]


def _watched(contested: t.Iterable[t.Sequence[Instance]], own: t.Mapping[str, t.Collection[str]]) -> list[Instance]:
    """Return, of each contested name, the instance that this controller launched, or else any.

    `own` has the ids of what this controller launched, each with the ids of what it is to replace.
    """
    watched: list[Instance] = []
    for same in contested:
        ids = {row["id"] for row in same}
        # What is to be replaced by its own successor is not in its way.
        if any(ids.intersection(own.get(instance_id, ())) for instance_id in ids):
            continue
        mine = [row for row in same if row["id"] in own]
        watched.append((mine or sorted(same, key=lambda row: str(launch_tag(row))))[0])
    return watched
