"""The diagnoses that a section lists, one a line or numbered within a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ITEM = re.compile(
    r"(?:^|[\n；;。，,])[ \t\u3000]{0,8}"
    r"(?:[(（]?\d{1,2}[)）.．、]|[一二三四五六七八九十]{1,2}[、.．]|[①-⑳]|[-*·•])?[ \t\u3000]{0,8}"
    r"(?P<name>[^\n；;。，,]{2,60})"
)
_INLINE_NUMBER = re.compile(r"\s{1,4}(?=\d{1,2}[.．、)）])")
_REMARK = re.compile(r"[\s?？:：]{1,8}$|[(（][^()（）]*(?:待|可能|考虑|拟)[^()（）]*[)）]$")
_MOST_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True)
class NamedDiagnosis:
    """A diagnosis as it is written, and where its name begins in the section (code points)."""

    name: str
    start: int


def named_diagnoses(text: str) -> Iterator[NamedDiagnosis]:
    """In the order written: without numbers, question marks, and what stands in brackets about how sure it is."""
    lines = _INLINE_NUMBER.sub(lambda match: "\n" * len(match[0]), text[:_MOST_CHARACTERS])
    for match in _ITEM.finditer(lines):
        name = _REMARK.sub("", _REMARK.sub("", match["name"])).rstrip()
        if len(name) > 1:
            yield NamedDiagnosis(name, match.start("name"))
