# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs made on the controller, and the public half of a private key that is there already."""

from __future__ import annotations

import base64
import binascii
import os
import re
import shutil
import tempfile
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._context import RunCommand
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.public_key import PublicKey, parse_public_key

try:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

_OPENSSH = re.compile(r"-----BEGIN OPENSSH PRIVATE KEY-----\s(.*?)\s-----END OPENSSH PRIVATE KEY-----", re.DOTALL)
_MAGIC = b"openssh-key-v1\0"


class KeyPair(t.NamedTuple):
    """A new pair: the private half in OpenSSH's format, without a passphrase."""

    private_key: str
    public_key: PublicKey

    def __repr__(self) -> str:
        """Return a text without the private half, as for a traceback."""
        return f"KeyPair({self.public_key!r})"


def generate_key_pair(run_command: RunCommand | None = None) -> KeyPair:
    """Generate an ed25519 pair, with the library cryptography or else with ssh-keygen.

    Args:
        run_command: runs a program, and returns its exit code, output and errors.

    Raises:
        InvalidInput: neither is there.
    """
    if HAS_CRYPTOGRAPHY:
        key = ed25519.Ed25519PrivateKey.generate()
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        return KeyPair(private.decode(), parse_public_key(public.decode()))
    return _generate_with_ssh_keygen(run_command)


def _generate_with_ssh_keygen(run_command: RunCommand | None) -> KeyPair:
    program = shutil.which("ssh-keygen")
    if program is None or run_command is None:
        raise InvalidInput(
            "Generating a key pair needs the Python library cryptography or ssh-keygen on the host that runs the module. Install one, give "
            "public_key_file, or let the service generate the pair (key_source: service)."
        )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "key")
        code, _output, errors = run_command([program, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path])
        if code != 0:
            raise InvalidInput(f"ssh-keygen could not generate a key pair: {errors.strip() or code}.")
        with open(path, encoding="utf-8") as private, open(f"{path}.pub", encoding="utf-8") as public:
            return KeyPair(private.read(), parse_public_key(public.read()))


def read_public_half(path: str) -> PublicKey | None:
    """Return the public half of the private key in a file, if the file holds one that can be read without its passphrase."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return None
    return _from_openssh(text) or _from_pem(text)


def _from_openssh(text: str) -> PublicKey | None:
    """Return the public half, which OpenSSH's format holds unencrypted: after cipher, KDF, its options and the number of keys."""
    armour = _OPENSSH.search(text)
    if armour is None:
        return None
    try:
        data = base64.b64decode("".join(armour[1].split()), validate=True)
        if not data.startswith(_MAGIC):
            return None
        position = len(_MAGIC)
        for _each in range(3):
            position += 4 + int.from_bytes(data[position : position + 4], "big")
        position += 4
        size = int.from_bytes(data[position : position + 4], "big")
        blob = data[position + 4 : position + 4 + size]
        name = blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode("ascii")
        return parse_public_key(f"{name} {base64.b64encode(blob).decode()}")
    except (ValueError, IndexError, binascii.Error, InvalidInput):
        return None


def _from_pem(text: str) -> PublicKey | None:
    if not HAS_CRYPTOGRAPHY or "PRIVATE KEY-----" not in text:
        return None
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        return parse_public_key(public.decode())
    except Exception:  # a passphrase, a kind of key that cryptography does not support, or no key at all
        return None
