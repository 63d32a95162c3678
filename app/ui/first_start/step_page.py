"""What every page of the first start has: a heading, why it is asked, a sentence about how it went."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget


class StepPage(QWidget):
    """One step. `next_words` is what its button says, `can_go_on` and `can_skip` whether that is possible now.

    Signals:
        completed: the step is done; the next one comes.
        changed: what is possible has changed.
    """

    completed = Signal()
    changed = Signal()

    def __init__(self, heading: str, why: str) -> None:
        super().__init__()
        self.next_words = ""
        self.can_go_on = True
        self.can_skip = False
        title = _label(heading, "dialogHeading")
        self.why = _label(why, "diffSummary")
        self.trouble = _label("", "dialogWarning")
        self.trouble.setVisible(False)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(12)
        self.rows.addWidget(title)
        self.rows.addWidget(self.why)

    def finish_layout(self) -> None:
        """What comes last: the sentence about trouble, and room."""
        self.rows.addWidget(self.trouble)
        self.rows.addStretch(1)

    def enter(self) -> None:
        """The page is shown now."""

    def go_on(self) -> None:
        """Do the step; ends with `completed`, or with a sentence."""
        self.completed.emit()

    def leave_out(self) -> None:
        """The step is skipped; what is at work ends."""

    def say(self, sentence: str) -> None:
        """What went wrong; nothing for an empty sentence."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

    def allow(self, *, go_on: bool) -> None:
        """Whether the step can be done now."""
        self.can_go_on = go_on
        self.changed.emit()


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
