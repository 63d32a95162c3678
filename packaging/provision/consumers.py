"""The tools that exports are made for (datasets, TRL, LLaMA-Factory), in an environment of their own.

They need a transformers that the program's engine does not run with. What they lack here (torch, above all) they take
from the program's environment, so that nothing large is fetched twice.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from provision.console import call, say

PINS = Path("packaging") / "consumers.txt"
_DONE = "complete"


def consumers_home(root: Path) -> Path:
    """Where the environment of these pins and this checkout is, or would be."""
    digest = hashlib.sha256((root / PINS).read_bytes() + str(root).encode()).hexdigest()
    cache = os.environ.get("WARDNOTE_CACHE") or "~/.cache/wardnote"
    return Path(cache).expanduser() / "consumers" / digest[:16]


def ensure_consumers(root: Path) -> bool:
    """Make the environment unless it is there; whether it is there then."""
    home = consumers_home(root)
    if (home / _DONE).exists():
        say("      up to date")
        return True
    python = root / ".venv" / "bin" / "python"
    pip: list[str | Path] = [
        home / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--no-input",
        "--no-deps",
        "--disable-pip-version-check",
    ]
    if call([python, "-m", "venv", "--clear", home]) != 0 or call([*pip, "-r", root / PINS]) != 0:
        return False
    (site,) = (home / "lib").glob("python3*/site-packages")
    (own,) = (root / ".venv" / "lib").glob("python3*/site-packages")
    (site / "wardnote.pth").write_text(f"{own}\n", encoding="utf-8")
    (home / _DONE).touch()
    return True
