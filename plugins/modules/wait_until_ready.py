#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wait_until_ready
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Wait until a host can be logged in to and used
description:
  - Waits until SSH answers, cloud-init has finished, nobody else installs packages, and the file systems of the instance are mounted.
  - Fails with one sentence that says what is wrong with the host and what to do about it. It fails at once at what no waiting mends, such
    as a host key that is not trusted.
  - Prints how long it waited for what on the host.
  - Nothing is changed, and nothing is installed on the host. Needs Python there, and no root.
  - A host that goes while it is waited for, since C(user_data) restarts it for instance, is waited for again.
options:
  wait_for:
    description:
      - What to wait for, in this order.
      - V(ssh) is a login over the host's connection, with Python at the other end.
      - V(cloud_init) is the end of cloud-init, which runs C(user_data). Where it has failed, so does this module.
      - V(apt) is that no lock of apt or dpkg is held, as unattended upgrades hold them after the boot.
      - V(mounts) is that a file system is mounted at each of O(mount_points).
    type: list
    elements: str
    choices: [ssh, cloud_init, apt, mounts]
    default: [ssh, cloud_init, apt, mounts]
  ssh_timeout:
    description: Seconds within which SSH has to answer. An instance may still be booting then.
    type: float
    default: 1800
  key_timeout:
    description: Seconds of these for which SSH may refuse the key, as a booting instance does for a moment.
    type: float
    default: 60
  cloud_init_timeout:
    description: Seconds for cloud-init to finish.
    type: float
    default: 1800
  apt_timeout:
    description: Seconds for other installations of packages to end.
    type: float
    default: 600
  mount_timeout:
    description: Seconds for the file systems to be mounted.
    type: float
    default: 60
  mount_points:
    description:
      - Paths where file systems must be mounted.
      - By default those that the API reports, from the host's variable C(lambda_file_system_mounts).
    type: list
    elements: str
attributes:
  check_mode:
    description: Can run in check mode, where it does not wait for SSH.
    support: full
  diff_mode:
    description: Has nothing to show as a difference, as it changes nothing.
    support: none
"""

EXAMPLES = r"""
- name: Wait until the host is ready
  lambdal.cloud.wait_until_ready:
    ssh_timeout: 900

- name: Wait for SSH alone
  lambdal.cloud.wait_until_ready:
    wait_for: [ssh]
"""

RETURN = r"""
msg:
  description: How long the host was waited for, or what is wrong with it.
  returned: always
  type: str
  sample: "Ready after 15 s: 12 s for cloud-init, 3 s for other installations of packages, 0 s for file systems."
"""
