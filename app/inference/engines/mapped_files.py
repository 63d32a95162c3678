"""Files that a library mapped into memory: what it only read once need not stay resident."""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

_MADV_PAGEOUT = 21
_RANGE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*?(/.*)$", re.MULTILINE)


def release(folder: Path) -> None:
    """Let go of the pages of mapped files in this folder; one that is used again comes back from the file.

    While loading, libraries touch every page, and repack most weights into memory of their own. Nothing is lost by
    it: what was written to stays. Does nothing on systems other than Linux 5.4 and later.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    for start, stop, path in _RANGE.findall(Path("/proc/self/maps").read_text(encoding="utf-8")):
        if path.startswith(f"{folder.resolve()}/"):
            begin = int(start, 16)
            libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(int(stop, 16) - begin), _MADV_PAGEOUT)
