"""Whose text is it: every stay's texts carry a marker of its own, and no marker may stand where it does not belong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_MARKER = re.compile(r"MK[a-z]{2}")
# What is stored, by the stay that it belongs to.
_STORED = {
    "a note": "SELECT encounter_id, sections FROM notes",
    "a version": "SELECT n.encounter_id, v.sections FROM note_versions v JOIN notes n USING (note_id)",
    "a comparison": "SELECT encounter_id, chief_complaint || case_features FROM comparisons",
    "a run": "SELECT c.encounter_id, r.prompt FROM runs r JOIN comparisons c USING (comparison_id)",
    "a generation": """SELECT n.encounter_id, g.messages || g.output
        FROM generations g JOIN notes n USING (note_id)""",
    "an event": """SELECT c.encounter_id, f.data FROM feedback_events f
        JOIN runs r ON r.run_id = f.generation_id JOIN comparisons c USING (comparison_id)""",
}


def marker(number: int) -> str:
    """The marker of the stay that was admitted at this number."""
    return f"MK{chr(97 + number // 26 % 26)}{chr(97 + number % 26)}"


def strangers(text: str, own: str) -> set[str]:
    """The markers in a text that are not its owner's."""
    return set(_MARKER.findall(text)) - {own}


def assert_at_home(where: str, text: str, own: str) -> None:
    """A text has no marker but its owner's."""
    assert not (found := strangers(text, own)), f"{found} in {where} of {own}"


def assert_stored_at_home(sql: Any, markers: Mapping[str, str]) -> None:
    """No row of the database has a marker of another stay; `markers` by encounter id."""
    for what, query in _STORED.items():
        for encounter_id, text in sql.execute(query):
            assert_at_home(what, text, markers[encounter_id])


def assert_all_at_home(where: str, texts: Iterable[str], own: str) -> None:
    """As `assert_at_home`, for several."""
    for text in texts:
        assert_at_home(where, text, own)
