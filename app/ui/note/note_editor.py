"""The note: its header, and the sections of its kind as growing plain-text editors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.controllers.note import OpenNote
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, DIFFERENTIAL, NoteKind, NoteState, input_hash
from app.ui.kit.keys import Worded
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import exact
from app.ui.note.note_header import NoteHeader
from app.ui.note.quality_list import QualityList
from app.ui.note.section_editor import SectionEditor
from app.ui.note.section_page import SectionPage

NO_NOTE_HINT = "从左侧选择一位患者开始书写首次病程记录。\n\nCtrl+K 搜索患者　　Ctrl+N 办理入院"
_SCROLL_MARGIN = 16


class NoteEditor(QWidget):
    """One note at a time, of any kind.

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
        self.keys = appearance.keys
        self.header = NoteHeader(self.keys)
        self.last_focused: SectionEditor | None = None
        self._appearance = appearance
        self._note: OpenNote | None = None
        self._together: list[SectionEditor] = []
        self._revisions: dict[SectionEditor, int] = {}
        self._pages: dict[NoteKind, SectionPage] = {}
        self._page = self._page_of(NoteKind.FIRST_PROGRESS)
        self.sections = QScrollArea()
        self.quality = QualityList(self.keys)
        self._body = QWidget()
        self._empty = _label("emptyPage")
        Worded(self._empty, self.keys, NO_NOTE_HINT, self._empty.setText)
        self._set_up()

    @property
    def note(self) -> OpenNote | None:
        """The open note as it was opened; the editors hold what it has become."""
        return self._note

    @property
    def editors(self) -> Mapping[str, SectionEditor]:
        """The editors of the document that is shown, by section key."""
        return self._page.editors

    @property
    def chief_complaint(self) -> str:
        """The present 主诉; empty in a document that has none."""
        return self._page.text_of(CHIEF_COMPLAINT.key)

    @property
    def case_features(self) -> str:
        """The present 病例特点; empty in a document that has none."""
        return self._page.text_of(CASE_FEATURES.key)

    @property
    def differential(self) -> SectionEditor:
        """The editor that suggestions are put into. Raises KeyError in a document that has none."""
        return self.editors[DIFFERENTIAL.key]

    def input_hash(self) -> str:
        """The hash of the present 主诉 and 病例特点."""
        return input_hash(self.chief_complaint, self.case_features)

    def show_note(self, note: OpenNote) -> None:
        """Show a note from its beginning, with empty undo histories."""
        self._note, self._together = note, []
        self._show_sections(True)
        self.header.show_note(note)
        self._show_page(self._page_of(note.note.kind))
        self._page.show_texts(note.note.sections, note.note.note_id, locked=note.note.state is NoteState.SIGNED)
        self.sections.verticalScrollBar().setValue(0)
        self.show_saved(note.note.updated_at)

    def show_stay(self, note: OpenNote) -> None:
        """Whose stay it is has changed in some detail (another bed); the text stays as it is."""
        self._note = note
        self.header.show_note(note)

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
        """Put the cursor where the doctor was, or into the first section, and show that place."""
        editor = self.last_focused or next(iter(self.editors.values()))
        if editor is next(iter(self.editors.values())):
            editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.show_section(editor, editor.textCursor().position())

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

    def replace_together(self, sections: Mapping[str, str]) -> None:
        """Turn some sections into others as one act: one undo takes all of it back while nothing else was written."""
        changed = [self.editors[key] for key, text in sections.items() if self.editors[key].text() != text]
        for editor in changed:
            editor.replace_whole(sections[editor.section.key])
        self._together = changed
        self._revisions = {editor: editor.document().revision() for editor in self.editors.values()}

    def undo(self) -> None:
        """Take back what several sections got at once; else undo in the editor that was used last."""
        together, self._together = self._together, []
        last = [self.last_focused] if self.last_focused is not None else []
        if together and all(self._untouched(editor) for editor in (*together, *last)):
            for editor in together:
                editor.undo()
        elif self.last_focused is not None:
            self.last_focused.undo()

    def _untouched(self, editor: SectionEditor) -> bool:
        """Nothing was written into it since several sections got something at once."""
        return self._revisions.get(editor) == editor.document().revision()

    def _page_of(self, kind: NoteKind) -> SectionPage:
        """The page of a kind, made when it is first needed."""
        if kind not in self._pages:
            page = self._pages[kind] = SectionPage(kind, self._appearance, self)
            page.hide()
            page.edited.connect(self._on_edited)
            page.refused.connect(self.refused)
            page.focused.connect(self._on_focused)
            page.undo_wanted.connect(self.undo)
        return self._pages[kind]

    def _show_page(self, page: SectionPage) -> None:
        if page is self._page:
            return
        # The scroll area would delete the page that it is given another one for.
        self.sections.takeWidget().setParent(self)
        self._page, self.last_focused = page, None
        self.sections.setWidget(page)
        page.show()

    def _set_up(self) -> None:
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

    def _bring_up(self, editor: SectionEditor, position: int) -> None:
        self._page.settle()
        self.sections.verticalScrollBar().setValue(editor.y() + editor.top_of(position) - _SCROLL_MARGIN)

    def _show_sections(self, shown: bool) -> None:
        self.header.setVisible(shown)
        self._body.setVisible(shown)
        self._empty.setVisible(not shown)

    def _on_edited(self, key: str, text: str) -> None:
        self.show_unsaved()
        self.edited.emit(key, text)
        if key in (CHIEF_COMPLAINT.key, CASE_FEATURES.key):
            self.input_changed.emit(self.input_hash())

    def _on_focused(self, key: str) -> None:
        self.last_focused = self.editors[key]


def _label(name: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
