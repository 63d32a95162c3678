"""The last step before an export may stand: is any known identity, or any identity number, in a finished file?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from app.learning.identities import KnownIdentities
from app.learning.rules import CERTAIN

_REMEMBERED_TEXTS = 200_000
_ESCAPE = re.compile(r'\\[nrtbf"\\/]')


def leaks_in(folder: Path, known: KnownIdentities) -> dict[str, int]:
    """How many leaks each file has, by its path within the folder; empty if there is none."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    seen: set[str] = set()
    # The same texts stand in every format: each is searched once, and file by file only where something was found.
    if not any(_leaks(path, known, seen) for path in files):
        return {}
    counts = {path.relative_to(folder).as_posix(): _leaks(path, known, set()) for path in files}
    return {name: count for name, count in counts.items() if count}


def _leaks(path: Path, known: KnownIdentities, seen: set[str]) -> int:
    return sum(_leaks_of(text, known) for text in _texts(path, seen) if text)


def _leaks_of(text: str, known: KnownIdentities) -> int:
    return sum(1 for _ in known.found_in(text)) + sum(len(pattern.findall(text)) for pattern in CERTAIN)


def _texts(path: Path, seen: set[str]) -> Iterator[str]:
    if path.suffix == ".sqlite3":
        yield from _new(_stored_texts(path), seen)
        return
    is_json = path.suffix in (".json", ".jsonl")
    with path.open(encoding="utf-8") as lines:
        yield from _new_parts(lines, seen) if is_json else lines


def _new_parts(lines: Iterable[str], seen: set[str]) -> Iterator[str]:
    """The texts between quotation marks of each line that no line before had."""
    for line in lines:
        # An escape must not lend its letter to the word that follows it.
        yield '"'.join(_new(_ESCAPE.sub(" ", line).split('"'), seen))


def _new(texts: Iterable[str], seen: set[str]) -> Iterator[str]:
    if len(seen) > _REMEMBERED_TEXTS:
        seen.clear()
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def _stored_texts(path: Path) -> Iterator[str]:
    """Every value; the file's bytes would not do, since a long text is spread over pages."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                yield from (value for value in row if isinstance(value, str))
