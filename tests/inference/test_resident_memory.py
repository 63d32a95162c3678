"""Mapped files give their pages back, unless they were written to."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from pathlib import Path

import psutil
import pytest

from app.inference.engines.resident_memory import release

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's way of mapping")

SIZE = 32 << 20


@pytest.fixture
def mapped(tmp_path: Path) -> mmap.mmap:
    """A file of ones, mapped privately and read."""
    path = tmp_path / "weights.bin"
    with path.open("wb") as file:
        file.write(b"\1" * SIZE)
        os.fsync(file.fileno())  # The system cannot forget what it has yet to write.
    with path.open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    assert mapping[:].count(1) == SIZE
    return mapping


def resident() -> int:
    return int(psutil.Process().memory_info().rss)


def test_what_was_only_read_leaves_memory_and_can_be_read_again(mapped: mmap.mmap, tmp_path: Path) -> None:
    before = resident()
    release(tmp_path)
    assert before - resident() > SIZE * 0.8
    assert mapped[:].count(1) == SIZE


def cached(path: Path) -> float:
    """The share of a file that is in the system's cache."""
    with path.open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    pages = (ctypes.c_ubyte * (SIZE // mmap.PAGESIZE))()
    start = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
    assert ctypes.CDLL(None).mincore(ctypes.c_void_p(start), ctypes.c_size_t(SIZE), pages) == 0
    return sum(page & 1 for page in pages) / len(pages)


def test_the_file_stays_in_the_systems_cache_for_the_next_start(mapped: mmap.mmap, tmp_path: Path) -> None:
    release(tmp_path)
    assert cached(tmp_path / "weights.bin") > 0.8


def test_what_was_written_to_is_kept(mapped: mmap.mmap, tmp_path: Path) -> None:
    mapped[SIZE // 2] = 2
    release(tmp_path)
    assert mapped[SIZE // 2] == 2


def test_files_elsewhere_are_left_alone(mapped: mmap.mmap, tmp_path: Path) -> None:
    before = resident()
    release(tmp_path / "other")
    assert before - resident() < SIZE * 0.5
