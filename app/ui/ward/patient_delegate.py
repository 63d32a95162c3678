"""How one encounter is drawn in the patient list: bed and name, below them sex, age and the note's state."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.kit.text_safety import visible_controls
from app.ui.kit.theme import Appearance, ui_font
from app.ui.ward.patient_items import (
    BED_ROLE,
    GROUP_ROLE,
    MARKS_ROLE,
    PART_SEPARATOR,
    PERSON_ROLE,
    STATE_ROLE,
    URGENCY_ROLE,
    Group,
    Urgency,
)

_PADDING = 8
_ARROW = 7


class PatientDelegate(QStyledItemDelegate):
    """Two lines per encounter; the open one has an accent rule at its left."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        sizes = appearance.sizes
        self._name_font = ui_font(sizes.text, QFont.Weight.Medium)
        self._small_font = ui_font(sizes.small)
        self._group_size = QSize(100, round(sizes.small * 1.5) + _PADDING)
        self._row_size = QSize(100, round(sizes.text * 1.5 + sizes.small * 1.5) + 2 * _PADDING)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return self._row_size if index.data(GROUP_ROLE) is None else self._group_size

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one row."""
        painter.save()
        box: QRect = option.rect
        self._paint_ground(painter, box, option.state)
        if group := index.data(GROUP_ROLE):
            self._paint_group(painter, box, group)
            painter.restore()
            return
        inner = box.adjusted(_PADDING + 4, _PADDING, -_PADDING, -_PADDING)
        upper = QRect(inner.left(), inner.top(), inner.width(), inner.height() // 2)
        lower = upper.translated(0, inner.height() // 2)
        theme = self._appearance.theme
        colours = {Urgency.OVERDUE: theme.danger, Urgency.SOON: theme.warning}
        marked = upper
        for words, kind in reversed(index.data(MARKS_ROLE)):
            marked = marked.adjusted(0, 0, -_write_right(painter, marked, self._small_font, colours[kind], words), 0)
        _write(painter, marked, self._name_font, theme.ink, f"{index.data(BED_ROLE)}  {index.data()}")
        colour = colours.get(index.data(URGENCY_ROLE), theme.secondary)
        used = _write_right(painter, lower, self._small_font, colour, index.data(STATE_ROLE))
        room = lower.adjusted(0, 0, -used, 0)
        _write(painter, room, self._small_font, theme.secondary, _fitting(painter, room, str(index.data(PERSON_ROLE))))
        painter.restore()

    def _paint_group(self, painter: QPainter, box: QRect, group: Group) -> None:
        inner = box.adjusted(_PADDING, 0, -_PADDING, 0)
        secondary = self._appearance.theme.secondary
        used = _write_right(painter, inner, self._small_font, secondary, f"{group.count} 人")
        _draw_arrow(painter, inner, secondary, folded=group.folded)
        title = inner.adjusted(_ARROW + _PADDING, 0, -used, 0)
        _write(painter, title, self._small_font, secondary, visible_controls(group.title))

    def _paint_ground(self, painter: QPainter, box: QRect, state: QStyle.StateFlag) -> None:
        theme = self._appearance.theme
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(theme.selection))
            painter.fillRect(box.left(), box.top(), 3, box.height(), QColor(theme.accent))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, QColor(theme.hover))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(theme.accent))
            painter.drawRect(box.adjusted(0, 0, -1, -1))


def _fitting(painter: QPainter, box: QRect, text: str) -> str:
    """Without its last parts, where they do not fit: sex and age before a department cut to one character."""
    while painter.fontMetrics().horizontalAdvance(text) > box.width() and PART_SEPARATOR in text:
        text = text.rpartition(PART_SEPARATOR)[0]
    return text


def _draw_arrow(painter: QPainter, box: QRect, colour: str, *, folded: bool) -> None:
    """At the left end; drawn, since not every Chinese font has the character."""
    half = _ARROW / 2
    corners = ((-half, -half), (half, 0), (-half, half)) if folded else ((-half, -half), (half, -half), (0, half))
    middle = QPointF(box.left() + half, box.top() + box.height() / 2)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawPolygon([middle + QPointF(x, y) for x, y in corners])
    painter.restore()


def _write(painter: QPainter, box: QRect, font: QFont, colour: str, text: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def _write_right(painter: QPainter, box: QRect, font: QFont, colour: str, text: str) -> int:
    """Write at the right end; returns the width that is taken."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
    return painter.fontMetrics().horizontalAdvance(text) + _PADDING
