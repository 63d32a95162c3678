"""The tools that exports are made for (datasets, TRL, LLaMA-Factory, Label Studio), in a folder of their own.

They need a transformers that the program's engine does not run with. With the folder on PYTHONPATH the program's own
interpreter takes these first and what they lack (torch, above all) from its own environment, so that nothing large is
fetched twice. One folder serves all checkouts with the same pins.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from provision.console import call, say

PINS = Path("packaging") / "consumers.txt"
_MEGABYTES = 590


def consumers_home(root: Path) -> Path:
    """Where the tools of these pins are, or would be."""
    digest = hashlib.sha256((root / PINS).read_bytes()).hexdigest()
    cache = os.environ.get("WARDNOTE_CACHE") or "~/.cache/wardnote"
    return Path(cache).expanduser() / "consumers" / digest[:16]


def ensure_consumers(root: Path) -> bool:
    """Install the tools unless they are there; whether they are there then. A failure is told."""
    home = consumers_home(root)
    if home.exists():
        say("      up to date")
        return True
    say(
        f"      about {_MEGABYTES} MB, once for all checkouts of this version; without a near mirror this takes minutes"
    )
    partial = home.with_name(f"{home.name}.{os.getpid()}.partial")
    python = root / ".venv" / "bin" / "python"
    options = ("--no-input", "--disable-pip-version-check", "--quiet", "--no-deps")
    try:
        code = call([python, "-m", "pip", "install", *options, "--target", partial, "-r", root / PINS])
        if code != 0:
            say(f"      pip could not install {PINS} (exit code {code}, its reason is above): check the network and")
            say("      the package index, then run this again; until then the tests that read exports are skipped.")
            return False
        _settle(partial, home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


def _settle(partial: Path, home: Path) -> None:
    """Give the finished folder its name, unless another checkout was quicker."""
    try:
        partial.rename(home)
    except OSError:
        if not home.exists():
            raise
