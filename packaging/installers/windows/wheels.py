"""The packages for Windows in one folder: installed with their hashes, trimmed, compiled, and kept in the cache."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path, PurePosixPath

from provision.console import call, say
from provision.interpreter import SetupFault

from installers.windows import cache, pins, tools, trim

COMPILE = ("-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash")


def ensure() -> Path:
    """The folder of packages; made the first time, in some minutes. Raises SetupFault."""
    made_from = pins.REQUIREMENTS.read_bytes(), Path(trim.__file__).read_bytes(), repr(COMPILE).encode()
    return cache.kept("packages", cache.key_of(*made_from), _make)


def _make(folder: Path) -> None:
    say("      packages for Windows: fetched, trimmed and compiled once")
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        whole = Path(temporary)
        command: list[str | Path] = [
            tools.python(),
            "-m",
            "pip",
            "install",
            "-qq",
            "--no-input",
            "--no-deps",
            "--require-hashes",
        ]
        command += ["--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp"]
        command += ["--no-build-isolation", "--no-compile", "--cache-dir", cache.home() / "pip"]
        if call([*command, "--target", whole, "-r", pins.REQUIREMENTS]) != 0:
            raise SetupFault("the packages for Windows could not be fetched; pip's reason is above.")
        files = (PurePosixPath(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file())
        for path in trim.kept(files):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(whole / path, folder / path)
    compile_all(folder, "packages")


def compile_all(folder: Path, shown_as: str) -> None:
    """Byte code for all modules, since the program's folder cannot be written by its users.

    `unchecked-hash`: the files' times do not matter, and the same source gives the same bytes. The magic number is
    that of every CPython 3.11. Some packages carry modules that are no valid Python: those stay source.
    """
    call([sys.executable, *COMPILE, "-s", folder, "-p", shown_as, folder])
