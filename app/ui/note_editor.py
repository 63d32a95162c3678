"""The note: whose it is, what it is, whether it is saved, and its sections as growing plain-text editors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.controllers.note import OpenNote
from app.core.checks.complaint import CUSTOM_CHARACTERS, complaint_characters
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, DIFFERENTIAL, SECTIONS, NoteKind, Section, input_hash
from app.ui.quality_list import QualityList
from app.ui.section_editor import SectionEditor
from app.ui.text_safety import visible_controls
from app.ui.theme import Appearance, Theme
from app.ui.wording import bed_label, exact, person

NO_NOTE_HINT = "从左侧选择一位患者开始书写首次病程记录。\n\nCtrl+K 搜索患者　　Ctrl+N 新增患者"
_LABEL_WIDTH_CHARACTERS = 5.6
_SCROLL_MARGIN = 16
_MINIMUM_LINES = {CASE_FEATURES.key: 4, CHIEF_COMPLAINT.key: 1}


class NoteHeader(QFrame):
    """Name, sex, age, bed, 住院号; the document, its version, and whether everything typed is saved."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("noteHeader")
        self.name = _label("patientName")
        self.details = _label("patientDetails")
        self.document = _label("documentTitle")
        self.version = QPushButton()
        self.version.setObjectName("version")
        self.version.setToolTip("版本历史与修改痕迹  Ctrl+H")
        self.version.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.quality = QPushButton("质控 无")
        self.quality.setObjectName("version")
        self.quality.setCheckable(True)
        self.quality.setChecked(True)
        self.quality.setToolTip("质控清单：显示或收起  Ctrl+Shift+Q")
        self.quality.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.saved = _label("savedState")
        self.saved.setAccessibleName("保存状态")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 16, 6)
        layout.setSpacing(12)
        layout.addWidget(self.name)
        layout.addWidget(self.details, 1)
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
        self.show_version(note.note.kind, note.note.version)

    def show_version(self, kind: NoteKind, version: int) -> None:
        """Show which document, at which version."""
        self.document.setText(kind.heading)
        self.version.setText(f"第 {version} 版" if version else "版本历史")

    def show_saved(self, words: str, tip: str = "", *, trouble: bool = False) -> None:
        """Say how safe the text is."""
        self.saved.setText(words)
        self.saved.setToolTip(tip)
        self.saved.setProperty("trouble", trouble)
        self.saved.style().polish(self.saved)


