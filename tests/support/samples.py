# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples that several tests use: keys, options of tasks, and rows as the API returns them."""

from __future__ import annotations

import typing as t

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx"
# The same as a file of ssh-keygen has it
PUBLIC_KEY_LINE = f"{PUBLIC_KEY} me"
OTHER_PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICN7lJwsONkwrdsSnQsu1ydUkIuIg5oOC7Eslvmtt60T"

# API keys that the guides and READMEs use as examples
EXAMPLE_API_KEYS = ("secret_my-key_0123456789abcdef", "secret_my-key_fedcba9876543210")

# Options of a task that launches an instance. The fixture `laptop` adds the SSH key.
INSTANCE: dict[str, t.Any] = {"instance_type": ["gpu_1x_a10"], "region": ["us-east-1"], "ssh_key": "laptop"}
# Waiting for a simulator that does everything at once
WAIT: dict[str, t.Any] = {"wait_interval": 0.05, "wait_timeout": 20, "outcome_timeout": 0.3}
LAUNCH: dict[str, t.Any] = {**INSTANCE, **WAIT}

SSH_RULE = {"protocol": "tcp", "port_range": 22, "source_network": "0.0.0.0/0", "description": "SSH"}


def instance_row(id: str = "1", status: str | None = "active", **rest: t.Any) -> dict[str, t.Any]:
    """Return an instance with its secrets, as the API lists it."""
    return {
        "id": id,
        "name": f"train-{id}",
        "status": status,
        "region": {"name": "us-east-1"},
        "instance_type": {"name": "gpu_1x_a10", "price_cents_per_hour": 75},
        "jupyter_token": "tok-secret",
        "jupyter_url": "https://x/?token=tok-secret",
        **rest,
    }


def offer_row(name: str, price: t.Any, *regions: str) -> dict[str, t.Any]:
    """Return an instance type with its price and the regions that have capacity, as the API lists it."""
    return {
        "instance_type": {"name": name, "price_cents_per_hour": price, "specs": {"gpus": 1}},
        "regions_with_capacity_available": [{"name": region, "description": ""} for region in regions],
    }
