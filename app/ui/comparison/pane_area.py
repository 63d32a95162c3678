"""Panes side by side, with the strip above them, whatever their task: run, stop, earlier runs, disclaimers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.core.events import EventKind
from app.core.runs import ModelIdentity
from app.ui.comparison.history_strip import HistoryStrip
from app.ui.comparison.run_board import ComparisonCard
from app.ui.comparison.run_pane import RunPane
from app.ui.kit.elided_label import ElidedLabel
from app.ui.kit.icons import coloured_icon, icon
from app.ui.kit.keys import Worded
from app.ui.kit.notice_bar import NoticeBar
from app.ui.kit.theme import Appearance, Theme

DEMONSTRATION_WORDS = "演示模型，非医疗模型，仅供试用"
SERVER_WORDS = "病历文字会离开本机，发送到院内服务器 {}"
NO_MODEL_HINT = (
    "还没有可用的模型，病历书写不受影响。\n\n"
    "按 Ctrl+Shift+L 打开“模型”页：从模型包安装，或获取演示模型；完成后重新打开病程助手。\n"
    "信息科也可以在终端用 wardnote models 安装。"
)

Pane = TypeVar("Pane", bound=RunPane)  # type: ignore[type-arg]


@dataclass(frozen=True, slots=True)
class AreaModels:
    """The models in pane order, each with whether it is a demonstration model; `servers`: where text is sent."""

    models: Sequence[tuple[ModelIdentity, bool]]
    servers: Sequence[str] = ()


class PaneArea(QWidget, Generic[Pane]):
    """Widgets only: what is shown in them is decided by a desk. `notice` is laid out by the window.

    Signals:
        run_wanted, stop_wanted
        earlier_wanted: the id of a comparison of this note.
        backfill_wanted, copy_wanted, stop_run_wanted: a run id; vote_wanted: a run id and a Vote.
        backfill_items_wanted, copy_items_wanted: a run id, and parts of its answer by index.
        reasons_wanted, report_wanted: as of the panes.
        restart_wanted: a model's name.
    """

    run_wanted = Signal()
    stop_wanted = Signal()
    earlier_wanted = Signal(str)
    backfill_wanted = Signal(str)
    copy_wanted = Signal(str)
    backfill_items_wanted = Signal(str, object)
    copy_items_wanted = Signal(str, object)
    stop_run_wanted = Signal(str)
    vote_wanted = Signal(str, object)
    reasons_wanted = Signal(str, object, object, str)
    report_wanted = Signal(object)
    restart_wanted = Signal(str)

    def __init__(
        self,
        title: str,
        hint: str,
        models: AreaModels,
        appearance: Appearance,
        now: Callable[[], datetime],
        notice: NoticeBar,
    ) -> None:
        """`hint` is what panes say that have nothing to show yet."""
        super().__init__()
        self._appearance = appearance
        self.keys = appearance.keys
        self._hint = hint
        self._models = tuple(models.models)
        self._has_demonstration = any(demonstration for _, demonstration in self._models)
        self.notice = notice
        self.title = QLabel(title)
        self.run_button = QPushButton()
        self.stop_button = QPushButton()
        self.disclaimer_sign = QLabel()
        self.disclaimer = QLabel(DEMONSTRATION_WORDS)
        self.server_words = QLabel(SERVER_WORDS.format("、".join(models.servers)) if models.servers else "")
        self.history = HistoryStrip(now)
        self.input_change = ElidedLabel("inputChange")
        self.no_models = QLabel()
        Worded(self.no_models, appearance.keys, NO_MODEL_HINT, self.no_models.setText)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.panes: list[Pane] = []
        self._set_up()

    @abstractmethod
    def make_pane(self, number: int) -> Pane:
        """A pane of this area's task."""

    def show_comparison(self, card: ComparisonCard) -> None:
        """Show a comparison's runs, each in the pane of its display order."""
        self._need_panes(len(card.runs))
        self._show_panes(True)
        for pane, run in zip(self.panes, card.runs, strict=False):
            pane.show_run(run)
        for pane in self.panes:
            pane.setVisible(pane.number <= len(card.runs))

    def show_no_comparison(self, states: Sequence[tuple[str, float | None]]) -> None:
        """No comparison yet: the models' own states (words, fraction) in pane order."""
        for pane, (identity, _), (words, fraction) in zip(self.panes, self._models, states, strict=False):
            pane.show_identity(identity)
            pane.show_nothing(words, self._hint, fraction)
        for pane in self.panes:
            pane.setVisible(pane.number <= len(self._models))
        self._show_panes(bool(self._models))

    def show_input_change(self, words: str) -> None:
        """Say how the present input differs from the one that the shown comparison was made from; empty: not at all."""
        self.input_change.setText(words)
        self.input_change.setVisible(bool(words))

    def show_judgement(self, kind: EventKind | None) -> None:
        """What the doctor said of all the shown answers; an area without a place for that shows nothing."""

    def pane_of(self, run_id: str) -> Pane | None:
        """The pane that shows this run, if any does."""
        return next((pane for pane in self.panes if pane.run_id == run_id), None)

    def focused_pane(self) -> Pane | None:
        """The pane in which the keyboard focus is."""
        focus = self.window().focusWidget()
        return next((pane for pane in self.panes if focus is not None and pane.isAncestorOf(focus)), None)

    def set_busy(self, busy: bool) -> None:
        """Whether a comparison is under way."""
        self.run_button.setEnabled(not busy and bool(self._models))
        self.stop_button.setEnabled(busy)

    def _set_up(self) -> None:
        self.setAccessibleName(f"{self.title.text()}建议")
        self.title.setObjectName("areaTitle")
        self.run_button.setObjectName("primary")
        self.keys.changed.connect(self._name_keys)
        self._name_keys()
        self.disclaimer.setObjectName("disclaimer")
        self.no_models.setObjectName("emptyHint")
        self.no_models.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.no_models.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self._need_panes(len(self._models))
        self._lay_out()
        self._show_panes(bool(self._models))
        self.run_button.clicked.connect(self.run_wanted)
        self.stop_button.clicked.connect(self.stop_wanted)
        self.history.chosen.connect(self.earlier_wanted)
        self.set_busy(False)
        self.show_input_change("")
        self._appearance.changed.connect(self._on_theme)
        self._on_theme(self._appearance.theme)

    def _name_keys(self) -> None:
        run, stop = self.keys.shown("run"), self.keys.shown("stop")
        self.run_button.setText(f"生成  {run}")
        self.run_button.setToolTip(f"让各模型生成{self.title.text()} {run}")
        self.stop_button.setText(f"停止  {stop}")
        self.stop_button.setToolTip(f"停止全部生成 {stop}")

    def _lay_out(self) -> None:
        strip = QFrame()
        strip.setObjectName("areaHeader")
        row = self._header = QHBoxLayout(strip)
        row.setContentsMargins(16, 4, 12, 4)
        row.setSpacing(8)
        for widget in (self.title, self.run_button, self.stop_button):
            row.addWidget(widget)
        row.addWidget(self.history, 1)
        row.addStretch(0)
        row.addWidget(self.disclaimer_sign)
        row.addWidget(self.disclaimer)
        for widget in (self.disclaimer_sign, self.disclaimer):
            widget.setVisible(self._has_demonstration)
        self.server_words.setObjectName("serverWords")
        self.server_words.setVisible(bool(self.server_words.text()))
        layout = self._page = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(strip)
        layout.addWidget(self.server_words)
        layout.addWidget(self.input_change)
        layout.addWidget(self.no_models, 1)
        layout.addWidget(self.splitter, 1)

    def _show_panes(self, shown: bool) -> None:
        self.splitter.setVisible(shown)
        self.no_models.setVisible(not shown)

    def _need_panes(self, count: int) -> None:
        while len(self.panes) < count:
            pane = self.make_pane(len(self.panes) + 1)
            self.panes.append(pane)
            self.splitter.addWidget(pane)
            pane.backfill_wanted.connect(self.backfill_wanted)
            pane.copy_wanted.connect(self.copy_wanted)
            pane.backfill_items_wanted.connect(self.backfill_items_wanted)
            pane.copy_items_wanted.connect(self.copy_items_wanted)
            pane.stop_wanted.connect(self.stop_run_wanted)
            pane.vote_wanted.connect(self.vote_wanted)
            pane.reasons_wanted.connect(self.reasons_wanted)
            pane.report_wanted.connect(self.report_wanted)
            pane.restart_wanted.connect(self.restart_wanted)

    def _on_theme(self, theme: Theme) -> None:
        self.run_button.setIcon(coloured_icon("run", theme.on_accent, theme.secondary))
        self.stop_button.setIcon(icon("stop", theme))
        self.disclaimer_sign.setPixmap(coloured_icon("warning", theme.warning).pixmap(16, 16))
