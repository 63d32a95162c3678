"""The head of a pane: which model writes, on which engine, and how far it is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.core.runs import ModelIdentity, RunOutcome, RunPhase, RunStatus
from app.ui.comparison.pane_acts import tool_button
from app.ui.comparison.run_board import RunCard
from app.ui.kit.elided_label import ElidedLabel
from app.ui.kit.icons import coloured_icon, icon
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Theme
from app.ui.kit.wording import outcome_line, progress_line, weights_name

STALE_WORDS = "依据已修改"
STATE_INTERVAL_MS = 250
BRIEF_MS = 2_000


class PaneHeader(QObject):
    """Two rows and a bar, laid out by the pane; what stands below keeps its place whatever they show."""

    def __init__(self, number: int, parent: QObject) -> None:
        super().__init__(parent)
        self._number = number
        self._card: RunCard | None = None
        self._remark = ""
        self.title = ElidedLabel("paneTitle")
        self.engine = ElidedLabel("paneEngine")
        self.state = ElidedLabel("paneState")
        self.stale_sign = QLabel()
        self.stale_words = QLabel(STALE_WORDS)
        self.progress = QProgressBar()
        self.stop_button = tool_button("停止这一份")
        self.restart_button = QPushButton("重新启动模型")
        self.rows = QVBoxLayout()
        self.rows.setSpacing(2)
        self._ticker = QTimer(self)
        self._ticker.setInterval(STATE_INTERVAL_MS)
        self._ticker.timeout.connect(self.show_state)
        self._brief = QTimer(self)
        self._brief.setSingleShot(True)
        self._brief.setInterval(BRIEF_MS)
        self._brief.timeout.connect(self.show_state)
        self._set_up()

    def show_identity(self, identity: ModelIdentity) -> None:
        """Say which model writes here, on which engine, at which quantisation."""
        self.title.setText(f"{self._number}  {visible_controls(identity.title)}")
        self.engine.setText(f"{identity.engine} · {weights_name(identity).split()[0].rstrip(',')}")
        self.engine.setToolTip(f"{identity.engine} {identity.engine_version} · {weights_name(identity)}")

    def show_nothing(self, state: str, fraction: float | None = None) -> None:
        """There is no run: say what the model is doing."""
        self._card, self._remark = None, ""
        self._ticker.stop()
        self.state.setText(state)
        self._set_kind("idle")
        self._show_fraction(fraction)
        self.stop_button.setVisible(False)

    def show_run(self, card: RunCard) -> None:
        """Follow a run."""
        if card is not self._card:
            self._card, self._remark = card, ""
        self.show_state()

    def show_state(self) -> None:
        """How far the run is now."""
        card = self._card
        if card is None:
            return
        if card.outcome is not None:
            self._say(outcome_line(card.outcome), _ending(card.outcome))
        elif card.lost:
            self._say("未写完", "failed")
        elif card.progress is not None:
            self._say(progress_line(card.progress, card.characters_per_second), "live")
        self._show_bar(card)

    def remark(self, words: str) -> None:
        """Say this beside the state of the run that is followed."""
        self._remark = words
        self.show_state()

    def say_briefly(self, words: str) -> None:
        """Show words in place of the state for a moment."""
        self.state.setText(words)
        self._brief.start()

    def set_stale(self, stale: bool) -> None:
        """Whether the run was made from an input that has changed since."""
        self.stale_sign.setVisible(stale)
        self.stale_words.setVisible(stale)

    def set_theme(self, theme: Theme) -> None:
        """Colours of the signs."""
        self.stop_button.setIcon(icon("stop", theme))
        self.stale_sign.setPixmap(coloured_icon("clock", theme.secondary).pixmap(16, 16))

    def _set_up(self) -> None:
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(3)
        self.progress.setAccessibleName("进度")
        self.state.setAccessibleName("状态")
        self.restart_button.setObjectName("restart")
        self.restart_button.setVisible(False)
        self.stale_words.setObjectName("staleWords")
        self.set_stale(False)
        for widget in (self.progress, self.stop_button):
            _keep_place(widget)
        self.engine.setAlignment(Qt.AlignmentFlag.AlignRight)
        titles, states = QHBoxLayout(), QHBoxLayout()
        titles.addWidget(self.title, 3)
        titles.addWidget(self.engine, 2)
        states.addWidget(self.state, 1)
        for sign in (self.restart_button, self.stale_sign, self.stale_words, self.stop_button):
            states.addWidget(sign)
        for row in (titles, states):
            row.setSpacing(4)
            self.rows.addLayout(row)
        self.rows.addWidget(self.progress)

    def _say(self, words: str, kind: str) -> None:
        self.state.setText(" · ".join(filter(None, (words, self._remark))))
        self._set_kind(kind)

    def _show_bar(self, card: RunCard) -> None:
        if card.live and not self._ticker.isActive():
            self._ticker.start()
        elif not card.live:
            self._ticker.stop()
        self.stop_button.setVisible(card.live)
        progress = card.progress
        measured = card.live and progress is not None and progress.phase in (RunPhase.LOADING, RunPhase.READING)
        self._show_fraction(progress.fraction or 0.0 if measured and progress else None)

    def _show_fraction(self, fraction: float | None) -> None:
        self.progress.setVisible(fraction is not None)
        self.progress.setValue(round((fraction or 0.0) * 100))

    def _set_kind(self, kind: str) -> None:
        if self.state.property("kind") != kind:
            self.state.setProperty("kind", kind)
            self.state.style().polish(self.state)


def _ending(outcome: RunOutcome) -> str:
    """How a run ended, as the style sheet names it: a text cut at its greatest length is not simply done."""
    return "cut" if outcome.status is RunStatus.COMPLETED and not outcome.is_whole else outcome.status.value


def _keep_place(widget: QWidget) -> None:
    """Hidden or not, the text below stays where it is."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)
