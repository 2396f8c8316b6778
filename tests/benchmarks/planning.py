# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it takes to find out what to do for many names in an account of many machines.

.venv/bin/python tests/benchmarks/planning.py [--names 1000] [--machines 5000]
"""

from __future__ import annotations

import argparse
import sys
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".build"))

from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import Attachments, candidates
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.drift import differences
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.lookup import live_by_name
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec
from ansible_collections.lambdal.cloud.plugins.module_utils._names import check_names, expand_names
from ansible_collections.lambdal.cloud.plugins.module_utils._results import instance_result

TYPE: t.Any = {"name": "gpu_1x_a10", "price_cents_per_hour": 75}
REGIONS: t.Any = [{"name": f"us-east-{number}", "description": ""} for number in range(1, 20)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=1000)
    parser.add_argument("--machines", type=int, default=5000)
    options = parser.parse_args()
    rows: list[t.Any] = [
        {"id": str(number), "name": f"m-{number}", "status": "active", "region": REGIONS[0], "instance_type": TYPE}
        for number in range(options.machines)
    ]
    # Half of the names exist.
    first = options.machines - options.names // 2
    begin = time.perf_counter()
    names = expand_names([f"m-[{first}:{first + options.names - 1}]"])
    check_names(names)
    existing = live_by_name(rows, names)
    wanted = [InstanceSpec(name, ("gpu_1x_a10",), "laptop") for name in names]
    offers: t.Any = {"gpu_1x_a10": {"instance_type": TYPE, "regions_with_capacity_available": REGIONS}}
    for each in wanted:
        if each.name in existing:
            differences(existing[each.name], each)
        else:
            candidates(each, offers, Attachments())
    results = [instance_result(row) for row in existing.values()]
    seconds = time.perf_counter() - begin
    print(f"{len(names)} names, {len(rows)} machines, {len(results)} of them found: {seconds * 1000:.0f} ms")


if __name__ == "__main__":
    main()
