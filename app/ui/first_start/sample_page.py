"""Whether a sample encounter is opened to begin with."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox

from app.controllers.first_start import FirstStartController
from app.ui.first_start.step_page import StepPage
from app.ui.kit.words import Words


class SamplePage(StepPage):
    """The last page."""

    def __init__(self, start: FirstStartController, words: Words, *, preset: bool) -> None:
        """`preset`: the samples are opened without a question."""
        super().__init__(
            words("示例病历"),
            words("载入十份虚构的示例病历并打开第一份：按 Ctrl+Enter 就能看到各模型的建议。示例都有标记。"),
        )
        self._start = start
        self._preset = preset
        self.wanted = QCheckBox(words("载入并打开示例病历(&S)"))
        self.wanted.setChecked(True)
        self.next_words = words("打开病程助手(&N)")
        self.rows.addWidget(self.wanted)
        self.finish_layout()

    def enter(self) -> None:
        """Nothing to wait for."""
        self.wanted.setFocus()
        if self._preset:
            self.go_on()

    def go_on(self) -> None:
        """Keep the wish; the window fulfils it."""
        self._start.wants_sample = self.wanted.isChecked()
        self.completed.emit()
