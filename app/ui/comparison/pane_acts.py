"""The foot of a pane: put it into the note, copy it, vote on it with reasons, report an error in it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.core.events import Vote
from app.ui.comparison.reason_chips import ReasonChips, Reasons
from app.ui.kit.icons import icon
from app.ui.kit.keys import Keys, Worded
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Theme

# Icon, padding and border of the button.
_BACKFILL_FRAME = 44


class PaneActs(QWidget):
    """The buttons, which name whom a backfill goes to.

    Signals:
        backfill_wanted, copy_wanted, report_wanted
        vote_wanted: the Vote of the thumb that was pressed.
    """

    backfill_wanted = Signal()
    copy_wanted = Signal()
    report_wanted = Signal()
    vote_wanted = Signal(object)

    def __init__(self, number: int, place: str, keys: Keys, reasons: Reasons) -> None:
        """`place`: where in the note a backfill goes; `reasons`: what is offered after a vote."""
        super().__init__()
        self._number = number
        self._keys = keys
        self._place = place
        self._target = ("", "", "")
        self._part = ""
        self.backfill_button = QPushButton()
        self.backfill_button.setObjectName("backfill")
        self.copy_button = self._named(f"复制第 {number} 份建议 Ctrl+Shift+{number}")
        self.up_button = self._named("赞成这份建议 Ctrl+↑", checkable=True)
        self.down_button = self._named("不赞成这份建议 Ctrl+↓", checkable=True)
        self.report_button = self._named("识别错误：报告所选文字有错 Ctrl+E")
        self.chips = ReasonChips(reasons)
        self._lay_out()
        self.backfill_button.clicked.connect(self.backfill_wanted)
        self.copy_button.clicked.connect(self.copy_wanted)
        self.up_button.clicked.connect(lambda: self.vote_wanted.emit(Vote.UP))
        self.down_button.clicked.connect(lambda: self.vote_wanted.emit(Vote.DOWN))
        self.report_button.clicked.connect(self.report_wanted)
        keys.changed.connect(self._name_backfill)

    def set_target(self, bed: str, name: str, number: str) -> None:
        """Whom a backfill would go to (bed, name, 住院号), as the button says."""
        self._target = (visible_controls(bed), visible_controls(name), visible_controls(number))
        self._name_backfill()

    def set_part(self, part: str) -> None:
        """Say on the button how much would be put into the note; empty: all."""
        self._part = part
        self._name_backfill()

    def set_usable(self, usable: bool) -> None:
        """Whether there is something to act on."""
        marks = (self.copy_button, self.up_button, self.down_button, self.report_button)
        for button in (self.backfill_button, *marks):
            button.setEnabled(usable)

    def show_vote(self, vote: Vote | None) -> None:
        """The standing vote; without one no reasons are offered."""
        if vote is None:
            self.chips.offer(None)
        self.up_button.setChecked(vote is Vote.UP)
        self.down_button.setChecked(vote is Vote.DOWN)

    def set_theme(self, theme: Theme) -> None:
        """Colours of the icons."""
        self.backfill_button.setIcon(icon("backfill", theme))
        self.copy_button.setIcon(icon("copy", theme))
        self.up_button.setIcon(icon("thumb_up", theme))
        self.down_button.setIcon(icon("thumb_down", theme))
        self.report_button.setIcon(icon("report", theme))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._name_backfill()

    def _named(self, name: str, *, checkable: bool = False) -> QToolButton:
        """A button whose name says its key."""
        button = tool_button("", checkable=checkable)
        Worded(button, self._keys, name, button.setToolTip, button.setAccessibleName)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.backfill_button, 1)
        for button in (self.copy_button, self.up_button, self.down_button, self.report_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.chips)
        layout.addSpacing(4)
        layout.addLayout(row)

    def _name_backfill(self) -> None:
        part = f"{self._part} " if self._part else ""
        key = self._keys.shown(f"backfill_{self._number}")
        self.backfill_button.setText(f"回填 {part}{key}\n{self._fitting_target()}".rstrip())
        whom = " ".join(self._target)
        self.backfill_button.setAccessibleName(f"把第 {self._number} 份建议回填到 {whom} 的{self._place}")
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


def tool_button(name: str, *, checkable: bool = False) -> QToolButton:
    """A flat button with an icon, whose name is its tool tip."""
    button = QToolButton()
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setCheckable(checkable)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
