"""The marks on a judged answer: where the keyboard stands, what is lit, what no source supports, what is dangerous."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextEdit

from app.core.answer_map import NAME, Place
from app.core.judged_answer import JudgedAnswer
from app.ui.comparison.item_text import DANGEROUS, DROPPED, NO_SOURCE
from app.ui.kit.text_positions import utf16_length
from app.ui.kit.theme import Theme

_WORDS = re.compile("|".join((NO_SOURCE, DANGEROUS, DROPPED)))


def item_marks(
    document: QTextDocument,
    shown: Sequence[Place],
    answer: JudgedAnswer | None,
    current: tuple[int, str, int] | None,
    lit: Collection[tuple[int, str, int]],
    theme: Theme,
) -> list[QTextEdit.ExtraSelection]:
    """Selections for a view of the document, in which the places were found."""
    text = document.toPlainText()
    marks = [_ground(document, text, place, theme.warning_tint) for place in shown if place.about in lit]
    marks += [_ground(document, text, place, theme.selection) for place in shown if place.about == current]
    if answer is not None:
        marks += [
            span_mark(document, text, start, end, wavy_line(theme)) for start, end in _unsupported(text, shown, answer)
        ]
        marks += [
            span_mark(document, text, match.start(), match.end(), _word(match[0], theme))
            for match in _WORDS.finditer(text)
        ]
    return marks


def ground_style(colour: str) -> QTextCharFormat:
    """A coloured ground."""
    style = QTextCharFormat()
    style.setBackground(QColor(colour))
    return style


def _ground(document: QTextDocument, text: str, place: Place, colour: str) -> QTextEdit.ExtraSelection:
    return span_mark(document, text, place.start, place.end, ground_style(colour))


def wavy_line(theme: Theme) -> QTextCharFormat:
    """Under a fact that no source supports."""
    style = QTextCharFormat()
    style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
    style.setUnderlineColor(QColor(theme.warning))
    return style


def _word(word: str, theme: Theme) -> QTextCharFormat:
    style = QTextCharFormat()
    colours = {DANGEROUS: theme.danger, NO_SOURCE: theme.warning, DROPPED: theme.secondary}
    style.setForeground(QColor(colours[word]))
    if word == DANGEROUS:
        style.setFontWeight(QFont.Weight.DemiBold)
    return style


def _unsupported(text: str, shown: Sequence[Place], answer: JudgedAnswer) -> Iterator[tuple[int, int]]:
    """Where the facts without a source stand: within the same diagnosis, the same occurrence of the same words."""
    names = [place for place in shown if place.field == NAME]
    ends = [place.start for place in names[1:]] + [len(text)]
    for name, end in zip(names, ends, strict=False):
        item = answer.items[name.diagnosis]
        for fact in answer.unsupported:
            if item.start <= fact.start < item.end:
                before = answer.text.count(fact.quote, item.start, fact.start)
                start = _nth(text, fact.quote, before, name.start, end)
                if start >= 0:
                    yield start, start + len(fact.quote)


def _nth(text: str, quote: str, before: int, start: int, end: int) -> int:
    place = text.find(quote, start, end)
    for _ in range(before):
        place = -1 if place < 0 else text.find(quote, place + len(quote), end)
    return place


def span_mark(
    document: QTextDocument, text: str, start: int, end: int, style: QTextCharFormat
) -> QTextEdit.ExtraSelection:
    """A style for a span, in code points of `text`, which is the plain text of the document."""
    selection = QTextEdit.ExtraSelection()
    cursor = QTextCursor(document)
    cursor.setPosition(utf16_length(text[:start]))
    cursor.setPosition(utf16_length(text[:end]), QTextCursor.MoveMode.KeepAnchor)
    selection.cursor = cursor
    selection.format = style
    return selection
