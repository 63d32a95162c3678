"""The sections of one kind of document, one growing editor below the other."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from app.core.checks.complaint import CUSTOM_CHARACTERS, complaint_characters
from app.core.notes import ADMISSION_DATE, CASE_FEATURES, CHIEF_COMPLAINT, DISCHARGE_DATE, SECTIONS, NoteKind, Section
from app.ui.kit.keys import Worded
from app.ui.kit.theme import Appearance, Theme
from app.ui.note.section_editor import SectionEditor

_LABEL_WIDTH_CHARACTERS = 5.6
_USUAL_LINES = 2
_WRITE = Qt.TextInteractionFlag.TextEditorInteraction
_READ = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
_MINIMUM_LINES = {CASE_FEATURES.key: 4, CHIEF_COMPLAINT.key: 1, ADMISSION_DATE.key: 1, DISCHARGE_DATE.key: 1}


class SectionPage(QWidget):
    """The page of one kind; it shows one note of that kind after another.

    Signals:
        edited: section key, whole text; after the doctor changed it.
        focused: section key.
        refused: a sentence; a paste was too long.
        undo_wanted: in the editor that has the cursor.
    """

    edited = Signal(str, str)
    focused = Signal(str)
    refused = Signal(str)
    undo_wanted = Signal()

    def __init__(self, kind: NoteKind, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notePage")
        self.editors: dict[str, SectionEditor] = {}
        self.count = _label("characterCount")
        self.count.setParent(self)
        self.count.setVisible(kind is NoteKind.FIRST_PROGRESS)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 8)
        self._grid.setSpacing(0)
        width = round(appearance.sizes.section * _LABEL_WIDTH_CHARACTERS) + 16
        for section in SECTIONS[kind]:
            self._add_section(section, width)
            editor = self.editors[section.key]
            Worded(editor, appearance.keys, section.hint, editor.setPlaceholderText, editor.setAccessibleDescription)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        appearance.changed.connect(self._on_theme)
        self._on_theme(appearance.theme)

    def text_of(self, key: str) -> str:
        """The present text of a section; empty if this kind has no such section."""
        return self.editors[key].text() if key in self.editors else ""

    def show_texts(self, texts: Mapping[str, str], origin: str, *, locked: bool) -> None:
        """Show another note (`origin` is its id), with empty undo histories; `locked`: it can only be read."""
        for key, editor in self.editors.items():
            editor.set_text(texts.get(key, ""), origin)
            editor.setTextInteractionFlags(_READ if locked else _WRITE)
        self._show_count()

    def settle(self) -> None:
        """Give every editor the place that its text needs, now."""
        self._grid.activate()

    def _add_section(self, section: Section, label_width: int) -> None:
        editor = SectionEditor(section, _MINIMUM_LINES.get(section.key, _USUAL_LINES))
        editor.setReadOnly(True)
        editor.edited.connect(self._on_edited)
        editor.refused.connect(self.refused)
        editor.focused.connect(self.focused)
        editor.undo_wanted.connect(self.undo_wanted)
        title = _label("sectionTitle", section.title)
        title.setWordWrap(True)
        title.setFixedWidth(label_width)
        title.setBuddy(editor)
        row = 2 * len(self.editors)
        self._grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
        if section is CHIEF_COMPLAINT:
            self._grid.addWidget(editor, row, 1)
            self._grid.addWidget(self.count, row, 2, Qt.AlignmentFlag.AlignVCenter)
        else:
            self._grid.addWidget(editor, row, 1, 1, 2)
        self._grid.addWidget(_hairline(), row + 1, 0, 1, 3)
        self._grid.setColumnStretch(1, 1)
        self.editors[section.key] = editor

    def _on_edited(self, key: str, text: str) -> None:
        if key == CHIEF_COMPLAINT.key:
            self._show_count()
        self.edited.emit(key, text)

    def _show_count(self) -> None:
        length = complaint_characters(self.text_of(CHIEF_COMPLAINT.key))
        over = length > CUSTOM_CHARACTERS
        self.count.setText(f"{length} / {CUSTOM_CHARACTERS} 字{'，偏长' if over else ''}")
        self.count.setProperty("over", over)
        self.count.style().polish(self.count)

    def _on_theme(self, theme: Theme) -> None:
        for editor in self.editors.values():
            editor.set_theme(theme)


def _label(name: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _hairline() -> QFrame:
    line = QFrame()
    line.setObjectName("hairline")
    line.setFixedHeight(1)
    return line
