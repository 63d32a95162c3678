"""From the window to the database, out as an export, and into an empty database: every kind of event, every field."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from app.cli.main import run
from app.core.events import EventKind, FeedbackEvent
from app.core.notes import NoteKind
from app.inference.engines.scripted import Script
from app.infra.paths import Paths
from app.learning.export import is_for_evaluation
from app.learning.tables import SQLITE_FILE
from app.storage.database import Database
from app.storage.feedback_source import FeedbackSource
from app.storage.pseudonyms import Pseudonyms
from app.ui.comparison.report_dialog import ReportDialog
from app.ui.note.signing_dialog import SigningDialog
from tests.ui.comparison.test_items import FEATURES, FIRST, SECOND, body
from tests.ui.test_main_window import ALT, CONTROL, SHIFT, Ward, open_ward

__all__ = ["open_ward"]

ENTER, PIN = Qt.Key.Key_Return, "4711"


@pytest.fixture
def ward(open_ward: Callable[..., Ward], monkeypatch: pytest.MonkeyPatch) -> Ward:
    """A doctor whose patient is not kept back for evaluation."""
    monkeypatch.setattr("app.ui.comparison.shown_clock.MINIMUM_MS", 0)
    ward = open_ward(Script(FIRST, token_ms=0), Script(SECOND, token_ms=0))
    people = ward.services.controllers.people
    with ward.bot.waitSignal(people.listed):
        people.load()
    key = Pseudonyms.load(ward.paths.pseudonym_key)
    for number in range(100):
        ward.open(ward.admit(f"张某{number}", f"{number}床"))
        note = ward.services.controllers.notes.open_note
        assert note is not None
        if not is_for_evaluation(key.of("patient", note.patient.patient_id), key.of):
            return ward
    raise AssertionError("all of a hundred patients are kept back")


def act_in_every_way(ward: Ward) -> None:
    """Everything that a doctor can do to suggestions, in the window and mostly by keys."""
    feedback = ward.services.controllers.feedback
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT)
    ward.write_input("胸痛3小时", FEATURES)
    ward.run_to_the_end()
    ward.write("preliminary_diagnosis", "急性心肌梗死")
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT)
    for key in (Qt.Key.Key_9, Qt.Key.Key_0, Qt.Key.Key_0):
        with ward.bot.waitSignal(ward.services.controllers.feedback.vote_stored, raising=False, timeout=300):
            ward.press(key, CONTROL)
    ward.write_input("胸痛5小时", FEATURES)
    ward.run_to_the_end()
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT)
    ward.press(Qt.Key.Key_1, ALT)
    with ward.bot.waitSignal(feedback.vote_stored):
        ward.press(Qt.Key.Key_Down, CONTROL)
    with ward.bot.waitSignal(feedback.vote_stored):
        ward.bot.mouseClick(ward.panes[0].acts.chips.chips[1], Qt.MouseButton.LeftButton)
    with ward.bot.waitSignal(feedback.vote_stored):
        ward.press(Qt.Key.Key_Down, CONTROL)
    with ward.bot.waitSignal(feedback.item_vote_stored):
        ward.bot.keyClicks(body(ward), "+")
    ward.press(Qt.Key.Key_Down)
    ward.press(Qt.Key.Key_E, CONTROL)
    dialog = ward.window.judgements.dialog
    assert isinstance(dialog, ReportDialog)
    dialog.types.button(2).click()
    dialog.severities.button(1).click()
    dialog.correction.setText("背痛")
    dialog.comment.setText("与病历不符")
    ward.press(ENTER, on=dialog.correction)
    ward.press(Qt.Key.Key_2, CONTROL | SHIFT)
    ward.press(Qt.Key.Key_1, CONTROL)


def sign(ward: Ward) -> None:
    signing = ward.services.controllers.signing
    ward.window.activateWindow()
    ward.bot.waitUntil(ward.window.isActiveWindow)
    ward.press(Qt.Key.Key_R, CONTROL | SHIFT)
    ward.press(Qt.Key.Key_S, CONTROL | SHIFT)
    dialog = ward.window.signing.dialog
    assert isinstance(dialog, SigningDialog), ward.notice
    dialog.pin.setText(PIN)
    dialog.again.setText(PIN)
    before = len(signing.acts)
    ward.press(ENTER, on=dialog.pin)
    ward.bot.waitUntil(lambda: len(signing.acts) > before)


def finish_the_stay(ward: Ward) -> None:
    """The first note is edited and signed, then the discharge record."""
    notes = ward.services.controllers.notes
    ward.write("differential", f"{ward.differential}\n以上由本人核对。")
    for key in ("diagnostic_basis", "next_measures", "plan"):
        ward.write(key, "完善冠脉造影，监护，向家属交代病情。")
    sign(ward)
    with ward.bot.waitSignal(notes.opened):
        notes.add_document(NoteKind.DISCHARGE)
    for key in ward.window.editor.editors:
        ward.write(key, "1. 急性心肌梗死\n2. 2型糖尿病" if key == "discharge_diagnosis" else "见病程记录。")
    sign(ward)


def test_every_kind_of_event_keeps_every_field(ward: Ward, tmp_path: Path) -> None:
    act_in_every_way(ward)
    finish_the_stay(ward)
    ward.window.close()
    ward.services.close()
    assert command("export", "--format", "sqlite", "--output", tmp_path / "out", data=ward.paths.data_dir) == 0
    target = tmp_path / "target"
    assert command("import", tmp_path / "out", data=target) == 0
    before, after = stored(ward.paths.database), stored(target / "wardnote.sqlite3")
    assert {event["kind"] for event in before.events} == {str(kind) for kind in EventKind}
    assert {field.name for field in fields(FeedbackEvent)} <= set(before.events[0])
    assert_same(before.events, after.events, {"occurred_at"}, {"actor"})
    assert_same(before.generations, after.generations, {"started_at", "finished_at"}, set())
    assert {"withdrawn": True} in [{"withdrawn": one["data"].get("withdrawn")} for one in after.events]
    # A second time it is all there already; the ward's own database takes none.
    assert command("import", tmp_path / "out", data=target) == 0
    assert len(stored(target / "wardnote.sqlite3").events) == len(before.events)
    assert command("import", tmp_path / "out", data=ward.paths.data_dir) == 2


def command(*words: str | Path, data: Path) -> int:
    def no_window(_paths: Paths, _arguments: argparse.Namespace) -> int:
        raise AssertionError("no window was asked for")

    return run(["feedback", *map(str, words), "--data-dir", str(data)], no_window)


class Stored:
    """What a database has, its own marks and numbers of rows left out."""

    def __init__(self, events: list[dict[str, Any]], generations: list[dict[str, Any]]) -> None:
        self.events, self.generations = events, generations


def stored(path: Path) -> Stored:
    own = {"seq", "row_hash", "note_id"}
    with closing(Database.open(path)) as database:
        assert database.check().ok
        events = [dict(row) for row in FeedbackSource(database).events()]
        generations = [dict(row) for row in database.sql.query("SELECT * FROM generations ORDER BY generation_id")]
    return Stored(*([{k: v for k, v in row.items() if k not in own} for row in rows] for rows in (events, generations)))


def assert_same(before: list[dict[str, Any]], after: list[dict[str, Any]], moved: set[str], replaced: set[str]) -> None:
    """Row by row the same; times moved by one number of days, people replaced, each by one pseudonym."""
    assert len(before) == len(after) > 0
    days, names = set(), set()
    for one, other in zip(before, after, strict=True):
        assert {k: v for k, v in one.items() if k not in moved | replaced} == {
            k: v for k, v in other.items() if k not in moved | replaced
        }
        days |= {datetime.fromisoformat(one[name]) - datetime.fromisoformat(other[name]) for name in moved}
        names |= {(one[name], other[name]) for name in replaced}
    assert len(days) == 1 and not days.pop().seconds
    assert all(one != other for one, other in names) and len(names) <= 1


def test_a_part_is_known_as_a_part_and_a_changed_export_is_refused(
    ward: Ward, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ward.write_input("胸痛3小时", FEATURES)
    ward.run_to_the_end()
    ward.press(Qt.Key.Key_1, CONTROL)
    ward.window.close()
    ward.services.close()
    out, target = tmp_path / "out", tmp_path / "target"
    assert command("export", "--format", "sqlite", "--output", out, data=ward.paths.data_dir) == 0
    one_model = ("--model", "model1", "--output", tmp_path / "one")
    assert command("export", "--format", "sqlite", *one_model, data=ward.paths.data_dir) == 0
    assert command("import", tmp_path / "one", data=tmp_path / "wards") == 0
    with closing(Database.open(tmp_path / "wards" / "wardnote.sqlite3")) as wards:
        counts = wards.sql.execute("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM generations)").fetchone()
    assert counts == (2, 1), "it was one of two, though the other was not exported"
    with closing(sqlite3.connect(out / SQLITE_FILE)) as database, database:
        database.execute("UPDATE events SET doctor = '某人'")
    assert command("import", out, data=target) == 2
    assert "校验值不符" in capsys.readouterr().err
    assert command("import", tmp_path, data=target) == 2
    assert SQLITE_FILE in capsys.readouterr().err
