from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.learning.person_names import announced_names


def names(text: str) -> list[str]:
    return [text[start:end] for start, end in announced_names(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者李秀英突发胸痛", ["李秀英"]),
        ("家属欧阳明华诉病史", ["欧阳明华"]),
        ("患者高热3天，患者黄疸，患者于昨日入院，家属代诉", []),
        ("李秀英突发胸痛", []),
    ],
)
def test_names_are_found_only_after_a_word_that_announces_them(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_nothing_is_written_or_asked_of_a_network(tmp_path: Path) -> None:
    """jieba would keep a cache in the shared temporary folder, and load whatever lies there."""
    program = f"""
import sys, tempfile
tempfile.tempdir = {str(tmp_path)!r}
acts = []
def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if event.startswith("socket.") or writes:
        acts.append((event, str(arguments[0])))
sys.dont_write_bytecode = True
sys.addaudithook(watch)
from app.learning.person_names import announced_names
assert list(announced_names("患者李秀英突发胸痛")) == [(2, 5)]
assert acts == [], acts
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    assert list(tmp_path.iterdir()) == []
