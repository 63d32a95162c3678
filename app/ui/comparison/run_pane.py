"""One model's column, whatever its task: who writes, how far it is, what it wrote, and the acts on it."""

from __future__ import annotations

from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from app.core.events import Vote
from app.core.runs import ModelIdentity, RunPhase, RunStatus
from app.ui.comparison.answer_view import AnswerView
from app.ui.comparison.pane_acts import PaneActs
from app.ui.comparison.pane_header import PaneHeader
from app.ui.comparison.reason_chips import REASONS, Reasons
from app.ui.comparison.run_board import RunCard
from app.ui.kit.markdown_view import text_style
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Appearance, Theme, ui_font

Body = TypeVar("Body", bound=AnswerView)


class RunPane(QFrame, Generic[Body]):
    """A pane shows one run, or what its model is doing while there is none.

    Signals (each with the id of the run that is shown):
        backfill_wanted, copy_wanted, stop_wanted
        backfill_items_wanted, copy_items_wanted: run_id, the parts of the answer by index.
        vote_wanted: run_id, Vote; pressing the thumb that is down already withdraws it.
        reasons_wanted: run_id, the standing Vote, the reasons for it, words.
        report_wanted: this pane; there is an error in what is selected.
        restart_wanted: the name of a model that is not started by itself any more.
    """

    backfill_wanted = Signal(str)
    copy_wanted = Signal(str)
    stop_wanted = Signal(str)
    backfill_items_wanted = Signal(str, object)
    copy_items_wanted = Signal(str, object)
    vote_wanted = Signal(str, object)
    reasons_wanted = Signal(str, object, object, str)
    report_wanted = Signal(object)
    restart_wanted = Signal(str)

    def __init__(self, number: int, appearance: Appearance, body: Body, place: str, reasons: Reasons = REASONS) -> None:
        """`place`: where in the note a backfill goes; `reasons`: what is offered after a vote."""
        super().__init__()
        self.number = number
        self.model = ""
        self.body = body
        self.header = PaneHeader(number, self)
        self.acts = PaneActs(number, place, appearance.keys, reasons)
        self.reason = QLabel()
        self._hint = ""
        self._appearance = appearance
        self._card: RunCard | None = None
        self._set_up()

    @property
    def card(self) -> RunCard | None:
        """The run that is shown."""
        return self._card

    @property
    def run_id(self) -> str | None:
        """The id of the run that is shown."""
        return self._card.run.run_id if self._card else None

    def show_identity(self, identity: ModelIdentity) -> None:
        """Say which model writes here, on which engine, at which quantisation."""
        self.model = identity.model
        title = visible_controls(identity.title)
        self.header.show_identity(identity)
        self.setAccessibleName(f"第 {self.number} 栏，{title}")
        self.body.setAccessibleName(f"{title} 的建议")

    def show_nothing(self, state: str, hint: str, fraction: float | None = None) -> None:
        """There is no run: say what the model is doing, how far it is, and what the doctor can do."""
        self._card = None
        self.body.set_source("")
        self.header.show_nothing(state, fraction)
        self._show_hint(hint)
        self._show_reason("")
        self._show_acts()

    def show_model_progress(self, state: str, fraction: float | None) -> None:
        """While there is no run: how far the model has come."""
        if self._card is None:
            self.header.show_nothing(state, fraction)

    def show_run(self, card: RunCard) -> None:
        """Show a run as far as it has come."""
        self._card = card
        self.acts.chips.offer(None)
        self.show_identity(card.run.identity)
        self.body.set_source(card.text)
        self.refresh()

    def append(self, delta: str) -> None:
        """The run that is shown wrote more."""
        self.body.append_source(delta)

    def refresh(self) -> None:
        """Show the state of the run anew; its text if it has ended."""
        if self._card is None:
            return
        if not self._card.live and self.body.markdown_source() != self._card.text:
            self.body.replace_source(self._card.text)
        elif not self._card.live:
            self.body.draw()
        self._show_state(self._card)
        self._show_acts()

    def show_progress(self, phase: RunPhase) -> None:
        """The run that is shown moved on; while it writes, the speed is told at a pace that can be read."""
        if phase is not RunPhase.WRITING and self._card is not None:
            self._show_state(self._card)

    def set_model_failed(self, reason: str | None) -> None:
        """Say why the model cannot be used (None: it can), and offer to start it anew."""
        self.header.restart_button.setVisible(reason is not None)
        if self._card is None:
            self._show_reason(visible_controls(reason or ""))

    def set_stale(self, stale: bool) -> None:
        """Mark the suggestion as made from an input that has changed since."""
        self.header.set_stale(stale)
        for widget in (self, self.body):
            widget.setProperty("stale", stale)
            widget.style().polish(widget)

    def vote(self, vote: Vote) -> None:
        """Vote, or withdraw the same vote."""
        if self._card is not None and not self._card.live and self._card.text:
            same = self._card.vote is vote
            self.vote_wanted.emit(self._card.run.run_id, Vote.WITHDRAWN if same else vote)
        self.acts.show_vote(self._card.vote if self._card else None)

    def offer_reasons(self) -> None:
        """The vote was stored: offer reasons for it."""
        self.acts.chips.offer(self._card.vote if self._card else None)

    def _set_up(self) -> None:
        self.setObjectName("pane")
        self.setFocusProxy(self.body)
        self.setMinimumWidth(240)
        self.reason.setObjectName("failureReason")
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setWordWrap(True)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._show_reason("")
        self.set_stale(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 8)
        layout.setSpacing(2)
        layout.addLayout(self.header.rows)
        layout.addWidget(self.body, 1)
        layout.addWidget(self.reason)
        layout.addWidget(self.acts)
        self._connect()
        self._appearance.changed.connect(self._on_theme)
        self._appearance.keys.changed.connect(self._on_keys)
        self._on_theme(self._appearance.theme)

    def _connect(self) -> None:
        header, acts, body = self.header, self.acts, self.body
        header.stop_button.clicked.connect(lambda: self._tell(self.stop_wanted))
        header.restart_button.clicked.connect(lambda: self.restart_wanted.emit(self.model))
        acts.backfill_wanted.connect(lambda: self._tell(self.backfill_wanted))
        acts.copy_wanted.connect(lambda: self._tell(self.copy_wanted))
        acts.vote_wanted.connect(self.vote)
        acts.report_wanted.connect(lambda: self.report_wanted.emit(self))
        acts.chips.changed.connect(self._tell_reasons)
        body.insert_wanted.connect(lambda items: self._tell_items(self.backfill_items_wanted, items))
        body.copy_wanted.connect(lambda items: self._tell_items(self.copy_items_wanted, items))
        body.report_wanted.connect(lambda: self.report_wanted.emit(self))

    def _tell(self, signal: SignalInstance) -> None:
        if self._card is not None:
            signal.emit(self._card.run.run_id)

    def _tell_reasons(self, reasons: list[str], words: str) -> None:
        if self._card is not None and self._card.vote is not None:
            self.reasons_wanted.emit(self._card.run.run_id, self._card.vote, reasons, words)

    def _tell_items(self, signal: SignalInstance, items: tuple[int, ...]) -> None:
        if self._card is not None:
            signal.emit(self._card.run.run_id, items)

    def _show_state(self, card: RunCard) -> None:
        self.header.show_run(card)
        self._show_hint("")
        self._show_reason(_reason(card))

    def _show_hint(self, hint: str) -> None:
        self._hint = hint
        self._on_keys()

    def _show_reason(self, reason: str) -> None:
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    def _show_acts(self) -> None:
        card = self._card
        self.acts.set_usable(card is not None and not card.live and bool(card.text.strip()))
        self.acts.show_vote(card.vote if card else None)

    def _on_keys(self) -> None:
        self.body.set_hint(self._appearance.keys.worded(self._hint))

    def _on_theme(self, theme: Theme) -> None:
        self.header.set_theme(theme)
        self.acts.set_theme(theme)
        self.body.set_theme(theme)
        self.body.refresh_style(text_style(theme, ui_font(self._appearance.sizes.text)))


def _reason(card: RunCard) -> str:
    if card.lost:
        return "程序在生成中结束，这份建议没有写完，文字没有保存；可重新生成。"
    failed = card.outcome is not None and card.outcome.status is RunStatus.FAILED
    return visible_controls(card.outcome.error or "原因不明，请重新生成。") if card.outcome and failed else ""
