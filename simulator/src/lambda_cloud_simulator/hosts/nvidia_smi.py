#!/usr/bin/env python3
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for nvidia-smi: it shows the GPUs that a JSON file describes.

The file is `{"count", "model", "memory_mib", "broken": [index, ...], "missing"}`. It is looked for in $LAMBDA_SIMULATOR_GPUS,
beside this script as gpus.json, and at /etc/lambda-simulator/gpus.json. Python's standard library is all it needs.

Exit codes are the real tool's: 2 for arguments it does not know, 6 when no GPU is found, 9 when there is no driver (a
host without GPUs), 15 when a GPU does not respond.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import sys
import typing as t
import uuid

DRIVER = "570.148.08"
CUDA = "12.8"
FIXED_FILE = pathlib.Path("/etc/lambda-simulator/gpus.json")

NO_DRIVER = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. "
    "This instance type has no GPUs, so there is no driver to talk to.\n"
)
USED_MIB = 4
WATTS = {"A10": 150, "V100": 300, "A100": 400, "H100": 700, "B200": 1000, "GH200": 900, "A6000": 300, "RTX 6000": 260}
COMPUTE = {
    "V100": "7.0",
    "RTX 6000": "7.5",
    "A100": "8.0",
    "A10": "8.6",
    "A6000": "8.6",
    "H100": "9.0",
    "GH200": "9.0",
    "B200": "10.0",
}


class Gpu(t.NamedTuple):
    """A GPU that is there, whether it responds or not."""

    number: int
    model: str
    memory_mib: int
    broken: bool
    together: int

    @property
    def bus_id(self) -> str:
        return f"00000000:{7 + self.number:02X}:00.0"

    @property
    def uuid(self) -> str:
        # A host's GPUs keep their ids; another's differ.
        return f"GPU-{uuid.uuid5(uuid.NAMESPACE_URL, f'{_host()}/{self.number}')}"

    def look_up(self, table: dict[str, t.Any], default: t.Any) -> t.Any:
        """Return what a table says of this model; the longest name that fits decides."""
        fitting = [name for name in table if name in self.model]
        return table[max(fitting, key=len)] if fitting else default


class Field(t.NamedTuple):
    """A field of --query-gpu: its unit, and its value for a GPU."""

    unit: str
    value: t.Callable[[Gpu], t.Any]


FIELDS: dict[str, Field] = {
    "timestamp": Field("", lambda gpu: datetime.datetime.now().strftime("%Y/%m/%d %H:%M:%S.%f")[:-3]),
    "count": Field("", lambda gpu: gpu.together),
    "driver_version": Field("", lambda gpu: DRIVER),
    "index": Field("", lambda gpu: gpu.number),
    "name": Field("", lambda gpu: gpu.model),
    "uuid": Field("", lambda gpu: gpu.uuid),
    "serial": Field("", lambda gpu: f"15651240{gpu.number:05d}"),
    "pci.bus_id": Field("", lambda gpu: gpu.bus_id),
    "persistence_mode": Field("", lambda gpu: "Enabled"),
    "compute_mode": Field("", lambda gpu: "Default"),
    "compute_cap": Field("", lambda gpu: gpu.look_up(COMPUTE, "8.0")),
    "pstate": Field("", lambda gpu: "P0"),
    "fan.speed": Field("%", lambda gpu: "[N/A]"),
    "memory.total": Field("MiB", lambda gpu: gpu.memory_mib),
    "memory.used": Field("MiB", lambda gpu: USED_MIB),
    "memory.free": Field("MiB", lambda gpu: gpu.memory_mib - USED_MIB),
    "memory.reserved": Field("MiB", lambda gpu: 0),
    "utilization.gpu": Field("%", lambda gpu: 0),
    "utilization.memory": Field("%", lambda gpu: 0),
    "temperature.gpu": Field("", lambda gpu: 31 + gpu.number),
    "power.draw": Field("W", lambda gpu: f"{52 + gpu.number:.2f}"),
    "power.limit": Field("W", lambda gpu: f"{gpu.look_up(WATTS, 300):.2f}"),
    "ecc.mode.current": Field("", lambda gpu: "Enabled"),
    "ecc.errors.uncorrected.volatile.total": Field("", lambda gpu: 0),
    "ecc.errors.corrected.volatile.total": Field("", lambda gpu: 0),
    "mig.mode.current": Field("", lambda gpu: "Disabled"),
    "clocks.sm": Field("MHz", lambda gpu: 210),
    "clocks.mem": Field("MHz", lambda gpu: 1215),
}
ALIASES = {"gpu_name": "name", "gpu_uuid": "uuid", "gpu_serial": "serial", "gpu_bus_id": "pci.bus_id"}


