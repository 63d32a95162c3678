"""One model's column: who writes, how far it is, what it wrote, and what the doctor can do with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.core.events import Vote
from app.core.runs import ModelIdentity, RunOutcome, RunPhase, RunStatus
from app.ui.comparison.item_view import ItemView
from app.ui.comparison.reason_chips import ReasonChips
from app.ui.comparison.run_board import RunCard
from app.ui.kit.elided_label import ElidedLabel
from app.ui.kit.icons import coloured_icon, icon
from app.ui.kit.markdown_view import text_style
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Appearance, Theme, ui_font
from app.ui.kit.wording import outcome_line, progress_line, weights_name

STALE_WORDS = "依据已修改"
STATE_INTERVAL_MS = 250
BRIEF_MS = 2_000
# Icon, padding and border of the button.
_BACKFILL_FRAME = 44


class SuggestionPane(QFrame):
    """A pane shows one run, or what its model is doing while there is none.

    Signals (each with the id of the run that is shown):
        backfill_wanted, copy_wanted, stop_wanted
        backfill_items_wanted, copy_items_wanted: run_id, the diagnoses by index.
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

    def __init__(self, number: int, appearance: Appearance) -> None:
        super().__init__()
        self.number = number
        self._appearance = appearance
        self._card: RunCard | None = None
        self._target = ("", "", "")
        self.model = ""
        self._stale = False
        self.title = ElidedLabel("paneTitle")
        self.engine = ElidedLabel("paneEngine")
        self.state = ElidedLabel("paneState")
        self.stale_sign = QLabel()
        self.stale_words = QLabel(STALE_WORDS)
        self.progress = QProgressBar()
        self.body = ItemView()
        self.reason = QLabel()
        self.backfill_button = QPushButton()
        self.copy_button = _tool(f"复制第 {number} 份建议 Ctrl+Shift+{number}")
        self.up_button = _tool("赞成这份建议 Ctrl+↑", checkable=True)
        self.down_button = _tool("不赞成这份建议 Ctrl+↓", checkable=True)
        self.report_button = _tool("识别错误：报告所选文字有错 Ctrl+E")
        self.chips = ReasonChips()
        self.stop_button = _tool("停止这一份")
        self.restart_button = QPushButton("重新启动模型")
        self._ticker = QTimer(self)
        self._ticker.setInterval(STATE_INTERVAL_MS)
        self._ticker.timeout.connect(self._show_state)
        self._brief = QTimer(self)
        self._brief.setSingleShot(True)
        self._brief.setInterval(BRIEF_MS)
        self._brief.timeout.connect(self._show_state)
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
        self.title.setText(f"{self.number}  {title}")
        self.engine.setText(f"{identity.engine} · {weights_name(identity).split()[0]}")
        self.engine.setToolTip(f"{identity.engine} {identity.engine_version} · {weights_name(identity)}")
        self.setAccessibleName(f"第 {self.number} 栏，{title}")
        self.body.setAccessibleName(f"{title} 的建议")

    def show_nothing(self, state: str, hint: str) -> None:
        """There is no run: say what the model is doing and what the doctor can do."""
        self._card = None
        self.body.set_source("")
        self.state.setText(state)
        self._set_state_kind("idle")
        self.progress.setVisible(False)
        self.body.set_hint(hint)
        self._show_reason("")
        self._ticker.stop()
        self._show_acts()

    def show_model_progress(self, state: str, fraction: float | None) -> None:
        """While there is no run: how far the model has come."""
        if self._card is None:
            self.state.setText(state)
            self._show_fraction(fraction)

    def show_run(self, card: RunCard) -> None:
        """Show a run as far as it has come."""
        self._card = card
        self.chips.offer(None)
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
        self._show_state()
        self._show_acts()

    def show_progress(self, phase: RunPhase) -> None:
        """The run that is shown moved on; while it writes, the speed is told at a pace that can be read."""
        if phase is not RunPhase.WRITING:
            self._show_state()

    def say_briefly(self, words: str) -> None:
        """Show words in place of the state for a moment."""
        self.state.setText(words)
        self._brief.start()

    def set_target(self, bed: str, name: str, number: str) -> None:
        """Whom a backfill would go to (bed, name, 住院号), as the button says."""
        self._target = (visible_controls(bed), visible_controls(name), visible_controls(number))
        self._name_backfill()

    def show_picks(self) -> None:
        """Say on the button how much would be put into the note."""
        self._name_backfill()

    def set_model_failed(self, reason: str | None) -> None:
        """Say why the model cannot be used (None: it can), and offer to start it anew."""
        self.restart_button.setVisible(reason is not None)
        if self._card is None:
            self._show_reason(visible_controls(reason or ""))

    def set_stale(self, stale: bool) -> None:
        """Mark the suggestion as made from an input that has changed since."""
        self._stale = stale
        self.stale_sign.setVisible(stale)
        self.stale_words.setVisible(stale)
        self.setProperty("stale", stale)
        self.body.setProperty("stale", stale)
        for widget in (self, self.body):
            widget.style().polish(widget)

    def vote(self, vote: Vote) -> None:
        """Vote, or withdraw the same vote."""
        if self._card is not None and not self._card.live and self._card.text:
            same = self._card.vote is vote
            self.vote_wanted.emit(self._card.run.run_id, Vote.WITHDRAWN if same else vote)
        self._show_vote()

    def offer_reasons(self) -> None:
        """The vote was stored: offer reasons for it."""
        self.chips.offer(self._card.vote if self._card else None)

    def _set_up(self) -> None:
        self.setObjectName("pane")
        self.setFocusProxy(self.body)
        self.setMinimumWidth(240)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(3)
        self.progress.setAccessibleName("进度")
        self.state.setAccessibleName("状态")
        self.backfill_button.setObjectName("backfill")
        self.restart_button.setObjectName("restart")
        self.stale_words.setObjectName("staleWords")
        self.reason.setObjectName("failureReason")
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setWordWrap(True)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._show_reason("")
        self.set_stale(False)
        self.set_model_failed(None)
        for widget in (self.progress, self.stop_button):
            _keep_place(widget)
        self.engine.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._lay_out()
        self._connect()
        self._appearance.changed.connect(self._on_theme)
        self._on_theme(self._appearance.theme)

    def _lay_out(self) -> None:
        titles = QHBoxLayout()
        titles.addWidget(self.title, 3)
        titles.addWidget(self.engine, 2)
        states = QHBoxLayout()
        states.addWidget(self.state, 1)
        states.addWidget(self.restart_button)
        states.addWidget(self.stale_sign)
        states.addWidget(self.stale_words)
        states.addWidget(self.stop_button)
        acts = QHBoxLayout()
        acts.addWidget(self.backfill_button, 1)
        for button in (self.copy_button, self.up_button, self.down_button, self.report_button):
            acts.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 8)
        layout.setSpacing(2)
        layout.addLayout(titles)
        layout.addLayout(states)
        layout.addWidget(self.progress)
        layout.addWidget(self.body, 1)
        layout.addWidget(self.reason)
        layout.addWidget(self.chips)
        layout.addSpacing(4)
        layout.addLayout(acts)
        for row in (titles, states, acts):
            row.setSpacing(4)

    def _connect(self) -> None:
        self.backfill_button.clicked.connect(lambda: self._tell(self.backfill_wanted))
        self.copy_button.clicked.connect(lambda: self._tell(self.copy_wanted))
        self.stop_button.clicked.connect(lambda: self._tell(self.stop_wanted))
        self.body.insert_wanted.connect(lambda items: self._tell_items(self.backfill_items_wanted, items))
        self.body.copy_wanted.connect(lambda items: self._tell_items(self.copy_items_wanted, items))
        self.restart_button.clicked.connect(lambda: self.restart_wanted.emit(self.model))
        self.up_button.clicked.connect(lambda: self.vote(Vote.UP))
        self.down_button.clicked.connect(lambda: self.vote(Vote.DOWN))
        self.report_button.clicked.connect(lambda: self.report_wanted.emit(self))
        self.body.report_wanted.connect(lambda: self.report_wanted.emit(self))
        self.chips.changed.connect(self._tell_reasons)

    def _tell(self, signal: SignalInstance) -> None:
        if self._card is not None:
            signal.emit(self._card.run.run_id)

    def _tell_reasons(self, reasons: list[str], words: str) -> None:
        if self._card is not None and self._card.vote is not None:
            self.reasons_wanted.emit(self._card.run.run_id, self._card.vote, reasons, words)

    def _tell_items(self, signal: SignalInstance, items: tuple[int, ...]) -> None:
        if self._card is not None:
            signal.emit(self._card.run.run_id, items)

    def _show_state(self) -> None:
        card = self._card
        if card is None:
            return
        if card.outcome is not None:
            self.state.setText(outcome_line(card.outcome))
            self._set_state_kind(_ending(card.outcome))
        elif card.lost:
            self.state.setText("未写完")
            self._set_state_kind("failed")
        elif card.progress is not None:
            self.state.setText(progress_line(card.progress, card.characters_per_second))
            self._set_state_kind("live")
        self._show_bar(card)
        self.body.set_hint("")
        self._show_reason(_reason(card))

    def _show_reason(self, reason: str) -> None:
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    def _show_bar(self, card: RunCard) -> None:
        if card.live and not self._ticker.isActive():
            self._ticker.start()
        elif not card.live:
            self._ticker.stop()
        progress = card.progress
        measured = card.live and progress is not None and progress.phase in (RunPhase.LOADING, RunPhase.READING)
        self._show_fraction(progress.fraction or 0.0 if measured and progress else None)

    def _show_fraction(self, fraction: float | None) -> None:
        self.progress.setVisible(fraction is not None)
        self.progress.setValue(round((fraction or 0.0) * 100))

    def _show_acts(self) -> None:
        card = self._card
        usable = card is not None and not card.live and bool(card.text.strip())
        marks = (self.copy_button, self.up_button, self.down_button, self.report_button)
        for button in (self.backfill_button, *marks):
            button.setEnabled(usable)
        self.stop_button.setVisible(card is not None and card.live)
        self._show_vote()
        self._name_backfill()

    def _show_vote(self) -> None:
        vote = self._card.vote if self._card else None
        if vote is None:
            self.chips.offer(None)
        self.up_button.setChecked(vote is Vote.UP)
        self.down_button.setChecked(vote is Vote.DOWN)

    def _name_backfill(self) -> None:
        picks = self.body.picks
        part = f"{len(picks.chosen)} 项 " if picks.is_touched else ""
        self.backfill_button.setText(f"回填 {part}Ctrl+{self.number}\n{self._fitting_target()}".rstrip())
        whom = " ".join(self._target)
        self.backfill_button.setAccessibleName(f"把第 {self.number} 份建议回填到 {whom} 的鉴别诊断")
        self.backfill_button.setToolTip(self.backfill_button.accessibleName())

    def _fitting_target(self) -> str:
        """Whom it goes to, on one line of the button; a long name gives way, the bed and the number never do."""
        bed, name, number = self._target
        room = self.backfill_button.width() - _BACKFILL_FRAME
        metrics = self.backfill_button.fontMetrics()
        rest = metrics.horizontalAdvance(f"{bed}  {number}")
        shown = metrics.elidedText(
            name, Qt.TextElideMode.ElideRight, max(room - rest, metrics.horizontalAdvance("字…"))
        )
        return " ".join(part for part in (bed, shown, number) if part)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._name_backfill()

    def _set_state_kind(self, kind: str) -> None:
        if self.state.property("kind") != kind:
            self.state.setProperty("kind", kind)
            self.state.style().polish(self.state)

    def _on_theme(self, theme: Theme) -> None:
        self.copy_button.setIcon(icon("copy", theme))
        self.up_button.setIcon(icon("thumb_up", theme))
        self.report_button.setIcon(icon("report", theme))
        self.down_button.setIcon(icon("thumb_down", theme))
        self.stop_button.setIcon(icon("stop", theme))
        self.backfill_button.setIcon(icon("backfill", theme))
        self.stale_sign.setPixmap(coloured_icon("clock", theme.secondary).pixmap(16, 16))
        self.body.set_theme(theme)
        self.body.refresh_style(text_style(theme, ui_font(self._appearance.sizes.text)))


def _ending(outcome: RunOutcome) -> str:
    """How a run ended, as the style sheet names it: a text cut at its greatest length is not simply done."""
    return "cut" if outcome.status is RunStatus.COMPLETED and not outcome.is_whole else outcome.status.value


def _reason(card: RunCard) -> str:
    if card.lost:
        return "程序在生成中结束，这份建议没有写完，文字没有保存；可重新生成。"
    failed = card.outcome is not None and card.outcome.status is RunStatus.FAILED
    return visible_controls(card.outcome.error or "原因不明，请重新生成。") if card.outcome and failed else ""


def _keep_place(widget: QWidget) -> None:
    """Hidden or not, the text below stays where it is."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)


def _tool(name: str, *, checkable: bool = False) -> QToolButton:
    button = QToolButton()
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setCheckable(checkable)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
