"""The findings of the quality checks beside the note: severity and section in words, below them the reason."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QListWidget, QListWidgetItem, QVBoxLayout

from app.core.checks.finding import Finding, Severity
from app.core.notes import SECTIONS
from app.ui.kit.keys import Keys
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wrapped_items import wrap_items
from app.ui.note.review_list import ReviewList

WIDTH_CHARACTERS = 16
LEAST_LINES = 4
_SIGNS = {Severity.MUST: "■", Severity.ADVISED: "□"}
_TITLES = {section.key: section.title for sections in SECTIONS.values() for section in sections}


class QualityList(QFrame):
    """The side list of a note.

    Signals:
        chosen: a Finding; the doctor wants its place.
    """

    chosen = Signal(object)

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self.setObjectName("qualityColumn")
        self.view = QListWidget()
        self.review = ReviewList(keys)
        self._findings: tuple[Finding, ...] = ()
        self._title = QLabel()
        self._title.setObjectName("qualityTitle")
        self._set_up()
        self._say()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is shown."""
        return self._findings

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show these; the row in use stays where it was."""
        row = self.view.currentRow()
        if [words(finding) for finding in findings] != [words(finding) for finding in self._findings]:
            self.view.clear()
            for finding in findings:
                self.view.addItem(QListWidgetItem(words(finding)))
            self.view.setCurrentRow(min(row, len(findings) - 1))
        self._findings = tuple(findings)
        self._say()

    def show_checking(self) -> None:
        """Nothing is known yet of the note."""
        self.view.clear()
        self._findings = ()
        self._title.setText("质控：正在检查…")

    def take_focus(self) -> None:
        """Put the keyboard here, on a finding if there is one."""
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if self.view.currentRow() < 0:
            self.view.setCurrentRow(0)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Wide enough for a short sentence in two lines."""
        return QSize(self.fontMetrics().horizontalAdvance("字" * WIDTH_CHARACTERS), super().sizeHint().height())

    def _set_up(self) -> None:
        self.view.setAccessibleName("质控清单")
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        wrap_items(self.view)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.view.itemClicked.connect(self._on_chosen)
        self.view.itemActivated.connect(self._on_chosen)
        self.view.setMinimumHeight(self.fontMetrics().lineSpacing() * LEAST_LINES)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._title)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.review)

    def _say(self) -> None:
        self._title.setText("质控：先核对这些，回车转到原文" if self._findings else "质控：规则未发现问题")

    def _on_chosen(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self._findings[self.view.row(item)])


def words(finding: Finding) -> str:
    """A finding in two lines: how much it matters and where, then why."""
    head = f"{_SIGNS[finding.severity]} {finding.severity} · {_TITLES[finding.span.section]}"
    return f"{head}\n{visible_controls(finding.reason)}"


def count_words(findings: Sequence[Finding]) -> str:
    """How many there are, in the words of the header (`质控 3 项`)."""
    return f"质控 {len(findings)} 项" if findings else "质控 无"
