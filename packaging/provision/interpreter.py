"""The Python that everything is built on. Written so that any Python 3.7 can read it and say what is wrong."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUPPORTED = (3, 11)


class SetupFault(Exception):
    """This machine lacks something; the message says what, and what to do."""


def ensure_supported(argv: list[str], script: Path) -> None:
    """Return on CPython 3.11, Linux x86_64. On another Python, start `script` again with a 3.11 of PATH, if any."""
    fault = platform_fault(platform.system(), platform.machine())
    if fault:
        raise SetupFault(fault)
    if sys.version_info[:2] == SUPPORTED:
        return
    other = find_supported_python(os.environ.get("PATH", ""))
    if other is None:
        raise SetupFault(
            f"WardNote needs Python 3.11 (BigDL-LLM's native parts exist for no newer one); this is "
            f"{platform.python_version()} and PATH has no python3.11. Install it and run this command again."
        )
    print(f"{script.stem}: this is Python {platform.python_version()}; going on with {other}", flush=True)
    os.execv(other, [other, str(script), *argv])


def platform_fault(system: str, machine: str) -> str | None:
    """Why this platform cannot run WardNote from a checkout, or None if it can."""
    if (system, machine) == ("Linux", "x86_64"):
        return None
    return f"this works on Linux x86_64 alone; here is {system} {machine}."


def find_supported_python(search_path: str) -> str | None:
    """The first `python3.11` of a PATH that really starts and is 3.11 (a version manager's shim may be neither)."""
    for folder in search_path.split(os.pathsep):
        candidate = str(Path(folder) / "python3.11")
        if os.access(candidate, os.X_OK) and python_version(candidate) == SUPPORTED:
            return candidate
    return None


def python_version(python: str) -> tuple[int, ...] | None:
    """Major and minor version of an interpreter, None if it does not start."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
        return tuple(int(part) for part in answer.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
