"""Asks before a backfill that is not plain: a stale suggestion, an unfinished one, or sections that have text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.kit.diff_view import DiffView, Part
from app.ui.kit.theme import Appearance


@dataclass(frozen=True, slots=True)
class BackfillQuestion:
    """What is asked: `title` of the window, whose note it is, warnings, `caption` of the difference, its `parts`, and
    `accept`, the words on the button. `choices`: what may be taken or left by itself, with what is proposed.
    """

    title: str
    person: str
    warnings: Sequence[str]
    caption: str
    parts: Sequence[Part]
    accept: str
    choices: Sequence[tuple[str, bool]] = ()

    @property
    def careful(self) -> bool:
        """There is something to read, or the doctor's own text to lose: Enter must not accept it."""
        return bool(self.warnings) or any(not proposed for _, proposed in self.choices)


class BackfillDialog(QDialog):
    """Shows the sections as they would be, with what is added and what goes marked."""

    def __init__(self, question: BackfillQuestion, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(question.title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(820, 440)
        self.view = DiffView(appearance)
        self.boxes = [QCheckBox(words) for words, _ in question.choices]
        for box, (_, proposed) in zip(self.boxes, question.choices, strict=True):
            box.setChecked(proposed)
        self._layout = QVBoxLayout(self)
        self._layout.setSpacing(8)
        self._add_heading(question)
        self._add_difference(question)
        self._add_choices()
        self._add_buttons(question)

    @property
    def chosen(self) -> tuple[int, ...]:
        """The choices that are ticked, by index."""
        return tuple(index for index, box in enumerate(self.boxes) if box.isChecked())

    def _add_heading(self, question: BackfillQuestion) -> None:
        heading = QLabel(f"回填到：{question.person}")
        heading.setObjectName("dialogHeading")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        self._layout.addWidget(heading)
        reasons = QLabel("\n".join(f"⚠ {warning}" for warning in question.warnings))
        reasons.setObjectName("dialogWarning")
        reasons.setTextFormat(Qt.TextFormat.PlainText)
        reasons.setWordWrap(True)
        reasons.setVisible(bool(question.warnings))
        self._layout.addWidget(reasons)

    def _add_difference(self, question: BackfillQuestion) -> None:
        title = QLabel(question.caption)
        title.setBuddy(self.view)
        self.view.setAccessibleName(title.text())
        self.view.show_parts(question.parts)
        self._layout.addWidget(title)
        self._layout.addWidget(self.view, 1)

    def _add_choices(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(16)
        for box in self.boxes:
            row.addWidget(box)
        row.addStretch(1)
        if self.boxes:
            self._layout.addLayout(row)

    def _add_buttons(self, question: BackfillQuestion) -> None:
        """Enter adds the text, unless something must be read first."""
        buttons = QDialogButtonBox()
        accept = buttons.addButton(question.accept, QDialogButtonBox.ButtonRole.AcceptRole)
        reject = buttons.addButton("不回填", QDialogButtonBox.ButtonRole.RejectRole)
        usual = reject if question.careful else accept
        usual.setObjectName("primary")
        usual.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._layout.addWidget(buttons)
        usual.setFocus()
