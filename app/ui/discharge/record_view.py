"""A discharge record that can be gone through section by section and sentence by sentence, by keyboard and mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import (
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from app.core.discharge.draft import WRITTEN, parse_draft
from app.core.discharge.finish import Record
from app.core.events import Vote
from app.ui.comparison.answer_view import AnswerView
from app.ui.comparison.item_marks import ground_style, span_mark, wavy_line
from app.ui.comparison.quote_span import Quote
from app.ui.discharge.record_text import (
    MISSING,
    WAITING,
    Entry,
    RecordText,
    blocks_of,
    growing,
    place_in_draft,
    record_text,
    without_number,
)
from app.ui.kit.keys import Keys
from app.ui.kit.text_positions import code_points, utf16_length
from app.ui.kit.theme import Theme, line_height_percent


class RecordView(AnswerView):
    """Shows what is copied from the stay at once, what a model writes as it comes, and the checked record at the end.

    Signals:
        vote_wanted: a section by index, and a Vote.
    """

    vote_wanted = Signal(int, object)

    # What is copied from the stay stands below what is still to be written.
    follows_end = False

    def __init__(self, keys: Keys, parent: QWidget | None = None) -> None:
        self._copied: Mapping[str, str] = {}
        self._record: Record | None = None
        self._live = False
        self._whole = True
        self._votes: Mapping[int, Vote] = {}
        self._text = RecordText(())
        self._entries: tuple[Entry, ...] = ()
        self._theme: Theme | None = None
        self.current: Entry | None = None
        super().__init__(keys, parent)

    @property
    def record(self) -> Record | None:
        """The checked record, once there is one of the text that is shown."""
        return self._record

    @property
    def can_report(self) -> bool:
        """The text was checked."""
        return self._record is not None

    @property
    def sections(self) -> dict[str, str]:
        """What can be put into the note, by `Section.key`; empty before the record is checked."""
        return {key: text for key, text in self._record.sections.items() if text.strip()} if self._record else {}

    def set_source(self, source: str) -> None:
        """Show another text from its beginning, not checked yet."""
        self._record, self.current = None, None
        super().set_source(source)

    def show_copied(self, copied: Mapping[str, str]) -> None:
        """What is copied from the stay, by `Section.key`."""
        if dict(copied) != dict(self._copied):
            self._copied = dict(copied)
            self.draw()

    def set_state(self, *, live: bool, whole: bool) -> None:
        """Whether more comes, and whether the model itself ended its text."""
        if (live, whole) != (self._live, self._whole):
            self._live, self._whole = live, whole
            self.draw()

    def show_record(self, record: Record | None) -> None:
        """The rules have checked the text; None: not any more, its stay changed."""
        self._record = record
        self.draw()

    def show_votes(self, votes: Mapping[int, Vote]) -> None:
        """The doctor's standing votes on sections, by index."""
        if dict(votes) != dict(self._votes):
            self._votes = dict(votes)
            self.draw()

    def chosen_text(self) -> str:
        """The whole record as it is copied."""
        return blocks_of(self._text, range(len(self._text.blocks)))

    def text_of(self, indices: tuple[int, ...]) -> str:
        """These sections as they are copied."""
        return blocks_of(self._text, indices)

    def selected_places(self) -> tuple[int, int] | None:
        """What is selected in the drawn text, in code points; without a selection where the keyboard stands."""
        cursor, text = self.textCursor(), self.toPlainText()
        if cursor.hasSelection():
            return code_points(text, cursor.selectionStart()), code_points(text, cursor.selectionEnd())
        return (self.current.start, self.current.end) if self.current else None

    def quote(self) -> Quote | None:
        """The selected words in the text as the model wrote it; None for what the program copied or spans sections."""
        selected = self.selected_places()
        if selected is None:
            return None
        start, end = selected
        source, words = self.markdown_source(), without_number(self._text.plain[start:end])
        index = max((one.section for one in self._entries if one.start <= start), default=0)
        place = place_in_draft(source, WRITTEN[index], words)
        return None if place < 0 else Quote(place, place + len(words), words, WRITTEN[index].title)

    def set_theme(self, theme: Theme) -> None:
        """Colours of the marks."""
        self._theme = theme
        self._mark()

    def fill(self) -> None:
        """Lay out the sections; while nothing is known of any, leave room for the hint."""
        self._lay_out()
        self.clear()
        cursor = QTextCursor(self.document())
        for number, (line, is_heading) in enumerate(self._text.lines):
            block = QTextBlockFormat()
            percent = line_height_percent(self.font())
            block.setLineHeight(percent, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            block.setTopMargin(6 if is_heading and number else 0)
            if number:
                cursor.insertBlock(block)
            else:
                cursor.setBlockFormat(block)
            cursor.insertText(line, self._style(line, is_heading))
        self._mark()

    @property
    def has_entries(self) -> bool:
        """There are sections to go through."""
        return bool(self._entries)

    @property
    def entry(self) -> Entry | None:
        """A heading or a sentence."""
        return self.current

    def enter(self) -> None:
        """Stand on the first heading, or stay."""
        self._go(0)

    def click(self, place: int) -> None:
        """Stand on what is there."""
        before = [entry for entry in self._entries if entry.start <= place]
        if before:
            self._stand_on(before[-1])

    def _lay_out(self) -> None:
        source = self.markdown_source()
        if self._record is not None:
            shown = dict(self._record.sections)
        else:
            shown = growing(source, self._copied)
        if not source and not self._copied:
            self._text, self._entries = RecordText(()), ()
            return
        written = list(parse_draft(source))
        last = written[-1] if written and not (self._live or self._whole) else ""
        self._text = record_text(shown, live=self._live or not source, votes=self._votes, last=last)
        self._entries = tuple(self._text.entries())
        if self.current is not None:
            about = (self.current.section, self.current.part)
            self.current = next((one for one in self._entries if (one.section, one.part) == about), None)

    def _style(self, line: str, is_heading: bool) -> QTextCharFormat:
        style = QTextCharFormat()
        if is_heading:
            style.setFontWeight(QFont.Weight.DemiBold)
        elif line in (WAITING, MISSING):
            style.setForeground(self.palette().placeholderText())
        return style

    def acts(self) -> Mapping[str, tuple[str, Callable[[], object]]]:
        """What the keyboard does here, and the menu where there are words for it."""
        return {
            "item_up": ("", lambda: self._go(-1)),
            "item_down": ("", lambda: self._go(1)),
            "item_previous": ("", lambda: self._go(-1, headings=True)),
            "item_next": ("", lambda: self._go(1, headings=True)),
            "item_insert": ("回填这一部分", lambda: self.insert_wanted.emit((self._here,))),
            "item_copy": ("复制这一部分", lambda: self.copy_wanted.emit((self._here,))),
            "item_vote_up": ("赞成", lambda: self._vote(Vote.UP)),
            "item_vote_down": ("不赞成", lambda: self._vote(Vote.DOWN)),
        }

    @property
    def _here(self) -> int:
        """The section that the keyboard stands on."""
        return self.current.section if self.current else 0

    def _vote(self, vote: Vote) -> None:
        self.vote_wanted.emit(self._here, Vote.WITHDRAWN if self._votes.get(self._here) is vote else vote)

    def _go(self, step: int, *, headings: bool = False) -> None:
        """Stand on the next or previous entry; 0: stay, or on the first."""
        entries = [entry for entry in self._entries if entry.part == 0 or not headings]
        if not entries:
            return
        here = self.current
        if here is None:
            place = 0 if step >= 0 else len(entries) - 1
        elif headings:
            place = here.section + (step if here.part == 0 or step > 0 else 0)
        else:
            place = self._entries.index(here) + step
        self._stand_on(entries[min(max(place, 0), len(entries) - 1)])

    def _stand_on(self, entry: Entry) -> None:
        self.current = entry
        cursor = QTextCursor(self.document())
        # The end first: of a long sentence the beginning stays in sight.
        for place in (entry.end, entry.start):
            cursor.setPosition(utf16_length(self._text.plain[:place]))
            self.setTextCursor(cursor)
            self.ensureCursorVisible()
        self._mark()
        self.setAccessibleDescription(self._text.plain[entry.start : entry.end])
        self.entry_changed.emit(entry)

    def _mark(self) -> None:
        if self._theme is not None:
            self.setExtraSelections(list(self._marks(self._theme)))

    def _marks(self, theme: Theme) -> Iterator[QTextEdit.ExtraSelection]:
        """Where the keyboard stands, and what the stay does not say."""
        document, plain = self.document(), self._text.plain
        if self.current is not None:
            yield span_mark(document, plain, self.current.start, self.current.end, ground_style(theme.selection))
        if self._record is None:
            return
        for index, block in enumerate(self._text.blocks):
            if block.text != self._record.sections.get(block.section.key):
                continue
            start = self._text.start_of(index)
            for fact in self._record.unsupported:
                if fact.section == block.section.key:
                    yield span_mark(document, plain, start + fact.start, start + fact.end, wavy_line(theme))
