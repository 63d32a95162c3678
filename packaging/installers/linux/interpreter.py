"""CPython 3.11 for Linux, of Debian 12's packages: the interpreter, its library, and the system libraries they need."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from provision.interpreter import SetupFault

from installers.tools import answer, run

PACKAGES = ("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib")
LIBRARY = Path("lib") / "python3.11"
PACKAGE_FOLDER = LIBRARY / "dist-packages"
SYSTEM_LIBRARIES = Path("lib") / "system"

# Modules that need libraries of their own and that the program has no use for.
_LEFT_OUT = re.compile(
    r"lib-dynload/(_dbm|_gdbm|nis|_curses|_curses_panel|_crypt|readline|_tkinter|_test\w+|xx\w+|ossaudiodev)\."
    r"|/(idlelib|lib2to3|pydoc_data|test|tkinter|turtledemo|ensurepip|distutils|config-3[^/]*)(/|$)|sitecustomize"
)
# glibc's own, which every system has in its own version.
_GLIBC = re.compile(r"(ld-linux-x86-64|lib(c|m|dl|pthread|rt|util|resolv|anl|nsl|nss_\w+))\.so")
# What desktops lack now and then of what Qt's window system plugin needs; a user without root cannot add it.
QT_LIBRARIES = (
    "libxcb-cursor.so.0",
    "libxcb-icccm.so.4",
    "libxcb-image.so.0",
    "libxcb-keysyms.so.1",
    "libxcb-render-util.so.0",
    "libxcb-util.so.1",
    "libxkbcommon.so.0",
    "libxkbcommon-x11.so.0",
)


def place(home: Path, patchelf: Path) -> tuple[str, ...]:
    """Make a movable Python in `home`; the Debian packages that parts of it are from. Raises SetupFault."""
    (home / "bin").mkdir(parents=True)
    for source in _files_of(PACKAGES):
        if source.is_relative_to("/usr/lib/python3.11") and not _LEFT_OUT.search(str(source)):
            _copy(source, home / LIBRARY / source.relative_to("/usr/lib/python3.11"))
    python = home / "bin" / "python3.11"
    _copy(Path("/usr/bin/python3.11"), python)
    python.chmod(0o755)
    found = _needed([python, *sorted((home / LIBRARY / "lib-dynload").glob("*.so"))])
    for library in found:
        _copy(library, home / SYSTEM_LIBRARIES / library.name)
    # DT_RPATH and not DT_RUNPATH: it holds for what the modules need in their turn, too.
    paths = f"$ORIGIN/../{SYSTEM_LIBRARIES}:$ORIGIN/../{PACKAGE_FOLDER}/PySide6/Qt/lib"
    run([patchelf, "--force-rpath", "--set-rpath", paths, python], "the interpreter could not be made movable")
    return tuple(sorted({*PACKAGES, *map(package_of, found)}))


def place_qt_libraries(folder: Path) -> tuple[str, ...]:
    """Put those libraries beside Qt's own; the Debian packages that they are from."""
    known = dict(re.findall(r"^\s*(\S+) \(.*x86-64.*\) => (\S+)$", answer(["/sbin/ldconfig", "-p"], "ldconfig"), re.M))
    missing = [name for name in QT_LIBRARIES if name not in known]
    if missing:
        raise SetupFault(f"this machine lacks {', '.join(missing)}: packaging/bootstrap.py installs what Qt needs.")
    for name in QT_LIBRARIES:
        _copy(Path(known[name]), folder / name)
    return tuple(sorted({package_of(Path(known[name])) for name in QT_LIBRARIES}))


def package_of(file: Path) -> str:
    """The Debian package that a file of this system is from."""
    for path in (file, file.resolve(), Path("/usr") / str(file.resolve()).lstrip("/")):
        listed = answer(["sh", "-c", 'dpkg -S "$1" 2>/dev/null || true', "sh", path], "dpkg -S")
        if listed:
            return listed.split(":", 1)[0]
    raise SetupFault(f"{file} belongs to no Debian package.")


def _files_of(packages: Iterable[str]) -> Iterator[Path]:
    """The files of Debian packages, as they are installed here."""
    for line in sorted(set(answer(["dpkg", "-L", *packages], "Debian's Python 3.11 is not installed").splitlines())):
        path = Path(line)
        if path.is_file() and not path.resolve().is_relative_to("/etc"):
            yield path


def _needed(files: Iterable[Path]) -> list[Path]:
    """The system's libraries that these files load, without glibc's."""
    listed = answer(["ldd", *files], "ldd")
    found = {Path(path) for name, path in re.findall(r"(\S+) => (/\S+)", listed) if not _GLIBC.match(name)}
    return sorted(found)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
