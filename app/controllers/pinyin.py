"""How Chinese names sound, for a search by letters: `zhangsan`, `zs`, `zhangs` and `zsan` all mean 张三."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

Readings: TypeAlias = tuple[tuple[str, ...], ...]


@lru_cache(maxsize=16_384)
def readings_of(character: str) -> tuple[str, ...]:
    """A character's readings without tones (单: dan, chan, shan); another character reads as itself, in lower case."""
    # Half a second to import; the first names are learnt in the storage thread.
    from pypinyin import Style, pinyin

    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(found[0])) if found else (character.casefold(),)


@lru_cache(maxsize=65_536)
def name_readings(name: str) -> Readings:
    """The readings of each character of a name, blanks left out."""
    return tuple(readings_of(character) for character in name if not character.isspace())


def learn(names: Iterable[str]) -> None:
    """Look these names up now, so that a search finds them at once."""
    for name in names:
        name_readings(name)


def sounds_like(letters: str, readings: Readings) -> bool:
    """Whether the letters (lower case) are beginnings of the readings of characters that follow each other."""
    return any(_matches(letters, readings, start) for start in range(len(readings)))


def _matches(letters: str, readings: Readings, place: int) -> bool:
    if place == len(readings):
        return False
    for reading in readings[place]:
        if reading.startswith(letters):
            return True
        for length in range(_common(letters, reading), 0, -1):
            if _matches(letters[length:], readings, place + 1):
                return True
    return False


def _common(letters: str, reading: str) -> int:
    length = 0
    for one, other in zip(letters, reading, strict=False):
        if one != other:
            break
        length += 1
    return length
