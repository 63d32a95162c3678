"""What the doctor says about answers beyond a thumb: an error in a piece of text, all or none of them, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController, OpenNote
from app.core.events import EventKind
from app.ui.comparison.pane_area import PaneArea
from app.ui.comparison.report_dialog import ReportDialog
from app.ui.comparison.run_desk import RunDesk
from app.ui.comparison.run_pane import RunPane
from app.ui.feedback.my_feedback import MyFeedbackDialog
from app.ui.kit.notice_bar import Done

NO_SELECTION = "请先用 Alt+1、Alt+2、Alt+3 转到一栏，用 ↑ ↓ 停在一条上或选中有错的文字，再按 Ctrl+E。"
NOT_FOUND = "所选文字跨越了多处，无法对应到原文：请只选一处文字，再按 Ctrl+E。"
NOT_ENDED = "建议全部生成完毕后才能一起评价。"
THANKED = {
    EventKind.NONE_CORRECT: "已记录：无一正确。再按一次 Ctrl+0 撤回。",
    EventKind.ALL_ACCEPTABLE: "已记录：均可接受。再按一次 Ctrl+9 撤回。",
}
TAKEN_BACK = {EventKind.NONE_CORRECT: "已撤回：无一正确。", EventKind.ALL_ACCEPTABLE: "已撤回：均可接受。"}


class JudgementActs(QObject):
    """The presenter of the report dialog, of the two buttons for all answers, and of the doctor's own list."""

    def __init__(
        self,
        area: PaneArea[Any],
        desk: RunDesk[Any],
        notes: NoteController,
        feedback: FeedbackController,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(area)
        self._area = area
        self._desk = desk
        self._notes = notes
        self._feedback = feedback
        self._say = say
        self.dialog: ReportDialog | MyFeedbackDialog | None = None
        self._judged: dict[str, EventKind] = {}
        notes.opened.connect(self._on_opened)
        feedback.actor_changed.connect(self._read)
        desk.view_changed.connect(self._show_judgement)
        area.report_wanted.connect(self._report_in)
        area.reasons_wanted.connect(lambda run_id, vote, why, said: feedback.vote(run_id, vote, "", why, said))

    def report(self) -> None:
        """Report an error in what is selected in the pane that has the keyboard."""
        pane = self._area.focused_pane()
        if pane is None:
            self._say(NO_SELECTION)
        else:
            self._report_in(pane)

    def judge_all(self, kind: EventKind) -> None:
        """None of the shown answers is right, or all of them would do; said a second time, it is taken back."""
        shown = self._desk.shown
        ended = [card.run.run_id for card in shown.runs if card.outcome and card.text.strip()] if shown else []
        if shown is None or not ended or shown.live:
            self._show_judgement()
            self._say(NOT_ENDED)
            return
        comparison_id = shown.comparison.comparison_id
        withdrawn = self._judged.get(comparison_id) is kind
        stored = partial(self._on_judged, comparison_id, None if withdrawn else kind)
        self._feedback.judge_all(kind, ended, stored, withdrawn=withdrawn)
        self._show_judgement()
        self._say(Done(TAKEN_BACK[kind] if withdrawn else THANKED[kind]))

    def show_mine(self) -> None:
        """Show what this doctor has said so far."""
        self._feedback.mine(self._show_mine)

    def _on_opened(self, _note: OpenNote) -> None:
        self._judged.clear()
        self._read()

    def _read(self) -> None:
        if (note := self._notes.open_note) is not None:
            self._feedback.judgements(note.note.note_id, self._on_read)

    def _on_read(self, judged: Mapping[str, EventKind]) -> None:
        self._judged = dict(judged)
        self._show_judgement()

    def _on_judged(self, comparison_id: str, kind: EventKind | None) -> None:
        self._judged.pop(comparison_id, None)
        if kind is not None:
            self._judged[comparison_id] = kind
        self._show_judgement()

    def _show_judgement(self) -> None:
        shown = self._desk.shown
        self._area.show_judgement(self._judged.get(shown.comparison.comparison_id) if shown else None)

    def _show_mine(self, rows: object) -> None:
        if self.dialog is None and isinstance(rows, tuple):
            self._open(MyFeedbackDialog(rows, self._area.keys, self._area.window()))

    def _report_in(self, pane: RunPane[Any]) -> None:
        run_id, body = pane.run_id, pane.body
        if run_id is None or not body.can_report or body.selected_places() is None:
            self._say(NO_SELECTION)
            return
        quote = body.quote()
        if quote is None:
            self._say(NOT_FOUND)
        elif self.dialog is None:
            dialog = ReportDialog(quote, pane.header.title.text(), self._area.window())
            dialog.accepted.connect(lambda: self._feedback.report(run_id, dialog.report(), quote.item))
            dialog.accepted.connect(lambda: pane.header.say_briefly("已报告错误"))
            self._open(dialog)

    def _open(self, dialog: ReportDialog | MyFeedbackDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(lambda _result: self._close())
        dialog.open()

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()
