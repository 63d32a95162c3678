"""The real window, its keys, engine processes and database: no text of one stay where another's belongs.

`pytest -m long tests/ui/test_interleavings_window.py -s` is the long form: 200 interleavings, in parts. The machine
over the controllers (tests/controllers/test_interleavings.py) goes through many more orders; here time is real.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap import start_services
from app.controllers.autosave import local_now
from app.core.entities import Sex
from app.core.moves import MoveKind
from app.core.notes import NoteKind
from app.inference.engines.scripted import Script, scripted_model
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths
from app.storage.driver import sqlite3
from app.storage.repositories import Repositories
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow
from tests.helpers.markers import assert_all_at_home, assert_at_home, assert_stored_at_home, marker
from tests.helpers.stepwise import Tally

EXAMPLES = 2
LONG_PARTS, LONG_EXAMPLES = 20, 10
STAYS = 3
LONG_MS = 60_000
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
ECHO = Script("1. **诊断甲**\n   - 支持点：{prompt}\n   - 不支持点：无发热", token_ms=0.3)
KEYS = {
    "generate": (Qt.Key.Key_Return, CONTROL),
    "cancel": (Qt.Key.Key_Escape, NONE),
    "backfill 1": (Qt.Key.Key_1, CONTROL),
    "backfill 2": (Qt.Key.Key_2, CONTROL),
    "undo": (Qt.Key.Key_Z, CONTROL),
    "save": (Qt.Key.Key_S, CONTROL),
    "history": (Qt.Key.Key_H, CONTROL),
    "board": (Qt.Key.Key_B, CONTROL),
    "review": (Qt.Key.Key_I, CONTROL | SHIFT),
    "mark reviewed": (Qt.Key.Key_R, CONTROL | SHIFT),
    "next document": (Qt.Key.Key_PageDown, CONTROL),
}
REACHED = {
    "answers stored": "SELECT count(*) FROM generations WHERE output <> ''",
    "backfills stored": "SELECT count(*) FROM feedback_events WHERE kind = 'backfill'",
    "merges stored": "SELECT count(*) FROM moves WHERE kind = 'merge'",
}
tally = Tally()


class Hands:
    """A doctor at the window of a data folder."""

    def __init__(self, bot: QtBot, appearance: Appearance, folder: Path, models: tuple[PreparedModel, ...]) -> None:
        self._bot, self._appearance, self._models = bot, appearance, models
        self._paths = Paths(folder / "data", folder / "cache")
        self._paths.data_dir.mkdir()
        self.markers: dict[str, str] = {}
        self._written = 0
        self._start()
        for number in range(STAYS):
            self._admit(number)
        self._wait_for_list()
        for number in reversed(range(STAYS)):
            self._write_first_words(number)

    def switch(self, which: int) -> None:
        """Ctrl+K, the 住院号, Enter."""
        self._key(Qt.Key.Key_K, CONTROL)
        field = self._window.focusWidget()
        self._bot.keyClick(field, Qt.Key.Key_A, CONTROL)
        self._bot.keyClicks(field, f"ZY90{which}")
        self._bot.keyClick(field, Qt.Key.Key_Return)

    def write(self, which: int) -> None:
        """Some keys in one of the sections."""
        note = self._window.editor.note
        if note is None:
            return
        editors = list(self._window.editor.editors.values())
        editor = editors[which % len(editors)]
        self._written += 1
        self._bot.keyClicks(editor, f"{self.markers[note.encounter.encounter_id]} {self._written}h ")

    def ask_and_take(self, milliseconds: int) -> None:
        """The straight way, which keys in any order seldom find: ask, wait for the answers, take one."""
        self.press("generate")
        self.wait(milliseconds)
        self.finish()
        self.press("backfill 1")
        self.wait(50)

    def begin_daily_note(self) -> None:
        """A new document of the stay."""
        self._window._controllers.notes.add_document(NoteKind.DAILY_PROGRESS)

    def change_bed(self, which: int) -> None:
        """Another workplace puts the patient into another bed."""
        encounter_id = list(self.markers)[which]

        def work(repositories: Repositories) -> None:
            _, before = repositories.encounters.get(encounter_id)
            repositories.ward.change(before, replace(before, bed=f"{before.bed}1"), MoveKind.BED, "医师", local_now())

        self._services.storage.submit(work, lambda _: None, pytest.fail)

    def merge(self, kept: int, other: int) -> None:
        """Another workplace says that two records are of one person; said again, it is taken back."""
        stays = [list(self.markers)[number] for number in (kept, other)]

        def work(repositories: Repositories) -> None:
            (first, _), (second, _) = (repositories.encounters.get(stay) for stay in stays)
            if first.patient_id != second.patient_id:
                repositories.ward.merge(first.patient_id, second.patient_id, "医师", local_now())
            elif any(move.kind is MoveKind.MERGE for move in repositories.ward.moves(stays[1])):
                repositories.ward.unmerge(stays[1], "医师", local_now())

        self._services.storage.submit(work, lambda _: None, lambda _: None)

    def press(self, name: str) -> None:
        """One of the keys; a question that it asks is answered with yes, a list is closed."""
        self._key(*KEYS[name])
        self._bot.wait(1)
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            if name.startswith("backfill"):
                tally["asked"] += 1
                dialog.accept()
            else:
                dialog.reject()

    def wait(self, milliseconds: int) -> None:
        """Time passes."""
        self._bot.wait(milliseconds)

    def finish(self) -> None:
        """Everything under way comes to its end."""
        comparisons, reviews = self._window._controllers.comparisons, self._window._controllers.reviews
        self._bot.waitUntil(lambda: not comparisons.busy and reviews.live is None, timeout=LONG_MS)

    def restart(self) -> None:
        """Close the window and open it again."""
        self.end()
        self._start()
        self._wait_for_list()
        self.switch(0)

    def end(self) -> None:
        """Close the window; everything is stored."""
        self._window.closeEvent(QCloseEvent())
        self._window.hide()
        self._services.close()
        self._window.deleteLater()

    def look(self) -> None:
        """No stranger's text on the screen, and none in the database."""
        window = self._window
        note = window._controllers.notes.open_note
        if note is not None:
            own = self.markers[note.encounter.encounter_id]
            assert_all_at_home("an editor", (editor.text() for editor in window.editor.editors.values()), own)
            assert_all_at_home("a pane", (pane.body.toPlainText() for pane in window.area.panes), own)
            texts = (f"{item.point.quote}{item.point.problem}" for item in window.editor.quality.review.opinions)
            assert_all_at_home("an opinion", texts, own)
            assert_at_home("what is open", "".join(note.note.sections.values()), own)
        with closing(sqlite3.connect(f"file:{self._paths.database}?mode=ro", uri=True)) as sql:
            assert_stored_at_home(sql, self.markers)

    def count(self) -> None:
        """How much of what matters was reached: keys that find nothing to do prove nothing."""
        with closing(sqlite3.connect(f"file:{self._paths.database}?mode=ro", uri=True)) as sql:
            for name, query in REACHED.items():
                tally[name] += sql.execute(query).fetchone()[0]

    def _write_first_words(self, number: int) -> None:
        """Open a stay and write what a comparison needs."""
        self.switch(number)
        notes = self._window._controllers.notes
        mrn = f"ZY90{number}"
        self._bot.waitUntil(
            lambda: notes.open_note is not None and notes.open_note.encounter.mrn == mrn, timeout=LONG_MS
        )
        self.write(0)
        self.write(1)

    def _start(self) -> None:
        self._services = start_services(self._paths, self._models)
        self._window = MainWindow(self._services.controllers, self._appearance, local_now)
        self._window.resize(1366, 768)
        self._window.show()
        self._services.controllers.notes.refresh()
        self._bot.waitUntil(lambda: self._window.isVisible())

    def _wait_for_list(self) -> None:
        items = self._window.patients.items
        self._bot.waitUntil(lambda: len(items.summaries) == STAYS, timeout=LONG_MS)

    def _admit(self, number: int) -> None:
        notes = self._services.controllers.notes
        with self._bot.waitSignal(notes.encounters_changed, timeout=LONG_MS):
            encounter_id = notes.add_encounter(
                name="同名", sex=Sex.MALE, age="65岁", bed="3", mrn=f"ZY90{number}", department="心内科", ward=""
            )
        self.markers[encounter_id] = marker(number)

    def _is_in_front(self) -> bool:
        """Lists open once they are read, which may be after the next act: the doctor closes them."""
        while isinstance(dialog := QApplication.activeModalWidget(), QDialog):
            dialog.reject()
        self._window.activateWindow()
        return self._window.isActiveWindow()

    def _key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        self._bot.waitUntil(self._is_in_front, timeout=LONG_MS)
        target: QWidget = self._window.focusWidget() or self._window
        self._bot.keyClick(target, key, modifiers)


