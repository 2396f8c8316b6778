# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys in the forms in which people have them, converted to OpenSSH's. Pure functions.

OpenSSH's own line, RFC 4716 (`BEGIN SSH2 PUBLIC KEY`), PKCS8 (`BEGIN PUBLIC KEY`) and PEM (`BEGIN RSA PUBLIC KEY`), of RSA,
ECDSA and Ed25519.
"""

from __future__ import annotations

import base64
import binascii
import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

LONGEST_PUBLIC_KEY = 4096

_ED25519 = bytes.fromhex("2b6570")
_RSA = bytes.fromhex("2a864886f70d010101")
_EC = bytes.fromhex("2a8648ce3d0201")
# Names of curves in SSH, by their object identifiers.
_CURVES = {
    bytes.fromhex("2a8648ce3d030107"): "nistp256",
    bytes.fromhex("2b81040022"): "nistp384",
    bytes.fromhex("2b81040023"): "nistp521",
}

_INTEGER, _BIT_STRING, _IDENTIFIER, _SEQUENCE = 0x02, 0x03, 0x06, 0x30


class PublicKey(t.NamedTuple):
    """A public key: its type and its blob are what makes it that key."""

    type: str
    blob: str
    comment: str = ""

    @property
    def material(self) -> tuple[str, str]:
        """Return the key without its comment."""
        return self.type, self.blob

    def openssh(self) -> str:
        """Return the key on one line."""
        return " ".join(part for part in self if part)


def parse_public_key(text: str) -> PublicKey:
    """Parse a public key in any of the forms.

    Raises:
        InvalidInput: it is a private key, or none of the forms.
    """
    text = text.strip()
    if "PRIVATE KEY" in text:
        raise InvalidInput(
            "This is a private key. Only its public half, mostly in a file that ends in .pub, is for the service."
        )
    try:
        key = _parse(text)
    except (ValueError, IndexError, binascii.Error):
        key = None
    if key is None:
        raise InvalidInput(
            "The public key is of none of the forms that are known: 'ssh-ed25519 AAAA... comment' on one line, RFC 4716, PKCS8 or PEM."
        )
    if len(key.openssh()) > LONGEST_PUBLIC_KEY:
        raise InvalidInput(f"The public key has more than {LONGEST_PUBLIC_KEY} characters.")
    return key


def material_of(text: str) -> tuple[str, str]:
    """Return what identifies a stored key; the text itself where it cannot be parsed."""
    try:
        return parse_public_key(text).material
    except InvalidInput:
        return "", text.strip()


def _parse(text: str) -> PublicKey | None:
    armour = re.fullmatch(r"-{4,5} ?BEGIN ([A-Z0-9 ]+?) ?-{4,5}\n(.*)\n-{4,5} ?END \1 ?-{4,5}", _unix(text), re.DOTALL)
    if armour is None:
        return _from_line(text)
    kind, body = armour[1], armour[2]
    if kind == "SSH2 PUBLIC KEY":
        return _from_rfc4716(body)
    der = base64.b64decode("".join(body.split()), validate=True)
    if kind == "PUBLIC KEY":
        return _from_pkcs8(der)
    return _rsa_key(der) if kind == "RSA PUBLIC KEY" else None


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _from_line(text: str) -> PublicKey | None:
    if "\n" in text:
        return None
    type_, blob, *comment = text.split(None, 2)
    if _type_of(base64.b64decode(blob, validate=True)) != type_:
        return None
    return PublicKey(type_, blob, " ".join(comment).strip())


def _from_rfc4716(body: str) -> PublicKey:
    # A header's value goes on after a line that ends in a backslash.
    lines = body.replace("\\\n", "").split("\n")
    headers = dict(line.split(":", 1) for line in lines if ":" in line)
    blob = base64.b64decode("".join(line.strip() for line in lines if ":" not in line), validate=True)
    comment = next((value for name, value in headers.items() if name.lower() == "comment"), "")
    return _key(blob, comment.strip().strip('"'))


def _from_pkcs8(der: bytes) -> PublicKey | None:
    algorithm, bits = _children(_content(der, _SEQUENCE))
    identifiers = _children(algorithm[1])
    # The first byte of a bit string counts unused bits.
    key = bits[1][1:]
    if identifiers[0] == (_IDENTIFIER, _ED25519):
        return _key(_string(b"ssh-ed25519") + _string(key))
    if identifiers[0] == (_IDENTIFIER, _RSA):
        return _rsa_key(key)
    if identifiers[0] == (_IDENTIFIER, _EC) and identifiers[1][1] in _CURVES:
        curve = _CURVES[identifiers[1][1]].encode()
        return _key(_string(b"ecdsa-sha2-" + curve) + _string(curve) + _string(key))
    return None


def _rsa_key(der: bytes) -> PublicKey:
    modulus, exponent = (value for tag, value in _children(_content(der, _SEQUENCE)) if tag == _INTEGER)
    return _key(_string(b"ssh-rsa") + _string(exponent) + _string(modulus))


def _key(blob: bytes, comment: str = "") -> PublicKey:
    return PublicKey(_type_of(blob), base64.b64encode(blob).decode(), comment)


def _type_of(blob: bytes) -> str:
    """Return the type at the beginning of a blob."""
    length = int.from_bytes(blob[:4], "big")
    name = blob[4 : 4 + length]
    if not 0 < length == len(name) < len(blob) - 4:
        raise ValueError("no key")
    return name.decode("ascii")


def _string(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _content(der: bytes, tag: int) -> bytes:
    ((found, content),) = _children(der)
    if found != tag:
        raise ValueError("another structure")
    return content


def _children(der: bytes) -> list[tuple[int, bytes]]:
    """Return the values of a DER structure, each with its tag."""
    found = []
    while der:
        tag, length, start = der[0], der[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[2:start], "big")
        if len(der) < start + length:
            raise ValueError("cut short")
        found.append((tag, der[start : start + length]))
        der = der[start + length :]
    return found
