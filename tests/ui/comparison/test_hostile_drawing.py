"""The short form of tests/benchmarks/hostile_drawing.py: fewer answers, no times."""

from __future__ import annotations

import shutil

import pytest

from tests.benchmarks.hostile_drawing import MARK, opened_between_marks, traced


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_no_file_and_no_socket_is_opened_for_hostile_answers() -> None:
    found = traced(25)
    assert (found["answers"], found["opened"]) == (25, [])


def test_the_trace_would_show_what_is_opened() -> None:
    def call(path: str) -> str:
        return f'7 openat(AT_FDCWD, "{path}", O_RDONLY) = 3\n'

    trace = f'{call("/etc/passwd")}access("{MARK}-begin")\n{call("/srv/a.png")}{call("/f/a.ttf")}access("{MARK}-end")\n'
    assert opened_between_marks(trace + call("/srv/b.png")) == [call("/srv/a.png").strip()]
