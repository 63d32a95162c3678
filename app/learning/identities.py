"""The identities that the hospital's own records name: found by exact match, in a text or in a finished file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# An account or an empty field, and the words of the formats themselves: they name nobody.
NOBODY = frozenset(
    (
        *("医师", "医生", "护士", "患者", "未知", "未提供", "未提供姓名", "无名氏"),
        *("user", "system", "assistant", "human", "gpt", "text", "label", "model", "data", "prompt"),
        *("train", "patient", "doctor", "vote", "choice", "shown", "backfill", "copied", "rerun", "differential"),
        *("stop", "length", "error", "csv", "sqlite", "openai", "sft", "kto", "dpo"),
    )
)
_REMARK = re.compile(r"[（(][^（）()]*[）)]$")
_MINIMUM_NAME = 2
_MINIMUM_NUMBER = 4
_MINIMUM_NUMBER_ANYWHERE = 5
# What someone may have put between the characters of a name.
_GAP = "[ \\t\u3000\u00a0\u200b-\u200f\ufeff]*"


@dataclass(frozen=True, slots=True)
class KnownIdentities:
    """Everyone's names and numbers, for a search anywhere. Build with `of`."""

    names: re.Pattern[str] | None
    numbers: re.Pattern[str] | None

    @classmethod
    def of(cls, names: Iterable[str], numbers: Iterable[str]) -> KnownIdentities:
        """Names of patients and doctors, and 住院号; what is too short to be told from any other text is left out."""
        people = {variant for name in names for variant in name_variants(name)}
        return cls(
            names=_any_of(people),
            numbers=_any_of({number for number in numbers if len(number) >= _MINIMUM_NUMBER_ANYWHERE}),
        )

    def found_in(self, text: str) -> Iterator[str]:
        """The identities that stand in this text."""
        for pattern in (self.names, self.numbers):
            if pattern is not None:
                yield from (match[0] for match in pattern.finditer(text))


def name_variants(name: str) -> set[str]:
    """A name as stored, and without a remark in brackets at its end; empty for what names nobody."""
    variants = {name.strip(), _REMARK.sub("", name.strip()).strip()}
    return {variant for variant in variants if len(variant) >= _MINIMUM_NAME and variant.lower() not in NOBODY}


def own_name(name: str) -> re.Pattern[str] | None:
    """A patient's or doctor's name within the record, also with blanks between its characters."""
    variants = sorted(name_variants(name), key=len, reverse=True)
    if not variants:
        return None
    return re.compile("|".join(_bounded(variant, _GAP.join(map(re.escape, variant))) for variant in variants))


def own_number(number: str) -> re.Pattern[str] | None:
    """A number of the record (住院号, or a bed with more than digits) that stands for itself."""
    text = number.strip()
    if len(text) < _MINIMUM_NUMBER and (text.isdecimal() or not any(map(str.isdigit, text))):
        return None
    return re.compile(_bounded(text, re.escape(text)))


def _bounded(value: str, pattern: str) -> str:
    """Latin letters and digits are one word with what they touch: `root` is not in `chiroot`, nor 1001 in 21001."""
    before = "(?<![A-Za-z0-9_.])" if value[0].isascii() and value[0].isalnum() else ""
    after = "(?![A-Za-z0-9_])" if value[-1].isascii() and value[-1].isalnum() else ""
    return f"{before}{pattern}{after}"


class _Trie(dict[str, "_Trie"]):
    """Values by their characters; an empty key ends one."""


def _any_of(values: set[str]) -> re.Pattern[str] | None:
    """One pattern for many values, as a tree: thousands of names cost little more than one."""
    root = _Trie()
    for value in values:
        branch = root
        for character in value:
            branch = branch.setdefault(character, _Trie())
        branch[""] = _Trie()
    if not root:
        return None
    latin = {key: branch for key, branch in root.items() if key.isascii() and key.isalnum()}
    other = {key: branch for key, branch in root.items() if key not in latin}
    parts = [
        *([f"(?<![A-Za-z0-9_.]){_pattern(_Trie(latin))}(?![A-Za-z0-9_])"] if latin else []),
        *([_pattern(_Trie(other))] if other else []),
    ]
    return re.compile("|".join(parts))


def _pattern(trie: _Trie) -> str:
    branches = [re.escape(character) + _pattern(rest) for character, rest in sorted(trie.items()) if character]
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)})" + ("?" if "" in trie else "")
