"""Draws what was struck and added in texts (修改痕迹), each with a line through or under it as well as a colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QShowEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from app.core.text_diff import Change, Piece
from app.ui.kit.text_safety import bounded, visible_controls
from app.ui.kit.theme import Appearance, Theme, line_height_percent

CONTEXT_CHARACTERS = 150
_TINT_ALPHA = 26
_CLAUSE_ENDS = "\n。；，"


@dataclass(frozen=True, slots=True)
class Part:
    """The pieces of one section under its title, if it has one."""

    title: str
    pieces: tuple[Piece, ...]


class DiffView(QTextEdit):
    """Read-only, scrolled by the keys; long unchanged runs are cut to their ends and the cut is said.

    Nothing can be copied out of it: struck and added text mixed is nobody's note, and would leave without the AI mark.
    """

    def __init__(self, appearance: Appearance, parent: QWidget | None = None, *, whole: bool = False) -> None:
        """`whole`: nothing is cut, for texts in which what did not change must be read too."""
        super().__init__(parent)
        self._whole = whole
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.document().setDocumentMargin(8)
        self._appearance = appearance
        self._parts: tuple[Part, ...] = ()
        self._first_change = 0
        appearance.changed.connect(self._on_theme)

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Draw these, with the first change in sight."""
        self._parts = tuple(parts)
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._bring_up()

    def _on_theme(self, _theme: Theme) -> None:
        self._draw()

    def _draw(self) -> None:
        self.clear()
        self._first_change = 0
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        block = QTextBlockFormat()
        block.setLineHeight(line_height_percent(self.font()), QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.setBlockFormat(block)
        for number, part in enumerate(self._parts):
            self._draw_part(cursor, part, follows=number > 0)
        cursor.endEditBlock()
        self._bring_up()

    def _draw_part(self, cursor: QTextCursor, part: Part, *, follows: bool) -> None:
        theme, kept = self._appearance.theme, QTextCharFormat()
        if part.title:
            cursor.insertText("\n" * 2 * follows + part.title + "\n", _title(kept))
        for piece in part.pieces:
            if piece.change is Change.KEPT:
                _insert_kept(cursor, piece.text, theme, whole=self._whole)
            else:
                self._first_change = self._first_change or cursor.position()
                cursor.insertText(bounded(visible_controls(piece.text)), mark_format(piece.change, theme))

    def _bring_up(self) -> None:
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._first_change)
        self.verticalScrollBar().setValue(0)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()


def mark_format(change: Change, theme: Theme) -> QTextCharFormat:
    """How struck or added text looks."""
    struck = change is Change.STRUCK
    colour = QColor(theme.danger if struck else theme.done)
    style = QTextCharFormat()
    style.setForeground(colour)
    style.setFontStrikeOut(struck)
    style.setFontUnderline(not struck)
    colour.setAlpha(_TINT_ALPHA)
    style.setBackground(colour)
    return style


def _insert_kept(cursor: QTextCursor, text: str, theme: Theme, *, whole: bool) -> None:
    plain, faint = QTextCharFormat(), QTextCharFormat()
    if whole or len(text) <= 3 * CONTEXT_CHARACTERS:
        cursor.insertText(visible_controls(text), plain)
        return
    head, tail = _ends(text)
    faint.setForeground(QColor(theme.secondary))
    cursor.insertText(visible_controls(head), plain)
    cursor.insertText(f"\n…（此处 {len(text) - len(head) - len(tail)} 字未改动，未显示）…\n", faint)
    cursor.insertText(visible_controls(tail), plain)


def _ends(text: str) -> tuple[str, str]:
    """Beginning and end of a long text, cut between clauses: half a number or a negation would mislead."""
    head, tail = text[:CONTEXT_CHARACTERS], text[-CONTEXT_CHARACTERS:]
    last = max(head.rfind(mark) for mark in _CLAUSE_ENDS)
    first = min((tail.find(mark) for mark in _CLAUSE_ENDS if mark in tail[:-1]), default=-1)
    return head[: last + 1] or head, tail[first + 1 :]


def _title(plain: QTextCharFormat) -> QTextCharFormat:
    style = QTextCharFormat(plain)
    style.setFontWeight(QFont.Weight.DemiBold)
    return style
