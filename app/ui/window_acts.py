"""What the named acts of the key table do in the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from app.core.events import EventKind, Vote
from app.ui.comparison.commit_first import WRITE_FIRST
from app.ui.comparison.workplace import Workplace
from app.ui.keys_dialog import KeysDialog

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

Act = Callable[[], object]
NO_PANE = "请先用 Alt+1、Alt+2、Alt+3 转到要评价的一栏，再按 Ctrl+↑ 或 Ctrl+↓。"


class WindowActs(QObject):
    """Sends each act to the part of the window that does it; moves the keyboard from area to area."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def table(self) -> dict[str, Act]:
        """Every act that works anywhere in the window, by name."""
        numbered: dict[str, Act] = {}
        for number in (1, 2, 3):
            numbered[f"backfill_{number}"] = partial(self._with_run, number, lambda here: here.backfill)
            numbered[f"copy_{number}"] = partial(self._with_run, number, lambda here: here.copy)
            numbered[f"pane_{number}"] = partial(self._focus_pane, number)
        return numbered | self._of_answers() | self._of_notes() | self._of_ward()

    def _of_answers(self) -> dict[str, Act]:
        window = self._window
        return {
            "run": lambda: window.workplace.desk.run(),
            "stop": self._stop,
            "vote_up": partial(self._vote, Vote.UP),
            "vote_down": partial(self._vote, Vote.DOWN),
            "answer_history": self._show_answer_history,
            "commit_first": window.commit.use_key,
            "report": lambda: window.workplace.judgements.report(),
            "none_correct": lambda: window.workplace.judgements.judge_all(EventKind.NONE_CORRECT),
            "all_acceptable": lambda: window.workplace.judgements.judge_all(EventKind.ALL_ACCEPTABLE),
            "record_exact": window.record_acts.fill_exact,
            "record_findings": window.records.show_findings,
            "record_automatic": window.record_area.automatic.click,
            "my_feedback": window.judgements.show_mine,
            "opinion": window.opinion.ask,
        }

    def _of_notes(self) -> dict[str, Act]:
        window = self._window
        return {
            "undo": window.editor.undo,
            "entries": window.entries.open,
            "templates": window.templates.open,
            "documents": window.documents.choose,
            "previous_document": partial(window.documents.step, -1),
            "next_document": partial(window.documents.step, 1),
            "review": window.sources.review_here,
            "review_all": window.sources.review_all,
            "source": window.sources.tell,
            "mark_reviewed": window.signing.review,
            "sign": window.signing.sign,
            "amend": window.signing.amend,
            "save": window.checkpoint,
            "print": window.printing.open,
            "history": window.history.open,
            "quality": window.quality.use_list,
        }

    def _of_ward(self) -> dict[str, Act]:
        window = self._window
        return {
            "next_area": partial(self._move_focus, 1),
            "previous_area": partial(self._move_focus, -1),
            "search": window.patients.focus_search,
            "add_patient": window.ward.admit,
            "ward": window.ward.choose,
            "recent": window.ward.choose_recent,
            "waiting": window.signing.show_waiting,
            "people": window.people.open,
            "board": window.tasks.open,
            "statistics": window.statistics.open,
            "export": window.exports.open,
            "models": window.models.open,
            "preferences": window.preferences.open,
            "help": lambda: KeysDialog(window.keys, window).open(),
        }

    def _stop(self) -> None:
        self._window.workplace.desk.stop()
        self._window.opinion.stop()

    def _show_answer_history(self) -> None:
        if self._window.commit.hides:
            self._window.say(WRITE_FIRST)
        else:
            self._window.workplace.history.open()

    def _with_run(self, number: int, act: Callable[[Workplace], Callable[[str], None]]) -> None:
        here = self._window.workplace
        panes = here.area.panes[number - 1 : number]
        run_id = panes[0].run_id if panes else None
        if self._window.commit.hides:
            self._window.say(WRITE_FIRST)
        elif run_id is not None:
            act(here)(run_id)

    def _focus_pane(self, number: int) -> None:
        for pane in self._window.workplace.area.panes[number - 1 : number]:
            pane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _vote(self, vote: Vote) -> None:
        pane = self._window.workplace.area.focused_pane()
        if pane is None:
            self._window.say(NO_PANE)
        else:
            pane.vote(vote)

    def _move_focus(self, step: int) -> None:
        window, answers = self._window, self._window.workplace.area
        quality = window.editor.quality
        areas: list[tuple[QWidget, Callable[[], None]]] = [
            (window.patients, window.patients.focus_search),
            (window.editor.sections, window.editor.focus_first),
            *([(quality, quality.take_focus)] if quality.isVisible() else []),
            *([(answers, partial(self._focus_pane, 1))] if answers.isVisible() else []),
        ]
        focus = QApplication.focusWidget()
        here = next((i for i, (area, _) in enumerate(areas) if focus is not None and area.isAncestorOf(focus)), -step)
        areas[(here + step) % len(areas)][1]()
