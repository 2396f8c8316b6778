# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.lambdal.cloud.plugins.modules.lambda_file_system import main
from ansible_collections.lambdal.cloud.plugins.plugin_utils._action import ModuleAction


class ActionModule(ModuleAction):
    """Action that runs lambda_file_system in the controller's process where it can."""

    main = staticmethod(main)
