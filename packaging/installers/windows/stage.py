"""The tree that is laid down on a ward's PC, assembled once and packed by both installers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from provision.environment import ensure_environment
from provision.interpreter import SetupFault

from installers.plan import Plan
from installers.windows import cpython, launchers, tools, wheels

PROGRAM = ("app", "resources")
# The interpreter finds these alone, whatever the machine's variables and registry say.
SEARCH_PATH = "python311.zip\r\n.\r\n..\\packages\r\n..\\program\r\n"
# Not handed out: pictures for the README, and what only measures a checkout.
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "screenshots", "benchmarks")
_RUNTIME = ("concrt140.dll", "msvcp140*.dll", "vccorlib140.dll", "vcomp140.dll", "vcruntime140_threads.dll")


def assemble(plan: Plan) -> Path:
    """`WardNote.exe`, `bin\\wardnote.exe`, and one folder named by the version with all the rest. Raises SetupFault."""
    tools.supply(tools.SETUP_NEEDS)
    work = plan.part("windows")
    stage = work / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    home = stage / plan.version
    _link_tree(cpython.ensure(), home / "python")
    _link_tree(wheels.ensure(), home / "packages")
    _lay_runtime(home)
    for name in PROGRAM:
        shutil.copytree(plan.root / name, home / "program" / name, ignore=_LEFT_OUT)
    wheels.compile_all(home / "program", "program")
    shutil.copyfile(plan.root / "LICENSE", home / "LICENSE.txt")
    window, console = launchers.build(plan.part("windows/launchers"), icon(plan), plan.version)
    (stage / "bin").mkdir()
    shutil.copyfile(window, stage / launchers.WINDOW)
    shutil.copyfile(console, stage / "bin" / launchers.CONSOLE)
    shutil.copyfile(icon(plan), home / "wardnote.ico")
    _date(stage, plan.epoch)
    return stage


def icon(plan: Plan) -> Path:
    """The program's icon as an .ico, drawn by packaging/icons.py with the program's own Qt."""
    folder = plan.part("icons")
    drawn = folder / "wardnote.ico"
    if not drawn.exists():
        python = ensure_environment(plan.root) / "python"
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        script = plan.root / "packaging" / "icons.py"
        done = subprocess.run([python, script, folder], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SetupFault(f"the icons could not be drawn: {done.stderr}")
    return drawn


def _lay_runtime(home: Path) -> None:
    """Microsoft's runtime beside the interpreter, where the processes that run models look first."""
    for pattern in _RUNTIME:
        for library in sorted((home / "packages").glob(pattern)):
            library.rename(home / "python" / library.name)
    (home / "python" / "python311._pth").unlink()
    (home / "python" / "python311._pth").write_text(SEARCH_PATH, encoding="utf-8", newline="")


def _link_tree(source: Path, target: Path) -> None:
    """A copy that shares the cache's files where both are on one disk: nothing here writes into them."""
    shutil.copytree(source, target, copy_function=_link)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _date(stage: Path, epoch: int) -> None:
    for path in stage.rglob("*"):
        os.utime(path, (epoch, epoch))