class NoteEditor(QWidget):
    """The sections of one note.

    Signals:
        edited: section key, whole text; after the doctor changed it.
        input_changed: the hash of 主诉 and 病例特点 changed.
        refused: a sentence; a paste was too long.
    """

    edited = Signal(str, str)
    input_changed = Signal(str)
    refused = Signal(str)

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self.setAccessibleName("病程记录")
        self.header = NoteHeader()
        self.editors: dict[str, SectionEditor] = {}
        self.last_focused: SectionEditor | None = None
        self._note: OpenNote | None = None
        self._count = _label("characterCount")
        self._page = QWidget()
        self._page.setObjectName("notePage")
        self._grid = QGridLayout(self._page)
        self.sections = QScrollArea()
        self.quality = QualityList()
        self._body = QWidget()
        self._empty = _label("emptyPage", NO_NOTE_HINT)
        self._set_up(appearance)

    @property
    def note(self) -> OpenNote | None:
        """The open note as it was opened; the editors hold what it has become."""
        return self._note

    @property
    def chief_complaint(self) -> str:
        """The present 主诉."""
        return self.editors[CHIEF_COMPLAINT.key].text()

    @property
    def case_features(self) -> str:
        """The present 病例特点."""
        return self.editors[CASE_FEATURES.key].text()

    @property
    def differential(self) -> SectionEditor:
        """The editor that suggestions are put into."""
        return self.editors[DIFFERENTIAL.key]

    def input_hash(self) -> str:
        """The hash of the present 主诉 and 病例特点."""
        return input_hash(self.chief_complaint, self.case_features)

    def show_note(self, note: OpenNote) -> None:
        """Show a note from its beginning, with empty undo histories."""
        self._note = note
        self._show_sections(True)
        self.header.show_note(note)
        for key, editor in self.editors.items():
            editor.set_text(note.note.sections.get(key, ""), note.note.note_id)
            editor.setReadOnly(False)
        self._show_count()
        self.sections.verticalScrollBar().setValue(0)
        self.show_saved(note.note.updated_at)

    def show_saved(self, moment: datetime) -> None:
        """Everything typed until `moment` is in the database."""
        self.header.show_saved("已自动保存", f"保存于 {exact(moment)}")

    def show_unsaved(self) -> None:
        """Something typed is not yet in the database."""
        self.header.show_saved("正在保存…")

    def show_save_failed(self, reason: str) -> None:
        """What is typed could not be stored; it is kept and tried again."""
        self.header.show_saved("未能保存，将重试", reason, trouble=True)

    def focus_first(self) -> None:
        """Put the cursor where the doctor was, or into 主诉."""
        (self.last_focused or self.editors[CHIEF_COMPLAINT.key]).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_section(self, editor: SectionEditor, position: int) -> None:
        """Give an editor the focus and, once it has grown, bring the line of a document position to the top."""
        editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        QTimer.singleShot(0, self, lambda: self._bring_up(editor, position))

    def show_span(self, key: str, start: int, end: int) -> None:
        """Select a span of a section (in code points) and put the cursor there."""
        editor = self.editors[key]
        self.show_section(editor, editor.select(start, end))

    def replace_sections(self, sections: Mapping[str, str]) -> None:
        """Turn the sections into others: one undoable edit in each that differs."""
        for key, editor in self.editors.items():
            if editor.text() != sections[key]:
                editor.replace_whole(sections[key])

    def undo(self) -> None:
        """Undo in the editor that was used last."""
        if self.last_focused is not None:
            self.last_focused.undo()

    def set_ai_lines(self, is_ai: Callable[[str], bool]) -> None:
        """How to tell AI lines, for every section."""
        for editor in self.editors.values():
            editor.set_ai_lines(is_ai)

    def _set_up(self, appearance: Appearance) -> None:
        grid = self._grid
        grid.setContentsMargins(0, 0, 0, 8)
        grid.setSpacing(0)
        width = round(appearance.sizes.section * _LABEL_WIDTH_CHARACTERS) + 16
        for section in SECTIONS[NoteKind.FIRST_PROGRESS]:
            self._add_section(grid, section, width)
        grid.setRowStretch(grid.rowCount(), 1)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sections.setWidget(self._page)
        self.sections.setWidgetResizable(True)
        self.sections.setFrameShape(QFrame.Shape.NoFrame)
        self.sections.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sections.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout(self._body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sections, 1)
        row.addWidget(self.quality)
        self.quality.setFixedWidth(self.quality.sizeHint().width())
        self.header.quality.toggled.connect(self.quality.setVisible)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._body, 1)
        layout.addWidget(self._empty, 1)
        self._show_sections(False)
        appearance.changed.connect(self._on_theme)
        self._on_theme(appearance.theme)

    def _bring_up(self, editor: SectionEditor, position: int) -> None:
        self._grid.activate()
        self.sections.verticalScrollBar().setValue(editor.y() + editor.top_of(position) - _SCROLL_MARGIN)

    def _show_sections(self, shown: bool) -> None:
        self.header.setVisible(shown)
        self._body.setVisible(shown)
        self._empty.setVisible(not shown)

    def _add_section(self, grid: QGridLayout, section: Section, label_width: int) -> None:
        editor = SectionEditor(section, _MINIMUM_LINES.get(section.key, 2))
        editor.setReadOnly(True)
        editor.edited.connect(self._on_edited)
        editor.refused.connect(self.refused)
        editor.focused.connect(self._on_focused)
        title = _label("sectionTitle", section.title)
        title.setWordWrap(True)
        title.setFixedWidth(label_width)
        title.setBuddy(editor)
        row = 2 * len(self.editors)
        grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
        if section is CHIEF_COMPLAINT:
            grid.addWidget(editor, row, 1)
            grid.addWidget(self._count, row, 2, Qt.AlignmentFlag.AlignVCenter)
        else:
            grid.addWidget(editor, row, 1, 1, 2)
        grid.addWidget(_hairline(), row + 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self.editors[section.key] = editor

    def _on_edited(self, key: str, text: str) -> None:
        self.show_unsaved()
        self.edited.emit(key, text)
        if key in (CHIEF_COMPLAINT.key, CASE_FEATURES.key):
            self._show_count()
            self.input_changed.emit(self.input_hash())

    def _on_focused(self, key: str) -> None:
        self.last_focused = self.editors[key]

    def _show_count(self) -> None:
        length = complaint_characters(self.chief_complaint)
        over = length > CUSTOM_CHARACTERS
        self._count.setText(f"{length} / {CUSTOM_CHARACTERS} 字{'，偏长' if over else ''}")
        self._count.setProperty("over", over)
        self._count.style().polish(self._count)

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
