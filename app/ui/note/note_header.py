"""The line above a note: whose it is, which document at which version, and whether everything typed is saved."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton

from app.controllers.note import OpenNote
from app.core.notes import NoteKind, NoteState
from app.ui.kit.keys import Keys, Worded
from app.ui.kit.text_safety import tool_tip, visible_controls
from app.ui.kit.wording import bed_label, day, person

DOCUMENTS = "本次住院的文书：切换、新建  Ctrl+D"


class NoteHeader(QFrame):
    """Name, sex, age, bed, 住院号; the document, its version, and whether everything typed is saved."""

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self.setObjectName("noteHeader")
        self.name = _label("patientName")
        self.details = _label("patientDetails")
        self.documents = QMenu(self)
        self.document = _button(keys, DOCUMENTS)
        self.document.setMenu(self.documents)
        self.version = _button(keys, "版本历史与修改痕迹  Ctrl+H")
        self.quality = _button(keys, "质控清单：显示或收起  Ctrl+Shift+Q", "质控 无")
        self.quality.setCheckable(True)
        self.quality.setChecked(True)
        self.stays = QMenu(self)
        self.stay = _button(keys, "患者：换床、转科、病情、出院、合并病案  Ctrl+M")
        self.stay.setMenu(self.stays)
        self.namesakes = _label("namesakes")
        self.namesakes.hide()
        self.saved = _label("savedState")
        self.saved.setAccessibleName("保存状态")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 16, 6)
        layout.setSpacing(12)
        layout.addWidget(self.name)
        layout.addWidget(self.namesakes)
        layout.addWidget(self.details, 1)
        layout.addWidget(self.stay)
        layout.addWidget(self.document)
        layout.addWidget(self.version)
        layout.addWidget(self.quality)
        layout.addWidget(self.saved)

    def show_note(self, note: OpenNote) -> None:
        """Show whose note is open."""
        encounter = note.encounter
        self.name.setText(visible_controls(note.patient.name))
        number = f"住院号 {encounter.mrn}" if encounter.mrn else "无住院号"
        department = encounter.department or encounter.ward
        facts = (person(note.patient, encounter), bed_label(encounter.bed), number, department)
        self.details.setText(visible_controls("   ".join(fact for fact in facts if fact)))
        daily = note.note.kind is NoteKind.DAILY_PROGRESS
        dated = f"{note.note.kind.heading}{f' {day(note.note.recorded_at)}' if daily else ''}"
        state = "修正中" if note.note.amending else "" if note.note.state is NoteState.DRAFT else note.note.state.words
        self.document.setText(f"{dated} · {state}" if state else dated)
        self.show_version(note.note.version)

    def show_stay(self, words: str, namesakes: Sequence[str]) -> None:
        """Show how the patient is, and a warning where others of the same name are in."""
        self.stay.setText(words)
        self.namesakes.setText("⚠ 同名")
        self.namesakes.setToolTip(tool_tip("另有同名患者在院：", *namesakes))
        self.namesakes.setAccessibleName("另有同名患者在院：" + "；".join(namesakes))
        self.namesakes.setVisible(bool(namesakes))

    def show_version(self, version: int) -> None:
        """Show at which version the document is."""
        self.version.setText(f"第 {version} 版" if version else "版本历史")

    def show_saved(self, words: str, tip: str = "", *, trouble: bool = False) -> None:
        """Say how safe the text is."""
        self.saved.setText(words)
        self.saved.setToolTip(tip)
        self.saved.setProperty("trouble", trouble)
        self.saved.style().polish(self.saved)


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _button(keys: Keys, tip: str, text: str = "") -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("version")
    Worded(button, keys, tip, button.setToolTip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
