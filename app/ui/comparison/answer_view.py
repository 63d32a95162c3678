"""What every pane asks of the text in it, whichever task the answer is of."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import Signal

from app.ui.comparison.quote_span import Quote
from app.ui.kit.markdown_view import MarkdownView
from app.ui.kit.theme import Theme


class AnswerView(MarkdownView):
    """A MarkdownView of which the doctor can use parts.

    Signals:
        insert_wanted, copy_wanted: a tuple of parts by index.
        report_wanted: there is an error in what is selected.
    """

    insert_wanted = Signal(object)
    copy_wanted = Signal(object)
    report_wanted = Signal()

    @property
    @abstractmethod
    def can_report(self) -> bool:
        """The answer has ended and was read, so that a place in it can be told."""

    @abstractmethod
    def selected_places(self) -> tuple[int, int] | None:
        """What is selected in the drawn text, in code points; without a selection where the keyboard stands."""

    @abstractmethod
    def quote(self) -> Quote | None:
        """The selected words in the text as the model wrote it."""

    @abstractmethod
    def set_theme(self, theme: Theme) -> None:
        """Colours of the marks."""
