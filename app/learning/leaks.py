"""The last step before an export may stand: is any known identity, or any identity number, in a finished file?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from app.learning.identities import KnownIdentities
from app.learning.rules import CERTAIN

_REMEMBERED_TEXTS = 1_000
_ESCAPE = re.compile(r'\\[nrtbf"\\/]')


def leaks_in(folder: Path, known: KnownIdentities) -> dict[str, int]:
    """How many leaks each file has, by its path within the folder; empty if there is none."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    counts = {path.relative_to(folder).as_posix(): sum(map(len, _leaks(path, known))) for path in files}
    return {name: count for name, count in counts.items() if count}


def _leaks(path: Path, known: KnownIdentities) -> Iterator[list[str]]:
    for text in _texts(path):
        yield [*known.found_in(text), *(match[0] for pattern in CERTAIN for match in pattern.finditer(text))]


def _texts(path: Path) -> Iterator[str]:
    if path.suffix == ".sqlite3":
        yield from _stored_texts(path)
        return
    is_json = path.suffix in (".json", ".jsonl")
    with path.open(encoding="utf-8") as lines:
        yield from _new_parts(lines) if is_json else lines


def _new_parts(lines: Iterable[str]) -> Iterator[str]:
    """The texts between quotation marks, one that came a moment ago left out: siblings share their messages."""
    seen: set[str] = set()
    for line in lines:
        # An escape must not lend its letter to the word that follows it.
        for part in _ESCAPE.sub(" ", line).split('"'):
            if part not in seen:
                seen.add(part)
                yield part
        if len(seen) > _REMEMBERED_TEXTS:
            seen.clear()


def _stored_texts(path: Path) -> Iterator[str]:
    """Every value; the file's bytes would not do, since a long text is spread over pages."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                yield from (value for value in row if isinstance(value, str))
