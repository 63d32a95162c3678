"""Where downloads and what is slow to make are kept, keyed by the hash of what they are made from."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path


def home() -> Path:
    """`$WARDNOTE_CACHE/windows`, or below `~/.cache/wardnote`."""
    cache = os.environ.get("WARDNOTE_CACHE") or "~/.cache/wardnote"
    return Path(cache).expanduser() / "windows"


def key_of(*parts: bytes) -> str:
    """A short name for exactly these bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def kept(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder `kind-key` of the cache; `make` fills it the first time. An interruption leaves none."""
    folder = home() / f"{kind}-{key}"
    if folder.exists():
        return folder
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        make(partial)
        try:
            partial.rename(folder)
        except OSError:  # another build was quicker
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
