#!/usr/bin/env python3
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for nvidia-smi on simulated hosts. It needs nothing but Python's standard library.

It reads the GPUs from the JSON file that LAMBDA_SIMULATOR_GPUS names, or /etc/lambda-simulator/gpus.json:
{"count": 8, "model": "NVIDIA H100", "memory_mib": 81920, "broken": [3], "missing": 0}
"""

import argparse
import json
import os
import sys

DRIVER = "570.195.03"
CUDA = "12.8"
UNKNOWN = "[N/A]"
NO_DEVICES = "No devices were found"


def load():
    path = os.environ.get("LAMBDA_SIMULATOR_GPUS", "/etc/lambda-simulator/gpus.json")
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        sys.exit("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. ({})".format(error))


class Gpu:
    """One GPU; a broken one is there and knows its name, and nothing else of it answers."""

    def __init__(self, index, spec):
        self.index = index
        self.broken = index in spec["broken"]
        self.name = spec["model"]
        self.memory = spec["memory_mib"]
        self.uuid = "GPU-{:08x}-5a1b-4c2d-8e3f-{:012x}".format(0xA100 + index, 0x1000 + index)
        self.bus = "00000000:{:02X}:00.0".format(0x10 + index)

    def value(self, field):
        """A queried field as (value, unit), or None where there is no such field."""
        known = {
            "index": (self.index, ""),
            "count": (None, ""),
            "name": (self.name, ""),
            "gpu_name": (self.name, ""),
            "uuid": (self.uuid, ""),
            "gpu_uuid": (self.uuid, ""),
            "pci.bus_id": (self.bus, ""),
            "driver_version": (DRIVER, ""),
            "memory.total": (self.memory, "MiB"),
            "memory.used": (0, "MiB"),
            "memory.free": (self.memory, "MiB"),
            "utilization.gpu": (0, "%"),
            "utilization.memory": (0, "%"),
            "temperature.gpu": (31, ""),
            "power.draw": ("52.10", "W"),
            "power.limit": ("400.00", "W"),
            "persistence_mode": ("Enabled", ""),
            "ecc.mode.current": ("Enabled", ""),
            "ecc.errors.uncorrected.volatile.total": (0, ""),
            "ecc.errors.uncorrected.aggregate.total": (0, ""),
            "ecc.errors.corrected.volatile.total": (0, ""),
            "mig.mode.current": ("Disabled", ""),
            "compute_mode": ("Default", ""),
            "pstate": ("P0", ""),
        }
        return known.get(field)


def query(gpus, fields, options):
    rows = []
    shown_units = "nounits" not in options
    for gpu in gpus:
        cells = []
        for field in fields:
            found = gpu.value(field)
            if found is None:
                sys.exit('Field "{}" is not a valid field to query.'.format(field))
            value, unit = found
            if field == "count":
                value = len(gpus)
            cells.append("{} {}".format(value, unit) if unit and shown_units else str(value))
        rows.append(", ".join(cells))
    if "noheader" not in options:
        units = [gpus[0].value(field)[1] for field in fields]
        print(", ".join("{} [{}]".format(f, u) if u and shown_units else f for f, u in zip(fields, units)))
    for gpu, row in zip(gpus, rows):
        if gpu.broken:
            lost(gpu)
        print(row)


def lost(gpu):
    """What the driver says of a GPU that does not answer; the real program stops there."""
    sys.stdout.flush()
    print(
        "Unable to determine the device handle for GPU{}: {}: Unknown Error".format(gpu.index, gpu.bus), file=sys.stderr
    )
    sys.exit(15)


def table(gpus):
    rows = ["NVIDIA-SMI {0:<20} Driver Version: {0:<18} CUDA Version: {1}".format(DRIVER, CUDA)]
    for gpu in gpus:
        if gpu.broken:
            lost(gpu)
        rows.append("{:>3}  {:<42} {:>6}MiB / {:>6}MiB   0%".format(gpu.index, gpu.name, 0, gpu.memory))
    line = "+" + "-" * 82 + "+"
    print("\n".join([line, *("| {:<80} |".format(row) for row in rows), line]))


def main():
    parser = argparse.ArgumentParser(prog="nvidia-smi")
    parser.add_argument("-L", "--list-gpus", action="store_true")
    parser.add_argument("--query-gpu")
    parser.add_argument("--format", default="csv")
    parser.add_argument("-i", "--id", type=int)
    arguments = parser.parse_args()
    spec = load()
    gpus = [Gpu(index, spec) for index in range(spec["count"] - spec["missing"])]
    if arguments.id is not None:
        gpus = [gpu for gpu in gpus if gpu.index == arguments.id]
    if not gpus:
        print(NO_DEVICES)
        sys.exit(6)
    if arguments.list_gpus:
        for gpu in gpus:
            if gpu.broken:
                lost(gpu)
            print("GPU {}: {} (UUID: {})".format(gpu.index, gpu.name, gpu.uuid))
    elif arguments.query_gpu:
        options = [option.strip() for option in arguments.format.split(",")]
        if options[0] != "csv":
            sys.exit("Only --format=csv is known here.")
        query(gpus, [field.strip() for field in arguments.query_gpu.split(",")], options)
    else:
        table(gpus)


if __name__ == "__main__":
    main()
