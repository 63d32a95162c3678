"""Debian packages: what Qt, the window and the tests need of the system, and how it gets there."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from provision.console import call, say

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
CJK_FONT_PATTERNS = ("*CJK*", "wqy*", "*SourceHan*", "*SourceHanSans*", "uming*", "ukai*", "DroidSansFallback*")


@dataclass(frozen=True)
class Need:
    """One thing of the system: the Debian package that brings it, and how to see whether it is there."""

    package: str
    present: Callable[[], bool]


def library_loads(soname: str) -> bool:
    """Whether the dynamic loader finds a shared library, wherever it came from."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def program_exists(name: str) -> bool:
    """Whether PATH has a program."""
    return shutil.which(name) is not None


def environments_can_be_made() -> bool:
    """Whether this Python can put pip into a new environment: Debian's own has no `ensurepip`, but may have pip."""
    return any(importlib.util.find_spec(name) for name in ("ensurepip", "pip"))


def chinese_font_exists() -> bool:
    """Whether a font folder has a font with Chinese characters, by the file names of the usual ones."""
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    return any(next(folder.rglob(pattern), None) for folder in folders for pattern in CJK_FONT_PATTERNS)


def _libraries(pairs: Iterable[tuple[str, str]]) -> tuple[Need, ...]:
    return tuple(Need(package, partial(library_loads, soname)) for package, soname in pairs)


PYTHON_NEEDS = (Need("python3.11-venv", environments_can_be_made),)
QT_NEEDS = _libraries(
    (
        ("libglib2.0-0", "libgthread-2.0.so.0"),
        ("libfontconfig1", "libfontconfig.so.1"),
        ("libdbus-1-3", "libdbus-1.so.3"),
        ("libegl1", "libEGL.so.1"),
        ("libgl1", "libGL.so.1"),
        ("libxkbcommon0", "libxkbcommon.so.0"),
        ("libxkbcommon-x11-0", "libxkbcommon-x11.so.0"),
        ("libx11-xcb1", "libX11-xcb.so.1"),
        ("libxcb-cursor0", "libxcb-cursor.so.0"),
        ("libxcb-icccm4", "libxcb-icccm.so.4"),
        ("libxcb-keysyms1", "libxcb-keysyms.so.1"),
        ("libxcb-randr0", "libxcb-randr.so.0"),
        ("libxcb-shape0", "libxcb-shape.so.0"),
        ("libxcb-shm0", "libxcb-shm.so.0"),
        ("libxcb-sync1", "libxcb-sync.so.1"),
        ("libxcb-xfixes0", "libxcb-xfixes.so.0"),
        ("libwayland-client0", "libwayland-client.so.0"),
        ("libwayland-cursor0", "libwayland-cursor.so.0"),
        ("libwayland-egl1", "libwayland-egl.so.1"),
    )
)
FONT_NEEDS = (Need("fonts-noto-cjk", chinese_font_exists),)
TEST_NEEDS = tuple(
    Need(package, partial(program_exists, program))
    for package, program in (
        ("xvfb", "Xvfb"),
        ("xauth", "xauth"),
        ("xdotool", "xdotool"),
        ("imagemagick", "import"),
        ("strace", "strace"),
        ("util-linux", "unshare"),
    )
)


def missing(needs: Iterable[Need]) -> tuple[str, ...]:
    """The packages whose thing is not there."""
    return tuple(need.package for need in needs if not need.present())


def supply(needs: Sequence[Need]) -> tuple[str, ...]:
    """Install what is missing, where that is allowed; the packages that are still missing afterwards."""
    packages = missing(needs)
    if not packages:
        say("      all there")
        return ()
    prefix = administrator_prefix()
    if prefix is None or not program_exists("apt-get"):
        return packages
    say(f"      installing {' '.join(packages)}")
    # Not a terminal's input: apt must never wait for an answer.
    if call([*prefix, "sh", "-c", f"{apt_command(packages)} </dev/null"]) != 0:
        say("      apt-get did not succeed")
    return missing(needs)


def administrator_prefix() -> tuple[str, ...] | None:
    """What must stand before a command to run it as root without a password; None if that cannot be had."""
    if os.geteuid() == 0:
        return ()
    if not program_exists("sudo"):
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL)
    return ("sudo", "-n") if asked.returncode == 0 else None


def apt_command(packages: Sequence[str]) -> str:
    """The shell line that installs packages on Debian, asking nothing and waiting for another apt."""
    options = "-o DPkg::Lock::Timeout=300"
    install = f"DEBIAN_FRONTEND=noninteractive apt-get {options} install -y --no-install-recommends"
    return f"apt-get {options} update && {install} {' '.join(packages)}"


def advice(packages: Sequence[str]) -> str:
    """The one command that a user without root's rights, or their administrator, can copy."""
    names = " ".join(packages)
    if not program_exists("apt-get"):
        return f"this system has no apt-get: install what Debian calls {names}"
    front = "sudo sh -c" if program_exists("sudo") else "su -c"
    return f"{front} 'apt-get update && apt-get install -y --no-install-recommends {names}'"
