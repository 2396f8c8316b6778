#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_region_info
short_description: List regions of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the regions, with one request.
  - Needs version 1.10.0 of the API.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
  - lambdal.cloud.attributes.action
  - lambdal.cloud.filters.name
seealso:
  - module: lambdal.cloud.lambda_instance_type_info
"""

EXAMPLES = r"""
- name: List the regions in the United States
  lambdal.cloud.lambda_region_info:
    name: us-*
"""

RETURN = r"""
regions:
  description: The regions.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Short name.
      type: str
    description:
      description: Location.
      type: str
  sample: [{name: us-east-1, description: "Virginia, USA"}]
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._module.info import NAME, Listing, run_info

LISTING = Listing("regions", fetch=Api.list_regions, options=NAME)


def main() -> None:
    run_info(LISTING)


if __name__ == "__main__":
    main()
