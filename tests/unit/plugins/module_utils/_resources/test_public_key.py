# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.public_key import material_of, parse_public_key
from ansible_collections.lambdal.cloud.tests.support.samples import PUBLIC_KEY
from hypothesis import assume, given
from hypothesis import strategies as st

# Ed25519 has no form but OpenSSH's and RFC 4716 in ssh-keygen; its PKCS8 form is below.
KINDS = [("rsa", 2048), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521)]
FORMS = [
    *((kind, bits, form) for kind, bits in KINDS for form in ("RFC4716", "PKCS8")),
    ("rsa", 2048, "PEM"),
    ("ed25519", 256, "RFC4716"),
]


@pytest.mark.parametrize(("kind", "bits", "form"), FORMS)
def test_every_form_is_the_same_key(tmp_path: Path, kind: str, bits: int, form: str) -> None:
    path = tmp_path / "key"
    command = [
        "ssh-keygen",
        "-q",
        "-t",
        kind,
        "-b",
        str(bits),
        "-N",
        "",
        "-C",
        "a long comment: with a colon",
        "-f",
        str(path),
    ]
    subprocess.run(command, check=True)
    line = (tmp_path / "key.pub").read_text()
    other = subprocess.run(
        ["ssh-keygen", "-e", "-m", form, "-f", str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert other.startswith("--")
    assert parse_public_key(other).material == parse_public_key(line).material == tuple(line.split()[:2])
    assert parse_public_key(other.replace("\n", "\r\n")).material == parse_public_key(line).material
    assert parse_public_key(parse_public_key(other).openssh()) == parse_public_key(other)


def test_ed25519_as_pkcs8() -> None:
    pkcs8 = (
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEABpMz0QFUntZxVxXmdQk/AnqBjMnec5WSrNDBW9Z8lvE=\n"
        "-----END PUBLIC KEY-----"
    )
    assert parse_public_key(pkcs8).openssh().startswith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA")


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30))
def test_the_comment_does_not_count(comment: str) -> None:
    # What has these words is refused, whatever else it is. Hypothesis finds them in the source.
    assume("PRIVATE KEY" not in comment)
    assert parse_public_key(f"{PUBLIC_KEY} {comment}").material == parse_public_key(PUBLIC_KEY).material


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx",
        "ssh-ed25519 !!!!",
        f"{PUBLIC_KEY}\n{PUBLIC_KEY}",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMCow\n-----END CERTIFICATE-----",
        "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----",
        f"{PUBLIC_KEY} {'x' * 5000}",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="public key"):
        parse_public_key(text)


@given(st.binary(max_size=80))
def test_no_bytes_do_worse_than_being_refused(data: bytes) -> None:
    import base64

    body = base64.b64encode(data).decode()
    for kind in ("PUBLIC KEY", "RSA PUBLIC KEY"):
        material_of(f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----")
    material_of(f"ssh-rsa {body}")


def test_a_private_key_is_told_apart() -> None:
    with pytest.raises(InvalidInput, match="This is a private key"):
        parse_public_key("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----")
