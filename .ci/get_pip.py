# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install pip into a virtual environment of ansible-test, with nothing but PyPI.

ansible-test downloads get-pip.py from a server of its own unless its cache has one; .ci/run puts this file there. It runs
the pip that Python carries for ensurepip, which installs the version that ansible-test asks for.
"""

import ensurepip
import subprocess
import sys
import sysconfig
from pathlib import Path

# Debian keeps the wheel elsewhere, and says where.
folders = [Path(ensurepip.__file__).parent / "_bundled", sysconfig.get_config_var("WHEEL_PKG_DIR")]
wheel = next(found for folder in folders if folder for found in Path(folder).glob("pip-*.whl"))
# Options of get-pip alone
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, wheel / "pip", "install", *arguments]))
