#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_image_info
short_description: List images of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the images that an instance can be launched with, with one request. An image is listed once for each region. Its id may
    be the same in several regions, and a family and name may have several ids.
  - Needs version 1.10.0 of the API.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
  - lambdal.cloud.attributes.action
  - lambdal.cloud.filters.name
  - lambdal.cloud.filters.id
  - lambdal.cloud.filters.region
options:
  family:
    description: Return only images of these families.
    type: list
    elements: str
  architecture:
    description: Return only images for this architecture, as C(architecture) of M(lambdal.cloud.lambda_instance_type_info) names it.
    type: str
    choices: [x86_64, arm64]
  newest_only:
    description: Whether to return only the newest image of each family, region and architecture.
    type: bool
    default: false
seealso:
  - module: lambdal.cloud.lambda_instance
"""

EXAMPLES = r"""
- name: Find the newest image of a family in a region
  lambdal.cloud.lambda_image_info:
    family: [lambda-stack-24-04]
    region: [us-east-1]
    architecture: x86_64
    newest_only: true
  register: found

- name: Show its id
  ansible.builtin.debug:
    var: found.images[0].id
"""

RETURN = r"""
images:
  description: The images, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the image in this region.
      type: str
    name:
      description: Name.
      type: str
    description:
      description: Description of its contents.
      type: str
    family:
      description: Family. A launch can name a family to use its newest image.
      type: str
    version:
      description: Version.
      type: str
    architecture:
      description: V(x86_64) or V(arm64).
      type: str
    region:
      description: Region, with C(name) and C(description).
      type: dict
    created_time:
      description: Time of creation.
      type: str
    updated_time:
      description: Time of the last change.
      type: str
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._module.info import ID, NAME, REGION, Listing, run_info

OPTIONS: dict[str, t.Any] = {
    **NAME,
    **ID,
    **REGION,
    "family": {"type": "list", "elements": "str"},
    "architecture": {"type": "str", "choices": ["x86_64", "arm64"]},
    "newest_only": {"type": "bool", "default": False},
}


def choose(rows: list[t.Any], options: t.Mapping[str, t.Any]) -> list[t.Any]:
    """Return the images of the architecture, newest first; with `newest_only`, one for each family, region and architecture."""
    architecture = options["architecture"]
    rows = [row for row in rows if architecture in (None, row.get("architecture"))]
    rows.sort(key=lambda row: str(row.get("created_time")), reverse=True)
    if not options["newest_only"]:
        return rows
    newest: dict[t.Any, t.Any] = {}
    for row in rows:
        newest.setdefault((row.get("family"), region_name(row), row.get("architecture")), row)
    return list(newest.values())


LISTING = Listing(
    "images",
    fetch=Api.list_images,
    options=OPTIONS,
    values={"region": region_name, "family": lambda row: row.get("family")},
    choose=choose,
)


def main() -> None:
    run_info(LISTING)


if __name__ == "__main__":
    main()
