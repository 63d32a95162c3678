"""The programs that the build runs, and how they are called."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from provision.console import call
from provision.interpreter import SetupFault

from installers.plan import Plan
from installers.sums import sha256_of

Command = list[str | Path]

_PINS = Path("packaging") / "installers" / "tools.txt"


def ensure_tools(plan: Plan) -> Path:
    """The `bin` folder of the build's own environment, made anew when its pins change. Raises SetupFault."""
    folder, pins = plan.work / "tools", plan.root / _PINS
    stamp = folder / "pins.sha256"
    wanted = sha256_of(pins)
    if not stamp.exists() or stamp.read_text() != wanted:
        run([sys.executable, "-m", "venv", "--clear", folder], "the build's own environment could not be made")
        pip: Command = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
        run([*pip, "-r", pins], "pip could not install the build's tools")
        stamp.write_text(wanted)
    return folder / "bin"


def run(
    command: Sequence[str | Path], fault: str, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> None:
    """Run a program with its output on this terminal. Raises SetupFault with its name if it fails."""
    if call(command, cwd=cwd, env=env) != 0:
        raise SetupFault(f"{fault} ({Path(command[0]).name}); its reason is above.")


def answer(command: Sequence[str | Path], fault: str) -> str:
    """What a program prints. Raises SetupFault."""
    asked = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if asked.returncode != 0:
        raise SetupFault(f"{fault} ({Path(command[0]).name}): {asked.stderr.strip()}")
    return asked.stdout


def require(program: str, package: str) -> str:
    """The path of a program of the system. Raises SetupFault naming the Debian package that has it."""
    found = shutil.which(program, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise SetupFault(f"{program} is missing: apt-get install {package}")
    return found