def main() -> int:
    if sys.argv[1:2] == ["nvlink"]:
        return _nvlink()
    arguments = _arguments()
    spec = _spec()
    if spec["count"] <= 0:
        sys.stdout.write(NO_DRIVER)
        return 9
    gpus = _gpus(spec)
    if arguments.id is not None:
        gpus = [gpu for gpu in gpus if arguments.id in (str(gpu.number), gpu.uuid, gpu.bus_id)]
    if not gpus:
        print("No devices were found")
        return 6
    answering = [gpu for gpu in gpus if not gpu.broken]
    if arguments.list_gpus:
        for gpu in answering:
            print(f"GPU {gpu.number}: {gpu.model} (UUID: {gpu.uuid})")
    elif arguments.query_gpu is not None:
        problem = _query(answering, arguments.query_gpu, arguments.format)
        if problem:
            print(problem)
            return 2
    elif arguments.query_compute_apps is not None:
        if "noheader" not in (arguments.format or ""):
            print(", ".join(name.strip() for name in arguments.query_compute_apps.split(",")))
    else:
        _table(answering)
    for gpu in gpus:
        if gpu.broken:
            print(f"Unable to determine the device handle for GPU{gpu.number}: {gpu.bus_id}: Unknown Error")
    return 15 if len(answering) < len(gpus) else 0


def _nvlink() -> int:
    """Print the links between GPUs, of which each has some where there are several, and return the exit code."""
    spec = _spec()
    gpus = [gpu for gpu in _gpus(spec) if not gpu.broken] if spec["count"] > 0 else []
    for gpu in gpus:
        print(f"GPU {gpu.number}: {gpu.model} (UUID: {gpu.uuid})")
        for link in range(12 if len(gpus) > 1 else 0):
            print(f"\t Link {link}: 25 GB/s")
    return 0 if gpus else 9


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nvidia-smi", description="A stand-in that shows simulated GPUs.")
    parser.add_argument("-L", "--list-gpus", action="store_true", help="list the GPUs")
    parser.add_argument("-i", "--id", help="only this GPU: its index, UUID or bus id")
    parser.add_argument("--query-gpu", metavar="FIELD,...", help="print these fields, with --format=csv")
    parser.add_argument("--query-compute-apps", metavar="FIELD,...", help="print the processes that use a GPU: none")
    parser.add_argument("--format", metavar="csv[,noheader][,nounits]", help="how to print fields")
    parser.add_argument("--version", action="version", version=f"NVIDIA-SMI version  : {DRIVER} (simulated)")
    return parser.parse_args()


def _candidates() -> list[pathlib.Path]:
    named = os.environ.get("LAMBDA_SIMULATOR_GPUS")
    beside = pathlib.Path(__file__).resolve().with_name("gpus.json")
    return [*([pathlib.Path(named)] if named else []), beside, FIXED_FILE]


def _spec() -> dict[str, t.Any]:
    for path in _candidates():
        if path.exists():
            spec: dict[str, t.Any] = json.loads(path.read_text("utf-8"))
            return spec
    return {"count": 0}


def _host() -> str:
    """Return something that tells this host from another."""
    for path in _candidates():
        if path.exists() and path != FIXED_FILE:
            return str(path)
    return os.uname().nodename


def _gpus(spec: dict[str, t.Any]) -> list[Gpu]:
    """Return the GPUs that are there. Those that are missing are the last ones: the rest keep their numbers."""
    there = max(0, spec["count"] - spec.get("missing", 0))
    broken = set(spec.get("broken", ()))
    return [Gpu(index, spec["model"], spec["memory_mib"], index in broken, there) for index in range(there)]


def _query(gpus: list[Gpu], names: str, form: str | None) -> str | None:
    """Print fields as CSV, or return what is wrong with the arguments."""
    words = [word.strip() for word in (form or "").split(",")]
    if "csv" not in words:
        return '"--format=csv" is needed with "--query-gpu".'
    asked = [name.strip() for name in names.split(",")]
    fields = []
    for name in asked:
        field = FIELDS.get(ALIASES.get(name, name))
        if field is None:
            return f'Field "{name}" is not a valid field to query.'
        fields.append(field)
    units = "nounits" not in words
    if "noheader" not in words:
        print(
            ", ".join(
                f"{name} [{field.unit}]" if field.unit else name for name, field in zip(asked, fields, strict=True)
            )
        )
    for gpu in gpus:
        print(", ".join(_cell(field, gpu, units) for field in fields))
    return None


def _cell(field: Field, gpu: Gpu, units: bool) -> str:
    value = str(field.value(gpu))
    return f"{value} {field.unit}" if units and field.unit and value != "[N/A]" else value


def _table(gpus: list[Gpu]) -> None:
    """Print a table for people, of the real one's shape."""
    rule = "+" + "-" * 77 + "+"
    print(datetime.datetime.now().strftime("%a %b %d %H:%M:%S %Y"))
    print(rule)
    print(f"| {f'NVIDIA-SMI {DRIVER}':<26}{f'Driver Version: {DRIVER}':<32}{f'CUDA Version: {CUDA}':<18}|")
    print(rule)
    for gpu in gpus:
        memory = f"{USED_MIB}MiB / {gpu.memory_mib}MiB"
        print(f"| {gpu.number:>3}  {gpu.model:<32} {gpu.bus_id:<18} {memory:>19} |")
    print(rule)
    print(f"| {'Processes: none':<76}|")
    print(rule)


if __name__ == "__main__":
    sys.exit(main())
