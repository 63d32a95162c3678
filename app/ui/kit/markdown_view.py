"""A streaming view of untrusted Markdown: drawn from an allow-list, loading nothing, never moving under the eye."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPalette, QTextCursor, QTextDocument, QTextDocumentFragment
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from app.ui.kit.text_safety import marked_copy, safe_html
from app.ui.kit.theme import Theme, line_height_percent

DRAW_INTERVAL_MS = 120
_COST_FACTOR = 6
_END_TOLERANCE_PX = 6


class BarrenDocument(QTextDocument):
    """A document that loads nothing. Qt's own reads local files whenever its view's `loadResource` gives nothing."""

    def loadResource(self, _type: int, _name: QUrl | str) -> object:  # noqa: N802
        """Nothing."""
        return None


class MarkdownView(QTextBrowser):
    """Read-only; grows by `append`, is drawn at most every 120 ms, and less often where drawing takes long.

    It follows the growing end only while that end is visible; a selection survives. What is copied out of it
    carries the AI mark.
    """

    # Whether what grows grows at its end.
    follows_end = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocument(BarrenDocument(self))
        self._source: list[str] = []
        self._hint = ""
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.draw)
        self._interval = DRAW_INTERVAL_MS
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.document().setDocumentMargin(8)
        self.document().setIndentWidth(14)

    def markdown_source(self) -> str:
        """The Markdown as it came, drawn or not."""
        return "".join(self._source)

    def drawn_source(self) -> str:
        """The Markdown that is drawn."""
        return self.markdown_source()

    def set_source(self, source: str) -> None:
        """Show another text from its beginning."""
        self._source = [source]
        self._interval = DRAW_INTERVAL_MS
        self.draw()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.verticalScrollBar().setValue(0)

    def replace_source(self, source: str) -> None:
        """Show the final form of the same text: from its beginning, or at the place of somebody who reads it."""
        is_read = not self._is_at_its_end() or self.textCursor().hasSelection() or self.hasFocus() or self.underMouse()
        self._source = [source]
        self.draw()
        if not is_read:
            self.verticalScrollBar().setValue(0)

    def append_source(self, delta: str) -> None:
        """Add streamed text; it is drawn soon."""
        self._source.append(delta)
        if not self._timer.isActive():
            self._timer.start(self._interval)

    def draw(self) -> None:
        """Draw what has come so far, keeping the reader's place and selection."""
        self._timer.stop()
        self._clock.restart()
        bar = self.verticalScrollBar()
        place = bar.value()
        follows = self.follows_end and self._is_at_its_end()
        selected = self.textCursor()
        anchor, position = selected.anchor(), selected.position()
        self.fill()
        self._select(anchor, position)
        bar.setValue(bar.maximum() if follows else place)
        self._interval = max(DRAW_INTERVAL_MS, _COST_FACTOR * self._clock.elapsed())

    def _is_at_its_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - _END_TOLERANCE_PX

    def fill(self) -> None:
        """Put what is drawn into the document."""
        self.setHtml(safe_html(self.drawn_source()))

    def set_hint(self, hint: str) -> None:
        """What an empty view says; wrapped, unlike a placeholder text."""
        if hint != self._hint:
            self._hint = hint
            self.setAccessibleDescription(hint)
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if self._hint and self.document().isEmpty():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.viewport().rect().adjusted(8, 8, -8, -8), Qt.TextFlag.TextWordWrap, self._hint)
            painter.end()

    def refresh_style(self, style: str) -> None:
        """Take a style sheet for the text (CSS as QTextDocument knows it) and draw again."""
        self.document().setDefaultStyleSheet(style)
        self.draw()

    def loadResource(self, _type: int, _name: QUrl | str) -> object:  # noqa: N802
        """Nothing: a text can make the view read no file and open no connection."""
        return None

    def doSetSource(  # noqa: N802
        self, _name: QUrl | str, _type: QTextDocument.ResourceType = QTextDocument.ResourceType.UnknownResource
    ) -> None:
        """Go nowhere."""

    def createMimeDataFromSelection(self) -> QMimeData:  # noqa: N802
        """The selection as plain text with the AI mark."""
        data = QMimeData()
        data.setText(marked_copy(QTextDocumentFragment(self.textCursor()).toPlainText()))
        return data

    def _select(self, anchor: int, position: int) -> None:
        if anchor == position:
            return
        last = self.document().characterCount() - 1
        cursor = self.textCursor()
        cursor.setPosition(min(anchor, last))
        cursor.setPosition(min(position, last), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)


def text_style(theme: Theme, font: QFont) -> str:
    """CSS for answers: line height 1.5, headings no larger than section names, hairline tables."""
    return (
        "p, li, h1, h2, h3, h4, h5, h6, td, th, pre { margin: 0 0 4px 0; "
        f"line-height: {line_height_percent(font)}%; }}"
        "h1, h2, h3, h4, h5, h6 { font-size: large; font-weight: 600; }"
        "ul { margin: 0 0 4px 0; } li { margin: 0; }"
        "pre { white-space: pre-wrap; }"
        f"table {{ border-collapse: collapse; border: 1px solid {theme.hairline}; }}"
        f"td, th {{ padding: 2px 6px; border: 1px solid {theme.hairline}; }}"
    )
