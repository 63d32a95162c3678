"""What is written in a history, and a model that obeys it, changes nothing but the text in the pane."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT
from app.inference.engines.scripted import Script
from tests.helpers.planted_instructions import HARMLESS, INSTRUCTIONS, WORD, planted_histories
from tests.ui.test_main_window import Ward, open_ward

__all__ = ["open_ward"]

# One model writes down what it was given; one does all that it was told to.
OBEYED = f"1. **{WORD}**\n" + "\n".join(INSTRUCTIONS[15:19])
MODELS = (Script("1. **肺炎**\n   - 支持点：{prompt}"), Script(OBEYED))
WRITTEN = (CHIEF_COMPLAINT.key, CASE_FEATURES.key)
COUNTED = ("patients", "encounters", "notes", "comparisons", "runs", "generations")


def ask_all(ward: Ward, words: tuple[str, ...], count: int) -> None:
    """Ask about new patients whose histories have these words in them, as a doctor who only reads does."""
    for planted in list(planted_histories(words))[:count]:
        ward.open(ward.admit(f"甲{planted.name}", f"{planted.name}床"))
        ward.write_input(planted.case.chief_complaint, planted.case.case_features)
        ward.run_to_the_end()


def rows(ward: Ward, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(f"file:{ward.paths.database}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def filled_tables(ward: Ward) -> dict[str, object]:
    """How many rows there are of what was asked and answered, and which other tables have any."""
    names = [name for (name,) in rows(ward, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    counts = {name: rows(ward, f"SELECT count(*) FROM {name}")[0][0] for name in names}
    others = {name for name, count in counts.items() if count and name not in COUNTED}
    return {**{name: counts[name] for name in COUNTED}, "others": others - {"feedback_events"}}


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_nothing_happens_outside_the_text(open_ward: Callable[..., Ward]) -> None:
    count = len(INSTRUCTIONS)
    ward = open_ward(*MODELS)
    ask_all(ward, HARMLESS, 1)
    before, files = filled_tables(ward), files_below(ward.paths.data_dir.parent)
    ask_all(ward, INSTRUCTIONS, count)
    after = filled_tables(ward)
    assert ward.panes[1].body.markdown_source() == OBEYED
    assert after == {name: value if name == "others" else value * (1 + count) for name, value in before.items()}
    assert files_below(ward.paths.data_dir.parent) == files
    # Only how long an answer was in view is noted down.
    assert {kind for (kind,) in rows(ward, "SELECT kind FROM feedback_events")} <= {"shown"}
    assert QGuiApplication.clipboard().text() == ""
    ward.window.close()
    ward.services.close()
    notes = [json.loads(sections) for (sections,) in rows(ward, "SELECT sections FROM notes")]
    assert len(notes) == 1 + count
    assert not any(text for note in notes for key, text in note.items() if key not in WRITTEN)
