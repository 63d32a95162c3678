"""The program for Linux x86_64 as one folder that runs wherever it is put: `bin/wardnote` starts it.

`python/` is the interpreter with all packages, `program/` the program with its resources, `doc/` what IT reads.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from provision.console import say

from installers import bill, trim
from installers.linux import interpreter, wheels
from installers.plan import Plan
from installers.tools import Command, ensure_tools, run

NAME = "linux-tree"
VERSION_FILE = Path("doc") / "version.txt"
_PROGRAM = ("app", "resources")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "screenshots", "benchmarks")


def build(plan: Plan) -> Sequence[Path]:
    """Make the tree anew, below the folder for what may be thrown away."""
    tools = ensure_tools(plan)
    tree = plan.work / NAME
    shutil.rmtree(tree, ignore_errors=True)
    python = tree / "python"
    debian = interpreter.place(python, tools / "patchelf")
    packages = python / interpreter.PACKAGE_FOLDER
    wheels.install(plan, packages)
    say(f"      {trim.trim(packages) / 1e6:.0f} MB of the packages are left out")
    debian += interpreter.place_qt_libraries(packages / "PySide6" / "Qt" / "lib")
    _place_program(plan, tree)
    _document(plan, tree, [bill.SystemPackage.installed(name) for name in sorted(set(debian))])
    _compile(tree)
    (tree / VERSION_FILE).write_text(f"{plan.version}\n")
    date(tree, plan.epoch)
    return [tree]


def _document(plan: Plan, tree: Path, system: Sequence[bill.SystemPackage]) -> None:
    """What IT reads: the bill of materials, the licences, the guide."""
    document, python = tree / "doc", tree / "python"
    document.mkdir()
    bill.write_sbom(plan, python / "bin" / "python3.11", system, document / bill.SBOM)
    packages = python / interpreter.PACKAGE_FOLDER
    bill.collect_licences(plan, packages, system, document / bill.LICENCES)
    for page in sorted((plan.root / "resources" / "help").glob("*.md")):
        shutil.copyfile(page, document / page.name)


def made(plan: Plan) -> Path:
    """The tree that was made last, or a new one where there is none."""
    tree = plan.work / NAME
    if not (tree / VERSION_FILE).exists():
        build(plan)
    return tree


def _place_program(plan: Plan, tree: Path) -> None:
    for name in _PROGRAM:
        shutil.copytree(plan.root / name, tree / "program" / name, ignore=_LEFT_OUT)
    (tree / "python" / interpreter.PACKAGE_FOLDER / "wardnote.pth").write_text("../../../../program\n")
    launcher = tree / "bin" / "wardnote"
    launcher.parent.mkdir()
    shutil.copyfile(Path(__file__).with_name("wardnote.sh"), launcher)
    launcher.chmod(0o755)


def _compile(tree: Path) -> None:
    """Bytecode for everything: nobody may write it later. By hash and without paths of this machine.

    Also of modules that this Python has compiled for itself before (-f, -B): those hold such paths.
    """
    places = [tree / "python" / interpreter.LIBRARY, tree / "program" / "app"]
    command: Command = [tree / "python" / "bin" / "python3.11", "-I", "-B", "-m", "compileall", "-q", "-j", "0"]
    options: Command = ["-f", "--invalidation-mode", "unchecked-hash", "-s", tree]
    run([*command, *options, *places], "the program could not be compiled")


def date(folder: Path, epoch: int) -> None:
    """Give everything one date and plain rights, so that the same content is the same archive."""
    for path in [*folder.rglob("*"), folder]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.stat().st_mode & 0o100) else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
