"""Marks in the note the places that a point of a suggestion comes from, and brings the first of them into sight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit

from app.core.evidence import Span
from app.ui.kit.text_positions import utf16_length
from app.ui.kit.theme import Theme
from app.ui.note.note_editor import NoteEditor
from app.ui.note.section_editor import SectionEditor

_MARGIN = 24


class EvidenceMarks:
    """The marks are tinted and underlined; they take neither the focus nor the cursor."""

    def __init__(self, editor: NoteEditor) -> None:
        self._editor = editor
        self._marked: set[SectionEditor] = set()

    def show(self, spans: Iterable[Span], theme: Theme, *, reveal: bool) -> None:
        """Mark these places and no others."""
        self.clear()
        by_section: dict[str, list[Span]] = {}
        for span in spans:
            by_section.setdefault(span.section, []).append(span)
        for key, places in by_section.items():
            section = self._editor.editors.get(key)
            if section is not None:
                self._mark(section, places, theme)
                if reveal:
                    self._reveal(section, places[0].start)
                    reveal = False

    def clear(self) -> None:
        """Mark nothing."""
        for section in self._marked:
            section.setExtraSelections([])
        self._marked.clear()

    def _mark(self, section: SectionEditor, places: Sequence[Span], theme: Theme) -> None:
        text = section.text()
        style = QTextCharFormat()
        style.setBackground(QColor(theme.selection))
        style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DashUnderline)
        style.setUnderlineColor(QColor(theme.accent))
        marks = []
        for place in places:
            mark = QTextEdit.ExtraSelection()
            cursor = QTextCursor(section.document())
            cursor.setPosition(utf16_length(text[: place.start]))
            cursor.setPosition(utf16_length(text[: place.end]), QTextCursor.MoveMode.KeepAnchor)
            mark.cursor = cursor
            mark.format = style
            marks.append(mark)
        section.setExtraSelections(marks)
        self._marked.add(section)

    def _reveal(self, section: SectionEditor, place: int) -> None:
        position = utf16_length(section.text()[:place])
        top, height = section.top_of(position), section.viewport().height()
        if not 0 <= top <= height - _MARGIN:
            bar = section.verticalScrollBar()
            bar.setValue(bar.value() + top - _MARGIN)
        scroll, page = self._editor.sections, self._editor.sections.widget()
        if page is not None:
            spot = section.mapTo(page, QPoint(0, section.top_of(position)))
            scroll.ensureVisible(0, spot.y() + _MARGIN // 2, 0, _MARGIN)
