"""The packages for Windows, each with its hashes: `requirements.txt` beside this file, made anew when a pin changes."""

from __future__ import annotations

import re
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from provision.interpreter import ROOT, SetupFault

from installers.plan import Plan
from installers.windows import tools

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
# Microsoft's C++ runtime, to lie beside the interpreter: a ward PC may have none.
EXTRA = ("msvc-runtime==14.44.35112",)
# They have no wheel, and are Python alone.
FROM_SOURCE = ("jieba",)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)


def build(_plan: Plan) -> Sequence[Path]:
    """Resolve for Windows and CPython 3.11 what pyproject.toml names, with the versions that Linux was tested with."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.in"
        wanted.write_text("\n".join((*named(ROOT), *EXTRA)), encoding="utf-8")
        command: list[str | Path] = [
            tools.python(),
            "-m",
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--no-header",
            "--generate-hashes",
        ]
        command += ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.11", "--no-annotate"]
        command += ["--only-binary", ":all:", *(f"--no-binary={name}" for name in FROM_SOURCE), "-c", CONSTRAINTS]
        made = subprocess.run([*command, wanted, "-o", REQUIREMENTS], capture_output=True, text=True)
    if made.returncode != 0:
        raise SetupFault(f"the pins for Windows cannot be resolved: {made.stderr}")
    return [REQUIREMENTS]


def named(root: Path) -> list[str]:
    """What the program names itself."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["project"]["dependencies"])


def pinned(text: str) -> dict[str, str]:
    """Names, in one spelling, and versions of all pins of a requirements or constraints file."""
    return {normal(name): version for name, version in _PIN.findall(text)}


def normal(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
