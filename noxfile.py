# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks and tests, each in an environment of its own.

    pip install antsibull-nox
    nox                       check the code, the documentation, the licences and the package
    nox -s tests-2.20         run another session; nox --list shows them all

Those of the default run and ansible-test need PyPI alone; simulated machines also need Debian packages, ee-check a registry of images.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import tarfile
import typing as t
from pathlib import Path

import antsibull_nox
import nox
from antsibull_nox.sessions import prepare_collections

# Each supported ansible-core, and the Python that it is tested with
CORES = {"2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}
# The same for execution environments
EE_CORES = {"2.20": "3.12", "2.21": "3.13", "2.22": "3.13"}
# Of those that have no release yet, the earliest version that will do
PRERELEASES = {"2.22": "2.22.0b1"}
# As execution environments pin it
RUNNER = next(iter(re.findall(r"ansible-runner\S+", Path("execution-environment.yml").read_text())), "ansible-runner")
# What ansible-test runs
ANSIBLE_TEST = (("sanity", "--local"), ("units", "--venv", "--requirements"))
PYTEST = ("python", "-m", "pytest", "-q", "-rs", "-m", "not slow", "-n", "auto", "--dist", "loadfile")
# What is in the repository and not for the collection's users
INTERNAL = (
    ".",
    "simulator",
    "tests",
    "demo",
    "tools",
    "docs/images",
    "extensions/molecule",
    "noxfile",
    "antsibull-nox",
)

# The collection needs no other, so none that this system has is looked for.
os.environ["ANTSIBULL_NOX_IGNORE_INSTALLED_COLLECTIONS"] = "true"
# Each session has an environment of its own, which uv makes in a tenth of the time.
nox.options.default_venv_backend = "uv|virtualenv"
# Like pip, it trusts whom the system trusts.
os.environ.setdefault("UV_SYSTEM_CERTS", "true")
antsibull_nox.load_antsibull_nox_toml()


@nox.session
def typing(session: nox.Session) -> None:
    """Run mypy on the collection's shared code and on the simulator."""
    session.install("mypy", "pytest", "types-PyYAML", "types-requests", "-r", "requirements.txt", "-e", "simulator")
    link_collection()
    plugins = "ansible_collections.lambdal.cloud.plugins"
    for package in ("module_utils", "plugin_utils", "filter", "modules"):
        session.run("mypy", "-p", f"{plugins}.{package}")
    with session.chdir("simulator"):
        session.run("mypy", "-p", "lambda_cloud_simulator")


@nox.session
def changelog(session: nox.Session) -> None:
    """Run antsibull-changelog lint."""
    session.install("antsibull-changelog")
    session.run("antsibull-changelog", "lint")


@nox.session(name="build-import-check")
def build_import_check(session: nox.Session) -> None:
    """Build the collection, see what it holds, and let Galaxy's importer and ansible-builder read it."""
    session.install("ansible-builder", "ansible-core", "galaxy-importer")
    folder = build(session)
    for tarball in folder.glob("build/*.tar.gz"):
        with tarfile.open(tarball) as archive:
            names = archive.getnames()
        # Those who check a release read ansible-lint's settings.
        unwanted = [name for name in names if name.startswith(INTERNAL) and name != ".ansible-lint"]
        if unwanted:
            session.error(f"The collection holds files that are not for its users: {' '.join(unwanted)}")
        with session.chdir(tarball.parent):
            # The session ansible-lint checks the same, without the importer's limit of five minutes.
            settings = {"ANSIBLE_HOME": str(folder / "ansible"), "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "false"}
            log = str(session.run("python", "-m", "galaxy_importer.main", tarball.name, env=settings, silent=True))
        session.log(log)
        # It ends well whatever it finds.
        complaints = [line for line in log.splitlines() if line.startswith(("WARNING", "ERROR"))]
        if complaints or "Importer processing completed successfully" not in log:
            session.error("\n".join(["Galaxy would not import the collection without complaint.", *complaints]))
    with session.chdir(folder):
        session.run("ansible-builder", "create")


# It needs docker or podman, and a registry of images.
@nox.session(name="ee-check", default=False)
def ee_check(session: nox.Session) -> None:
    """Build the execution environment, and run a playbook in it."""
    session.install("ansible-builder", "ansible-core")
    engine = "podman" if shutil.which("podman") else "docker"
    with session.chdir(build(session)):
        session.run("ansible-builder", "build", "--container-runtime", engine, "--tag", "lambdal-cloud")
    playbooks = f"{Path('tests/ee').resolve()}:/playbooks:ro"
    playbook = ("ansible-playbook", "/playbooks/all.yml")
    session.run(engine, "run", "--rm", "--volume", playbooks, "lambdal-cloud", *playbook, external=True)


def build(session: nox.Session) -> Path:
    """Build the collection as git has it. Returns a folder for ansible-builder."""
    folder = Path(session.create_tmp()).resolve() / "package"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "build").mkdir(parents=True)
    session.run("git", "checkout-index", "--all", f"--prefix={folder}/checkout/", external=True)
    session.run("ansible-galaxy", "collection", "build", "--output-path", f"{folder}/build", f"{folder}/checkout")
    shutil.copy("execution-environment.yml", folder)
    return folder


def link_collection() -> None:
    """Let Python and Ansible find the checkout as a collection, in .build."""
    runpy.run_path("tools/setup.py")["link_collection"]()


@nox.session(python=list(CORES.values()), default=False)
def simulator(session: nox.Session) -> None:
    """Test the simulator by itself."""
    session.install("pytest-xdist", "-e", "simulator[test]")
    with session.chdir("simulator"):
        session.run(*PYTEST, *session.posargs)


def for_each_core(
    *packages: str, cores: t.Mapping[str, str] | None = None
) -> t.Callable[[t.Callable[[nox.Session], None]], None]:
    """Make a session for each ansible-core, by default for those that are supported, with these packages beside it."""

    def register(function: t.Callable[[nox.Session], None]) -> None:
        for core, python in (cores or CORES).items():

            def run(session: nox.Session, core: str = core) -> None:
                session.install(f"ansible-core~={PRERELEASES.get(core, f'{core}.0')}", *packages)
                link_collection()
                session.run("ansible", "--version")
                function(session)

            run.__doc__ = f"{function.__doc__} (ansible-core {core}, Python {python})"
            name = function.__name__.replace("_", "-")
            nox.session(run, name=f"{name}-{core}", python=python, default=False)

    return register


@for_each_core()
def ansible_test(session: nox.Session) -> None:
    """Run ansible-test sanity, or what is given: -- units --local --requirements."""
    setup = prepare_collections(session, install_in_site_packages=False, install_out_of_tree=True)
    if setup:
        # It is a package of its own, beside the collection.
        shutil.rmtree(setup.current_path / "simulator")
        with session.chdir(setup.current_path):
            for arguments in [session.posargs] if session.posargs else ANSIBLE_TEST:
                session.run("ansible-test", *arguments, "--python", str(session.python))


@for_each_core("-r", "requirements.txt", "-r", "tests/requirements.txt", "-e", "simulator")
def tests(session: nox.Session) -> None:
    """Test the collection against the simulator."""
    session.run(*PYTEST, *session.posargs)


@nox.session(name="tests-next", python=CORES["2.21"], default=False)
def tests_next(session: nox.Session) -> None:
    """Test what depends on ansible-core's inner parts with the newest release of it, also one that is not final yet."""
    session.install("-r", "requirements.txt", "-r", "tests/requirements.txt", "-e", "simulator")
    # By itself, so that nothing else of what is installed is a pre-release.
    session.install("--pre", "--upgrade", "ansible-core")
    link_collection()
    session.run("ansible", "--version")
    files = [f"tests/integration/test_{name}.py" for name in ("in_process", "inventory", "event_source")]
    session.run(*PYTEST, *session.posargs, *files, "tests/unit/plugins/plugin_utils")


@for_each_core("-r", "requirements.txt", "-r", "demo/requirements.txt", "-e", "simulator")
def demo(session: nox.Session) -> None:
    """Run the demo."""
    session.run("python", "demo/run.py")


@for_each_core(
    *("-r", "requirements.txt", "-r", "extensions/molecule/requirements.txt", "-e", "simulator[test]"),
)
def molecule(session: nox.Session) -> None:
    """Test the roles on simulated machines, as root."""
    session.run("python", "tools/molecule.py", *session.posargs)


@for_each_core(RUNNER, "-r", "requirements.txt", "-r", "tests/requirements.txt", "-e", "simulator", cores=EE_CORES)
def awx(session: nox.Session) -> None:
    """Run inventory and job templates as AWX does, in what execution-environment.yml installs."""
    session.run(*PYTEST, "tests/integration/test_awx.py", *session.posargs)
