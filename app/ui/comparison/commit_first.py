"""先写后看: the answers stay covered, in random order, until the doctor has written a first diagnosis of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from app.controllers.feedback import FeedbackController
from app.core.notes import PRELIMINARY_DIAGNOSIS
from app.ui.comparison.comparison_area import ComparisonArea
from app.ui.comparison.comparison_desk import ComparisonDesk
from app.ui.kit.keys import Worded
from app.ui.kit.notice_bar import Done
from app.ui.note.note_editor import NoteEditor

WRITE_FIRST = "先写后看：请先在“初步诊断”中写下您自己的第一诊断，再按 Ctrl+Shift+D 查看各模型的建议。"
WRITTEN = "您的诊断已写下，按 Ctrl+Shift+D 查看各模型的建议。"
MODE_ON = "已开启先写后看：下次生成时各栏先遮住、次序随机，写下自己的第一诊断后再查看。"
MODE_OFF = "已关闭先写后看：各栏直接显示。"
TIP = "先写下自己的第一诊断，再看各模型的建议；次序随机  Ctrl+Shift+D"
_ON, _OFF = "on", "off"
_SETTING = "commit_first:"
# In the kept settings: what holds for a doctor who has chosen nothing.
DEFAULT = "commit_first"


class Cover(QFrame):
    """Lies in the place of the panes."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("cover")
        self.words = QLabel(WRITE_FIRST)
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.addWidget(self.words)
        self.setVisible(False)


class CommitFirst(QObject):
    """The presenter of the mode; it is kept per doctor."""

    def __init__(
        self,
        area: ComparisonArea,
        editor: NoteEditor,
        desk: ComparisonDesk,
        feedback: FeedbackController,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(area)
        self._area = area
        self._editor = editor
        self._desk = desk
        self._feedback = feedback
        self._say = say
        self._choices: dict[str, str] = {}
        self._default = _OFF
        self._waiting: set[str] = set()
        self.cover = Cover()
        self.button = QPushButton("先写后看")
        self.button.setObjectName("judge")
        self.button.setCheckable(True)
        Worded(self.button, area.keys, TIP, self.button.setToolTip)
        area.add_cover(self.cover, self.button)
        self.button.clicked.connect(self._on_switched)
        desk.comparison_begun.connect(self._on_begun)
        desk.view_changed.connect(self.refresh)
        editor.edited.connect(lambda _key, _text: self._show_words())
        area.keys.changed.connect(self._show_words)
        feedback.actor_changed.connect(self._show_choice)

    @property
    def hides(self) -> bool:
        """Whether the shown comparison is covered."""
        shown = self._desk.shown
        return shown is not None and shown.comparison.comparison_id in self._waiting

    def state(self) -> dict[str, str]:
        """What each doctor of this data folder chose, for the settings; nothing for one who made no choice."""
        return dict(self._choices)

    def restore(self, kept: Mapping[str, str]) -> None:
        """As the doctor left it, or as `DEFAULT` says."""
        self._choices = {name: choice for name, choice in kept.items() if name.startswith(_SETTING)}
        self._default = kept.get(DEFAULT, _OFF)
        self._show_choice()

    def use_key(self) -> None:
        """Uncover the answers if the doctor has written; where nothing is covered, switch the mode."""
        if not self.hides:
            self.button.click()
        elif self._own_diagnosis():
            self._uncover()
        else:
            self._say(WRITE_FIRST)

    def refresh(self) -> None:
        """Cover what is shown, or not; what was begun while the mode was on is uncovered once it is off."""
        if self.hides and not self.button.isChecked():
            self._uncover()
        hides = self.hides
        self.cover.setVisible(hides)
        if hides:
            self._area.cover_panes()
        self._show_words()

    @property
    def _setting(self) -> str:
        return f"{_SETTING}{self._feedback.actor}"

    def _show_choice(self) -> None:
        """The mode of the doctor who works now; what is covered for the one before is not for one who did not ask."""
        on = self._choices.get(self._setting, self._default) == _ON
        self.button.setChecked(on)
        self._desk.shuffles = on
        if not on and self.hides:
            self._uncover()

    def _on_switched(self, on: bool) -> None:
        self._choices[self._setting] = _ON if on else _OFF
        self._desk.shuffles = on
        self._say(Done(MODE_ON if on else MODE_OFF))
        if not on and self.hides:
            self._uncover()

    def _on_begun(self, comparison_id: str) -> None:
        if self.button.isChecked():
            self._waiting.add(comparison_id)

    def _uncover(self) -> None:
        shown = self._desk.shown
        if shown is None:
            return
        self._waiting.discard(shown.comparison.comparison_id)
        wrote = bool(self._own_diagnosis())
        for card in shown.runs:
            self._feedback.uncovered(card.run.run_id, card.run.display_order, wrote_first=wrote)
        self._area.uncover_panes()
        self._desk.view_changed.emit()

    def _own_diagnosis(self) -> str:
        editor = self._editor.editors.get(PRELIMINARY_DIAGNOSIS.key)
        return editor.text().strip() if editor is not None else ""

    def _show_words(self) -> None:
        self.cover.words.setText(self._area.keys.worded(WRITTEN if self._own_diagnosis() else WRITE_FIRST))
