"""Files that a library mapped into memory: what it only read once need not stay resident."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_MADV_DONTNEED = 4
_RANGE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*?(/.*)$")


def release(folder: Path) -> None:
    """Let go of the pages of mapped files in this folder; one that is read again comes back from the file.

    While loading, libraries touch every page, and repack most weights into memory of their own. A mapping that was
    written to is left alone: its changes would be lost. Does nothing on other systems than Linux.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    for start, stop in list(_clean_mappings(f"{folder.resolve()}/")):
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(stop - start), _MADV_DONTNEED)


def _clean_mappings(folder: str) -> Iterator[tuple[int, int]]:
    """Address ranges of files in this folder, unchanged since they were mapped."""
    place: tuple[int, int] | None = None
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if found := _RANGE.match(line):
            inside = found[3].startswith(folder)
            place = (int(found[1], 16), int(found[2], 16)) if inside else None
        elif place and line.startswith("Anonymous:") and line.split()[1] == "0":
            yield place
