# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.lambdal.cloud.plugins.module_utils._results import instance_fields, instance_result
from ansible_collections.lambdal.cloud.tests.support.samples import instance_row


def test_secrets_are_left_out_unless_asked_for() -> None:
    assert "tok-secret" not in str(instance_result(instance_row()))
    shown = instance_result(instance_row(), show_jupyter=True)
    assert shown["jupyter_token"] == "tok-secret"
    # Host variables end up in caches and inventories, whoever asked.
    assert "tok-secret" not in str(shown["host"])


def test_every_documented_field_is_there_and_others_pass_through() -> None:
    fields = instance_fields({"id": "1", "workspace_id": "w"})
    assert fields["ip"] is None
    assert fields["workspace_id"] == "w"
