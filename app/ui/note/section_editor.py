"""The editor of one section of a note: plain text that grows with its content, with a model's sentences tinted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QEvent, QMimeData, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocumentFragment,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QToolTip, QWidget

from app.core.notes import MAX_SECTION_CHARACTERS, Section
from app.core.provenance import AiSpan
from app.ui.comparison.input_change import common_prefix
from app.ui.kit.composition import Composition
from app.ui.kit.text_positions import code_points, utf16_length
from app.ui.kit.text_safety import AI_MARK, marked_copy, tool_tip
from app.ui.kit.theme import Theme, line_height_percent
from app.ui.note.sources import describe

MAX_VISIBLE_LINES = 30
_RULE_WIDTH = 3
_ORIGIN_FORMAT = "application/x-wardnote-origin"


class SectionEditor(QTextEdit):
    """A plain-text editor of one section.

    Signals:
        edited: the section's key and its whole text, after the doctor (not the program) changed it.
        focused: the section's key, when the cursor comes here.
        refused: a sentence for the doctor; nothing was pasted.
        undo_wanted: the key for undo was pressed here; one act may have changed other sections too.
    """

    edited = Signal(str, str)
    focused = Signal(str)
    refused = Signal(str)
    undo_wanted = Signal()

    def __init__(self, section: Section, minimum_lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section = section
        self._minimum_lines = minimum_lines
        self._origin = ""
        self.composition = Composition()
        self._loading = False
        self.ai_spans: tuple[AiSpan, ...] = ()
        self._ai_mark = AI_MARK
        self._tinted: tuple[tuple[int, int], ...] = ()
        self._tint = QColor()
        self._rule = QColor()
        self._set_up()

    def _set_up(self) -> None:
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.section.title)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(6)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._grow())
        self.textChanged.connect(self._on_text_changed)
        self.set_text("", "")

    def text(self) -> str:
        """The section's plain text."""
        return self.toPlainText()

    def set_text(self, text: str, origin: str) -> None:
        """Show the text of another note (`origin` is its id) with an empty undo history."""
        self._origin = origin
        self.set_ai_spans(())
        self._loading = True
        self.setUndoRedoEnabled(False)
        self.setPlainText("")
        # One edit block, the line height first: thousands of lines are laid out once.
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        line = QTextBlockFormat()
        line.setLineHeight(line_height_percent(self.font()), QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(line)
        cursor.insertText(text)
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.setUndoRedoEnabled(True)
        self._loading = False
        self._grow()

    def replace_whole(self, text: str) -> int:
        """Turn the text into another one as a single edit that one undo takes back; the cursor stands after it.

        Returns the document position where the new text begins.
        """
        kept = utf16_length(common_prefix(self.text(), text))
        cursor = QTextCursor(self.document())
        cursor.setPosition(kept)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text.encode("utf-16-le")[2 * kept :].decode("utf-16-le"))
        self.setTextCursor(cursor)
        self.ensureCursorVisible()
        return kept

    def top_of(self, position: int) -> int:
        """How far below this editor's top the line of a document position is, in pixels."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(min(position, self.document().characterCount() - 1))
        return self.cursorRect(cursor).top()

    def set_ai_spans(self, spans: Sequence[AiSpan], mark: str = AI_MARK) -> None:
        """Which sentences a model wrote: those not reviewed are tinted, and `mark` goes with a copy of any."""
        self.ai_spans, self._ai_mark = tuple(spans), mark
        text = self.text() if spans else ""
        waiting = [span for span in spans if not span.reviewed]
        if text.isascii() or max(text) <= "\uffff":
            self._tinted = tuple((span.start, span.end) for span in waiting)
        else:
            self._tinted = tuple((utf16_length(text[: span.start]), utf16_length(text[: span.end])) for span in waiting)
        self.viewport().update()

    def ai_span_at(self, place: int) -> AiSpan | None:
        """The sentence of a model at this place (in code points), if there is one."""
        return next((span for span in self.ai_spans if span.start <= place <= span.end), None)

    def stretch(self) -> tuple[int, int, int]:
        """Start and end of what is selected, or of the cursor's paragraph, and the cursor's place, in code points."""
        text, cursor = self.text(), self.textCursor()
        block = cursor.block()
        ends = (block.position(), block.position() + block.length() - 1)
        if cursor.hasSelection():
            ends = (cursor.selectionStart(), cursor.selectionEnd())
        start, end, place = (code_points(text, position) for position in (*ends, cursor.position()))
        return start, end, place

    def set_theme(self, theme: Theme) -> None:
        """Colours of the tint and of its left rule."""
        self._tint, self._rule = QColor(theme.ai_tint), QColor(theme.ai_rule)
        self.viewport().update()

    def select(self, start: int, end: int) -> int:
        """Select a span in code points, as far as the text reaches; returns the document position of its start."""
        text = self.text()
        place = utf16_length(text[:start])
        cursor = QTextCursor(self.document())
        cursor.setPosition(place)
        cursor.setPosition(utf16_length(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        return place

    def has_ai_lines(self) -> bool:
        """Whether any line is tinted."""
        return bool(self._tinted)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As tall as the text, within the line limits."""
        return QSize(super().sizeHint().width(), self._wanted_height())

    def event(self, event: QEvent) -> bool:
        """Keep every key of a composition away from the shortcuts; say where a sentence comes from."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_source(event)
            return True
        if self.composition.keeps(event):
            event.accept()
            return True
        return super().event(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:  # noqa: N802
        """Follow whether a composition is under way."""
        self.composition.follow(event)
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_wanted.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.focused.emit(self.section.key)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._grow()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        self._paint_tint(event.rect())
        super().paintEvent(event)

    def createMimeDataFromSelection(self) -> QMimeData:  # noqa: N802
        """Plain text; where it holds a model's words the mark goes with it, save back into the same note."""
        text = QTextDocumentFragment(self.textCursor()).toPlainText()
        start, end, _ = self.stretch()
        marked = any(span.start < end and start < span.end for span in self.ai_spans)
        data = QMimeData()
        data.setData(_ORIGIN_FORMAT, f"{self._origin}\n{text}".encode())
        data.setText(marked_copy(text, self._ai_mark) if marked else text)
        return data

    def insert_lines(self, lines: str) -> None:
        """Put lines at the cursor as one edit, on a line of their own; refused where they would be too long."""
        cursor = self.textCursor()
        begun = bool(cursor.block().text()[: cursor.selectionStart() - cursor.block().position()].strip())
        self._insert(f"\n{lines}" if begun else lines)

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802
        self._insert(self._pasted_text(source))

    def _insert(self, text: str) -> None:
        room = MAX_SECTION_CHARACTERS - len(self.text()) + len(self.textCursor().selectedText())
        if len(text) > room:
            self.refused.emit(f"“{self.section.title}”最多 {MAX_SECTION_CHARACTERS} 字，粘贴的内容过长，未粘贴。")
            return
        self.textCursor().insertText(text)
        self.ensureCursorVisible()

    def _show_source(self, event: QHelpEvent) -> None:
        position = self.cursorForPosition(self.viewport().mapFrom(self, event.pos())).position()
        span = self.ai_span_at(code_points(self.text(), position))
        QToolTip.showText(event.globalPos(), tool_tip(describe(span, self.text())) if span else "", self)

    def _pasted_text(self, source: QMimeData) -> str:
        origin, _, text = bytes(source.data(_ORIGIN_FORMAT).data()).decode(errors="replace").partition("\n")
        if self._origin and origin == self._origin:
            return text
        return source.text().replace("\r\n", "\n")

    def _on_text_changed(self) -> None:
        if self._loading:
            return
        self.edited.emit(self.section.key, self.text())

    def _paint_tint(self, exposed: QRect) -> None:
        painter = QPainter(self.viewport())
        layout = self.document().documentLayout()
        offset = self.verticalScrollBar().value()
        for block in _blocks_from(self._block_at(exposed.top() + offset)):
            box = layout.blockBoundingRect(block).toAlignedRect().translated(0, -offset)
            if box.top() > exposed.bottom():
                break
            if _touched(self._tinted, block.position(), block.position() + block.length() - 1):
                painter.fillRect(0, box.top(), self.viewport().width(), box.height(), self._tint)
                painter.fillRect(0, box.top(), _RULE_WIDTH, box.height(), self._rule)
        painter.end()

    def _block_at(self, height: int) -> QTextBlock:
        """The block at this height of the document, or one shortly before it while a composition is under way."""
        place = self.document().documentLayout().hitTest(QPointF(0, height), Qt.HitTestAccuracy.FuzzyHit)
        # A place counts the characters that are being composed, which the document does not have yet.
        composed = self.textCursor().block().layout().preeditAreaText()
        return self.document().findBlock(max(0, place - utf16_length(composed)))

    def _grow(self) -> None:
        self.setFixedHeight(self._wanted_height())

    def _wanted_height(self) -> int:
        line = self.fontMetrics().lineSpacing() * line_height_percent(self.font()) / 100
        margin = 2 * self.document().documentMargin()
        height = self.document().size().height()
        return round(min(max(height, self._minimum_lines * line + margin), MAX_VISIBLE_LINES * line + margin))


def _blocks_from(block: QTextBlock) -> Iterator[QTextBlock]:
    while block.isValid():
        yield block
        block = block.next()


def _touched(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(first < end and start < last for first, last in spans)
