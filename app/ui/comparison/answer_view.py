"""What every pane asks of the text in it, whichever task the answer is of: gone through by keyboard and mouse."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.comparison.quote_span import Quote
from app.ui.kit.key_map import pane_key
from app.ui.kit.keys import Keys
from app.ui.kit.markdown_view import MarkdownView
from app.ui.kit.text_positions import code_points
from app.ui.kit.theme import Theme


class AnswerView(MarkdownView):
    """A MarkdownView of which the doctor can use parts.

    Signals:
        entry_changed: what the keyboard stands on, or None.
        insert_wanted, copy_wanted: a tuple of parts by index.
        report_wanted: there is an error in what is selected.
    """

    entry_changed = Signal(object)
    insert_wanted = Signal(object)
    copy_wanted = Signal(object)
    report_wanted = Signal()

    def __init__(self, keys: Keys, parent: QWidget | None = None) -> None:
        self._keys = keys
        super().__init__(parent)

    @property
    @abstractmethod
    def can_report(self) -> bool:
        """The answer has ended and was read, so that a place in it can be told."""

    @property
    @abstractmethod
    def has_entries(self) -> bool:
        """There is something to go through."""

    @property
    @abstractmethod
    def entry(self) -> object | None:
        """What the keyboard stands on."""

    @abstractmethod
    def acts(self) -> Mapping[str, tuple[str, Callable[[], object]]]:
        """What the keyboard does here by the names of the key table, and the menu where there are words for it."""

    @abstractmethod
    def enter(self) -> None:
        """Stand on the first entry, or stay."""

    @abstractmethod
    def click(self, place: int) -> None:
        """The mouse was pressed at this place of the drawn text, in code points."""

    @abstractmethod
    def selected_places(self) -> tuple[int, int] | None:
        """What is selected in the drawn text, in code points; without a selection where the keyboard stands."""

    @abstractmethod
    def quote(self) -> Quote | None:
        """The selected words in the text as the model wrote it."""

    @abstractmethod
    def set_theme(self, theme: Theme) -> None:
        """Colours of the marks."""

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        if self.entry is None and event.reason() is not Qt.FocusReason.MouseFocusReason:
            self.enter()
        else:
            self.entry_changed.emit(self.entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if self.has_entries and self._act(event):
            event.accept()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseReleaseEvent(event)
        if self.has_entries and event.button() is Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.click(code_points(self.toPlainText(), self.cursorForPosition(event.position().toPoint()).position()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.entry is not None:
            for name, (words, act) in self.acts().items():
                if words:
                    menu.addAction(f"{words}\t{self._keys.shown(name)}", act)
            menu.addAction(f"识别错误\t{self._keys.shown('report')}", self.report_wanted.emit)
            menu.addSeparator()
        copy = menu.addAction("复制所选文字", self.copy)
        copy.setEnabled(self.textCursor().hasSelection())
        menu.popup(event.globalPos())

    def _act(self, event: QKeyEvent) -> bool:
        acts, key = self.acts(), pane_key(event.keyCombination())
        act = next((act for act in acts if self._keys.map.of(act) == key), "")
        if act == "item_copy" and self.textCursor().hasSelection():
            self.copy()
        elif act:
            acts[act][1]()
        return bool(act)
