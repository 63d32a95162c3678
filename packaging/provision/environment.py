"""The virtual environment `.venv`: made once, repaired when it was interrupted, renewed when the pins change."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import Enum
from importlib import metadata
from pathlib import Path

from provision.console import call, say
from provision.interpreter import SUPPORTED, SetupFault

STAMP_NAME = "wardnote-install.json"


@dataclass(frozen=True)
class Stamp:
    """What an environment was made of. `complete` is False from the start of an installation to its end.

    `home` is the checkout it belongs to (its scripts carry absolute paths), `pins` the hash of what was installed,
    `groups` the dependency groups beside the program's own needs.
    """

    home: str
    pins: str
    groups: tuple[str, ...]
    complete: bool


class Plan(Enum):
    """What has to be done to an environment."""

    KEEP = "keep"
    INSTALL = "install"
    REBUILD = "rebuild"


def plan_for(found: Stamp | None, wanted: Stamp) -> Plan:
    """Keep, install over, or start from nothing.

    An environment without a stamp was made by hand: it is installed over, never thrown away.
    """
    if found is None:
        return Plan.INSTALL
    if not found.complete or found.home != wanted.home:
        return Plan.REBUILD
    if found.pins != wanted.pins or not set(wanted.groups) <= set(found.groups):
        return Plan.INSTALL
    return Plan.KEEP


def wanted_stamp(root: Path, groups: Sequence[str]) -> Stamp:
    """What `.venv` of this checkout should be."""
    digest = hashlib.sha256(repr(SUPPORTED).encode())
    for path in (root / "pyproject.toml", root / "packaging" / "constraints.txt"):
        digest.update(path.read_bytes() + b"\0")
    return Stamp(home=str(root), pins=digest.hexdigest(), groups=tuple(sorted(groups)), complete=True)


def read_stamp(venv: Path) -> Stamp | None:
    """The stamp of an environment; None if it has none that can be read."""
    try:
        fields = json.loads((venv / STAMP_NAME).read_text(encoding="utf-8"))
        return Stamp(fields["home"], fields["pins"], tuple(fields["groups"]), fields["complete"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(venv: Path, stamp: Stamp) -> None:
    """Write the stamp in one step, so that an interruption leaves the old one or the new one."""
    fresh = venv / (STAMP_NAME + ".new")
    fresh.write_text(json.dumps(asdict(stamp), indent=1), encoding="utf-8")
    fresh.replace(venv / STAMP_NAME)


def group_requirements(root: Path, group: str) -> list[str]:
    """The requirements of one dependency group (PEP 735; the pip that comes with Python 3.11 cannot read them)."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["dependency-groups"][group])


def ensure_environment(root: Path, groups: Sequence[str] = ()) -> Path:
    """Make `.venv` of the checkout what the pins say; its `bin` folder. Raises SetupFault."""
    venv = root / ".venv"
    wanted = wanted_stamp(root, groups)
    with locked(root):
        plan = plan_for(read_stamp(venv), wanted)
        if not _starts(venv):
            plan = Plan.REBUILD
        if plan is Plan.KEEP:
            say("      up to date")
        else:
            _install(root, venv, wanted, rebuild=plan is Plan.REBUILD)
    return venv / "bin"


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """One bootstrap at a time for a checkout. The folder itself is the lock, so that no file stays behind."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("      waiting for another bootstrap of this checkout")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _starts(venv: Path) -> bool:
    """Whether the environment's Python is the supported one, runs and has pip (a half-made one does not)."""
    code = f"import pip, sys; sys.exit(sys.version_info[:2] != {SUPPORTED})"
    try:
        asked = subprocess.run([venv / "bin" / "python", "-c", code], capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    return asked.returncode == 0


def _install(root: Path, venv: Path, wanted: Stamp, *, rebuild: bool) -> None:
    before = None if rebuild else read_stamp(venv)
    groups = tuple(sorted({*wanted.groups, *(before.groups if before else ())}))
    if rebuild:
        _create(venv)
    unfinished = Stamp(wanted.home, wanted.pins, groups, complete=False)
    write_stamp(venv, unfinished)
    _pip_install(root, venv, groups)
    write_stamp(venv, Stamp(wanted.home, wanted.pins, groups, complete=True))


def _create(venv: Path) -> None:
    # When this Python is itself that of a virtual environment, build on the one beneath it.
    python = getattr(sys, "_base_executable", None) or sys.executable
    if importlib.util.find_spec("ensurepip"):
        made = call([python, "-m", "venv", "--clear", venv]) == 0
    else:
        made = call([python, "-m", "venv", "--clear", "--without-pip", venv]) == 0 and _lend_pip(python, venv)
    if not made:
        raise SetupFault(f"the virtual environment {venv} could not be made; the reason is above.")


def _lend_pip(python: str, venv: Path) -> bool:
    """Where Debian's python3-pip is there but python3-venv is not: let that pip install itself."""
    same = f"pip=={metadata.version('pip')}"
    return call([python, "-m", "pip", "--python", venv / "bin" / "python", "install", "--no-input", same]) == 0


def _pip_install(root: Path, venv: Path, groups: Sequence[str]) -> None:
    constraints = root / "packaging" / "constraints.txt"
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    pip += ["-c", str(constraints)]
    requirements = [requirement for group in groups for requirement in group_requirements(root, group)]
    say("      about 2 GB of packages the first time; with torch's CUDA build several more (see README.md)")
    # setuptools first, and no isolated build: the build tool is pinned like everything else.
    commands = ([*pip, "setuptools"], [*pip, "--no-build-isolation", "-e", str(root), *requirements])
    for command in commands:
        if call(command) != 0:
            raise SetupFault(
                "pip could not install everything; its reason is above. If the network failed, run this command "
                "again: what was downloaded is kept."
            )
