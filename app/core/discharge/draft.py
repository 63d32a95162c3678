"""The five sections in the text that a model writes: read from any prefix of it, and written back in one form."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.core.notes import (
    ADMISSION_CONDITION,
    COURSE,
    DISCHARGE_CONDITION,
    DISCHARGE_DIAGNOSIS,
    DISCHARGE_ORDERS,
    Section,
)

WRITTEN: tuple[Section, ...] = (
    DISCHARGE_DIAGNOSIS,
    ADMISSION_CONDITION,
    COURSE,
    DISCHARGE_CONDITION,
    DISCHARGE_ORDERS,
)
"""The sections that a model writes, in the order of the form."""

_HEADING = re.compile(rf"【({'|'.join(section.title for section in WRITTEN)})】[：:]?[ \t]*")
_PIECE_OF_HEADING = re.compile(r"\s*【[^】\n]{0,4}\Z")


def parse_draft(text: str) -> dict[str, str]:
    """The sections begun so far, by `Section.key` in the order written; the first of a name counts. Never raises.

    The last one may still grow; half a heading at the end belongs to none.
    """
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    found: dict[str, str] = {}
    for heading, end in zip(headings, ends, strict=bool(headings)):
        body = text[heading.end() : end]
        found.setdefault(_KEYS[heading[1]], _PIECE_OF_HEADING.sub("", body).strip())
    return found


def is_whole(sections: Mapping[str, str]) -> bool:
    """All five sections have text."""
    return all(sections.get(section.key, "").strip() for section in WRITTEN)


def render(sections: Mapping[str, str]) -> str:
    """The sections that are there, each under its heading, in the order of the form."""
    return "\n".join(
        f"【{section.title}】\n{sections[section.key]}" for section in WRITTEN if sections.get(section.key)
    )


_KEYS = {section.title: section.key for section in WRITTEN}