ACTS: dict[str, Callable[[Hands, int], None]] = {
    "switch": lambda hands, number: hands.switch(number % STAYS),
    "write": lambda hands, number: hands.write(number),
    "wait": lambda hands, number: hands.wait(10 * number),
    "finish": lambda hands, _: hands.finish(),
    "bed": lambda hands, number: hands.change_bed(number % STAYS),
    "ask and take": lambda hands, number: hands.ask_and_take(number * 20),
    "merge": lambda hands, number: hands.merge(number % STAYS, (number + 1) % STAYS),
    "daily note": lambda hands, _: hands.begin_daily_note(),
    "restart": lambda hands, _: hands.restart(),
    **{name: lambda hands, _, name=name: hands.press(name) for name in KEYS},  # type: ignore[misc]
}
# What matters most comes most often; a window is not restarted at every turn.
OFTEN = ("switch", "write", "write", "generate", "ask and take", "wait", "finish", "backfill 1", "undo")
FEWEST_STEPS, MOST_STEPS = 15, 30


@pytest.fixture
def interleave(qtbot: QtBot, appearance: Appearance, tmp_path: Path) -> Callable[[int], None]:
    """Runs the interleaving of this number."""
    models = tuple(scripted_model(tmp_path / f"{name}.json", ECHO, name=name, context_tokens=100_000) for name in "ab")

    def run(number: int) -> None:
        tally["interleavings"] += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        hands = Hands(qtbot, appearance, folder, models)
        try:
            for act, value in steps_of(number):
                ACTS[act](hands, value)
                tally[act] += 1
                hands.look()
            hands.finish()
            hands.look()
            hands.count()
        except BaseException:
            print(f"interleaving {number}: {steps_of(number)}")
            raise
        finally:
            hands.end()

    return run


def steps_of(number: int) -> list[tuple[str, int]]:
    """What is done, with a figure for each act; always the same for a number."""
    rng = random.Random(number)
    return [(rng.choice([*ACTS, *OFTEN]), rng.randrange(9)) for _ in range(rng.randint(FEWEST_STEPS, MOST_STEPS))]


def test_the_window_keeps_stays_apart(interleave: Callable[[int], None]) -> None:
    tally.clear()
    for number in range(EXAMPLES):
        interleave(number)
    assert all(tally[name] for name in ("answers stored", "backfills stored"))


@pytest.mark.long
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_two_hundred_through_the_window(interleave: Callable[[int], None], part: int) -> None:
    tally.clear()
    for number in range(part * LONG_EXAMPLES, (part + 1) * LONG_EXAMPLES):
        interleave(number)
    print(f"\n{tally}")
    assert all(tally[name] for name in REACHED)
