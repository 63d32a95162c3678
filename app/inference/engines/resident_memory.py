"""What loading and reading leave in memory, in mapped files and in the heap: it need not stay there."""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

_MADV_DONTNEED, _MADV_PAGEOUT = 4, 21
_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*?(/.*)\n(?:\w+:.*\n)*?Anonymous: +(\d+) kB", re.MULTILINE)


def give_back() -> None:
    """Give memory that was freed back to the system (10 ms): the C library keeps hundreds of megabytes otherwise.

    Does nothing but on Linux with the GNU C library.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(ctypes.c_size_t(0))


def release(folder: Path) -> None:
    """Let go of the pages of mapped files in this folder; one that is used again comes back from the file.

    While loading, libraries touch every page, and repack most weights into memory of their own. Nothing is lost by
    it: what was written to stays. The files themselves stay in the system's cache, so that the next start is a warm
    one; only of a mapping that was written to, and on Linux 5.4 and later, they leave it too. Does nothing elsewhere.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    for start, stop, path, written in _MAPPING.findall(Path("/proc/self/smaps").read_text(encoding="utf-8")):
        if path.startswith(f"{folder.resolve()}/"):
            begin, advice = int(start, 16), _MADV_PAGEOUT if int(written) else _MADV_DONTNEED
            libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(int(stop, 16) - begin), advice)
