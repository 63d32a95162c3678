"""List items of several lines, as high as their text is within the padding of the style sheet."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtWidgets import QListWidget, QStyledItemDelegate, QStyleOptionViewItem

# Of `::item` in the style sheet, left and right, which Qt leaves out when it breaks lines to find the height.
PADDING = 20


class WrappedItems(QStyledItemDelegate):
    """Breaks lines at the width that the text will have."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        narrow = QStyleOptionViewItem(option)
        narrow.rect = option.rect.adjusted(0, 0, -PADDING, 0)
        return super().sizeHint(narrow, index)


def wrap_items(view: QListWidget) -> None:
    """Show every item whole, however wide the view is."""
    view.setWordWrap(True)
    view.setResizeMode(QListWidget.ResizeMode.Adjust)
    view.setItemDelegate(WrappedItems(view))
