# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian 12 root file system that all machines share: built once, cached, never changed."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import re
import shlex
import shutil
import threading
import typing as t
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path

from .. import HostError
from ..owner import exclusive
from .command import run

log = logging.getLogger(__name__)

SUITE = "bookworm"
PACKAGES = (
    "ca-certificates",
    "cloud-init",
    "curl",
    "dbus",
    "iproute2",
    "iputils-ping",
    "libnss-myhostname",
    "libpam-systemd",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "sudo",
    "systemd-sysv",
)
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_LOCAL_CERTIFICATES = Path("/usr/local/share/ca-certificates")
# Settings of this system's apt without which its mirror may not be reachable.
_APT_SETTINGS = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-Valid-Until")
_SCRIPTS = ("customize.sh", "cloud-init.cfg")
# What the manual pages, translations and documentation would add is a third of the size.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")


@dataclass(frozen=True)
class Recipe:
    """Everything the root file system is made of; two equal recipes share one cache entry.

    Attributes:
        sources: lines of a `sources.list`; none stands for mmdebstrap's own choice of a mirror.
        apt_options: lines of an `apt.conf`.
        certificates: this system's own certificate authorities, by file name.
        scripts: the scripts and files that finish it, by name.
        base: the name of the root file system that only gets more packages; none when it is made from nothing.
    """

    sources: tuple[str, ...]
    apt_options: tuple[str, ...]
    certificates: t.Mapping[str, str]
    scripts: t.Mapping[str, str]
    architecture: str
    suite: str = SUITE
    packages: tuple[str, ...] = PACKAGES
    left_out: tuple[str, ...] = _LEFT_OUT
    base: str | None = None

    @property
    def key(self) -> str:
        """Return a hash of the recipe."""
        fields = {name: value for name, value in asdict(self).items() if value is not None}
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def folder(self) -> str:
        """Return the name of its folder in the cache."""
        return f"rootfs-{self.key}"

    def with_packages(self, packages: t.Iterable[str]) -> Recipe:
        """Return the recipe of a root file system that is this one and more packages."""
        return replace(self, packages=tuple(sorted(set(packages))), base=self.folder)


def cache_dir() -> Path:
    """Return where root file systems are kept: below `XDG_CACHE_HOME` if set, else below `/var/cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "lambda-cloud-simulator"


def ensure(cache: Path, interrupt: threading.Event, packages: t.Collection[str] = ()) -> Path:
    """Return the root file system, built now (about a minute, from the Debian mirror) unless it is there.

    Args:
        cache: where it is kept
        interrupt: ends the building
        packages: Debian packages that it has besides the usual ones

    Raises:
        HostError: it cannot be built, or `interrupt` was set meanwhile.
    """
    recipe = recipe_here()
    target = _ensure(cache, interrupt, recipe)
    return _ensure(cache, interrupt, recipe.with_packages(packages)) if packages else target


def _ensure(cache: Path, interrupt: threading.Event, recipe: Recipe) -> Path:
    target = cache / recipe.folder
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with exclusive(cache / "lock", interrupt):
        # Nobody else builds now, so what is unfinished was given up.
        for leftover in cache.glob("rootfs-*.partial"):
            shutil.rmtree(leftover)
        if not target.is_dir():
            log.info("building the machines' root file system in %s, which takes about a minute", target)
            partial = target.with_name(f"{target.name}.partial")
            try:
                _build(recipe, partial, cache, interrupt)
                partial.rename(target)
            except HostError as error:
                raise HostError(f"The machines' root file system cannot be built: {error}") from error
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return target


def recipe_here() -> Recipe:
    """Return the recipe with this system's mirror, apt settings and certificate authorities.

    Raises:
        HostError: apt cannot be asked.
    """
    files = resources.files(__package__) / "files"
    certificates = sorted(_LOCAL_CERTIFICATES.glob("**/*.crt")) if _LOCAL_CERTIFICATES.is_dir() else []
    return Recipe(
        sources=_sources(),
        apt_options=_apt_options(run("apt-config", "dump")),
        certificates={file.name: file.read_text() for file in certificates},
        scripts={name: (files / name).read_text() for name in _SCRIPTS},
        architecture=platform.machine(),
    )


def debian_sources(index_targets: str, codename: str) -> tuple[str, ...]:
    """Return the lines of `sources.list` for our suite, from the mirrors that a Debian system uses for its own.

    Args:
        index_targets: lines `URI|release|component|origin`, as apt-get lists its package indexes.
        codename: that system's own suite.
    """
    sources: dict[str, None] = {}
    for line in index_targets.splitlines():
        uri, release, component, origin = line.split("|")
        # apt repeats the field's name when it has not fetched the release file yet.
        known_origin = origin not in ("", "$(ORIGIN)")
        part = re.fullmatch(rf"{re.escape(codename)}(-updates|-security)?", release)
        if part and component == "main" and not (known_origin and origin != "Debian"):
            sources[f"deb {uri} {SUITE}{part[1] or ''} main"] = None
    return tuple(sources)


def _sources() -> tuple[str, ...]:
    system = platform.freedesktop_os_release()
    if system.get("ID") == "debian":
        fields = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)"
        listed = run("apt-get", "indextargets", "--format", fields, "Created-By: Packages")
        return debian_sources(listed, system.get("VERSION_CODENAME", ""))
    if not _KEYRING.exists():
        raise HostError("To build the machines' root file system install the Debian package debian-archive-keyring.")
    return ()


def _apt_options(dump: str) -> tuple[str, ...]:
    return tuple(line for line in dump.splitlines() if line.split(" ", 1)[0] in _APT_SETTINGS)


def _build(recipe: Recipe, target: Path, cache: Path, interrupt: threading.Event) -> None:
    with resources.as_file(resources.files(__package__) / "files") as files:
        script, settings = (shlex.quote(str(files / name)) for name in _SCRIPTS)
        run(
            # In namespaces of its own all of it ends with this process, its mounts included.
            *("setpriv", "--pdeathsig=KILL"),
            *("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"),
            "mmdebstrap",
            "--quiet",
            "--mode=root",
            "--variant=minbase" if recipe.base is None else "--variant=custom",
            "--format=directory",
            f"--include={','.join(recipe.packages)}",
            *(f"--aptopt={option}" for option in ('Acquire::Languages "none";', *recipe.apt_options)),
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in recipe.left_out),
            # What is written here need not survive a crash.
            "--dpkgopt=force-unsafe-io",
            f'--customize-hook=sh {script} "$1" {settings} {_LOCAL_CERTIFICATES}'
            if recipe.base is None
            else f'--setup-hook=cp -a {shlex.quote(str(cache / recipe.base))}/. "$1"',
            recipe.suite,
            str(target),
            *recipe.sources,
            interrupt=interrupt,
        )
