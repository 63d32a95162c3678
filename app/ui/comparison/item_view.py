"""An answer whose diagnoses and points can be gone through, picked, put in order and judged, by keyboard and mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QWidget

from app.core.answer_map import NAME, Place, places
from app.core.events import Vote
from app.core.judged_answer import JudgedAnswer
from app.core.picks import Picks, composed
from app.ui.comparison.answer_view import AnswerView
from app.ui.comparison.item_marks import item_marks
from app.ui.comparison.item_text import TICKED, UNTICKED, item_text
from app.ui.comparison.quote_span import Quote, quote_of
from app.ui.kit.keys import Keys
from app.ui.kit.text_positions import code_points, utf16_length
from app.ui.kit.theme import Theme

About = tuple[int, str, int]


class ItemView(AnswerView):
    """An AnswerView that knows the diagnoses of a finished answer, which are its parts.

    Signals:
        picks_changed: what would go into the note changed.
        vote_wanted: a diagnosis by index, and a Vote.
    """

    picks_changed = Signal()
    vote_wanted = Signal(int, object)

    def __init__(self, keys: Keys, parent: QWidget | None = None) -> None:
        self._answer: JudgedAnswer | None = None
        self._picks = Picks.of(0)
        self._votes: Mapping[int, Vote] = {}
        self._key = ""
        self._shown: tuple[int, ...] = ()
        self._places: tuple[Place, ...] = ()
        self._lit: frozenset[About] = frozenset()
        self._theme: Theme | None = None
        self.current: About | None = None
        super().__init__(keys, parent)

    @property
    def answer(self) -> JudgedAnswer | None:
        """The finished answer that is shown, if it has diagnoses."""
        return self._answer

    @property
    def can_report(self) -> bool:
        """The answer has diagnoses."""
        return self._answer is not None

    @property
    def picks(self) -> Picks:
        """What the doctor picked."""
        return self._picks

    def chosen_text(self) -> str:
        """What goes into the note: the whole answer, or what the doctor picked of it."""
        if self._answer is None or not self._picks.is_touched:
            return self.markdown_source()
        return self.text_of(self._picks.chosen)

    def text_of(self, indices: Iterable[int]) -> str:
        """The pieces of these diagnoses."""
        return "" if self._answer is None else composed(self._answer.text, self._answer.items, tuple(indices))

    def set_source(self, source: str) -> None:
        """Show another text from its beginning, not judged yet."""
        self._answer, self.current, self._lit = None, None, frozenset()
        super().set_source(source)
        self.picks_changed.emit()

    def show_answer(self, answer: JudgedAnswer, picks: Picks | None, votes: Mapping[int, Vote]) -> None:
        """Show the answer with what is known about it."""
        self._answer = answer if answer.items else None
        self._picks = picks or Picks.of(len(answer.items))
        self._votes = dict(votes)
        self.replace_source(answer.text)
        self.picks_changed.emit()

    def show_votes(self, votes: Mapping[int, Vote]) -> None:
        """The doctor's standing votes on diagnoses."""
        if self._answer is not None and dict(votes) != self._votes:
            self._votes = dict(votes)
            self.draw()

    def show_only(self, key: str) -> None:
        """Show the diagnosis of this key alone; empty: all."""
        if key != self._key:
            self._key = key
            self.draw()

    def light(self, entries: Iterable[About]) -> None:
        """Light these points: they come from where the cursor is in the note."""
        lit = frozenset(entries)
        if lit != self._lit:
            self._lit = lit
            self._mark()
            self._show_first_lit()

    def selected_places(self) -> tuple[int, int] | None:
        """What is selected in the drawn text, in code points; without a selection where the keyboard stands."""
        cursor, text = self.textCursor(), self.toPlainText()
        if cursor.hasSelection():
            return code_points(text, cursor.selectionStart()), code_points(text, cursor.selectionEnd())
        here = next((place for place in self._places if place.about == self.current), None)
        return None if here is None else (here.start, here.end)

    def quote(self) -> Quote | None:
        """The selected words in the text as the model wrote it."""
        selected = self.selected_places()
        if self._answer is None or selected is None:
            return None
        return quote_of(self._answer, self.toPlainText(), self._places, *selected)

    def in_view(self) -> tuple[int, ...]:
        """The diagnoses (by index) whose names are in the visible part of the text."""
        port = self.viewport().rect()
        names = [place for place in self._places if place.field == NAME]
        return tuple(place.diagnosis for place in names if port.contains(self._rectangle(place).center()))

    def set_theme(self, theme: Theme) -> None:
        """Colours of the marks."""
        self._theme = theme
        self._mark()

    def draw(self) -> None:
        """Draw, then find where every diagnosis and point stands."""
        super().draw()
        diagnoses = self._answer.diagnoses if self._answer else ()
        self._places = places(self.toPlainText(), [(index, diagnoses[index]) for index in self._shown])
        self._mark()

    def drawn_source(self) -> str:
        """The Markdown to draw: the diagnoses with their marks, once the answer is judged."""
        answer = self._answer
        if answer is None or answer.text != self.markdown_source():
            self._shown = ()
            return super().drawn_source()
        shown = item_text(answer, self._picks, self._votes, self._key)
        self._shown = shown.shown
        return shown.markdown if shown.shown else "这一份没有提到所筛选的诊断。"

    @property
    def has_entries(self) -> bool:
        """Diagnoses and points have places."""
        return bool(self._places)

    @property
    def entry(self) -> About | None:
        """Diagnosis, field and point by index."""
        return self.current

    def enter(self) -> None:
        """Stand on the first entry, or stay."""
        self._go(0)

    def acts(self) -> Mapping[str, tuple[str, Callable[[], object]]]:
        """What the keyboard does here, and the menu where there are words for it."""
        return {
            "item_up": ("", lambda: self._go(-1)),
            "item_down": ("", lambda: self._go(1)),
            "item_previous": ("", lambda: self._go(-1, names=True)),
            "item_next": ("", lambda: self._go(1, names=True)),
            "item_tick": ("选中或取消", self._tick),
            "item_insert": ("回填", self._insert),
            "item_copy": ("复制这个诊断", lambda: self.copy_wanted.emit((self._here,))),
            "item_drop": ("弃用或恢复", self._drop),
            "item_move_up": ("上移", lambda: self._move(-1)),
            "item_move_down": ("下移", lambda: self._move(1)),
            "item_vote_up": ("赞成", lambda: self._vote(Vote.UP)),
            "item_vote_down": ("不赞成", lambda: self._vote(Vote.DOWN)),
        }

    @property
    def _here(self) -> int:
        """The diagnosis that the keyboard stands on."""
        return self.current[0] if self.current else self._shown[0]

    def _go(self, step: int, *, names: bool = False) -> None:
        """Stand on the next or previous entry; 0: stay, or on the first."""
        entries = [place for place in self._places if place.field == NAME or not names]
        if not entries:
            return
        here = next((i for i, place in enumerate(self._places) if place.about == self.current), 0 if not step else -1)
        if names and here >= 0:
            here = next((i for i, place in enumerate(entries) if place.diagnosis == self._here), 0)
        place = entries[min(max(here + step, 0), len(entries) - 1)]
        self._stand_on(place)

    def _rectangle(self, place: Place) -> QRect:
        cursor = QTextCursor(self.document())
        cursor.setPosition(utf16_length(self.toPlainText()[: place.start]))
        return self.cursorRect(cursor)

    def _stand_on(self, place: Place) -> None:
        self.current = place.about
        cursor = QTextCursor(self.document())
        cursor.setPosition(utf16_length(self.toPlainText()[: place.start]))
        self.setTextCursor(cursor)
        self.ensureCursorVisible()
        self._mark()
        self.setAccessibleDescription(self.toPlainText()[place.start : place.end])
        self.entry_changed.emit(self.current)

    def click(self, place: int) -> None:
        """Stand on what is there; on a box, tick it."""
        text = self.toPlainText()
        before = [one for one in self._places if one.start <= place + len(f"{TICKED} ")]
        if not before:
            return
        self._stand_on(before[-1])
        if any(character in (TICKED, UNTICKED) for character in text[max(place - 1, 0) : place + 1]):
            self._tick()

    def _show_first_lit(self) -> None:
        first = next((place for place in self._places if place.about in self._lit), None)
        if first is not None and not self.hasFocus():
            cursor = QTextCursor(self.document())
            cursor.setPosition(utf16_length(self.toPlainText()[: first.start]))
            self.setTextCursor(cursor)
            self.ensureCursorVisible()

    def _tick(self) -> None:
        self._pick(self._picks.ticking(self._here))

    def _drop(self) -> None:
        self._pick(self._picks.dropping(self._here))

    def _move(self, step: int) -> None:
        self._pick(self._picks.moving(self._here, step))

    def _pick(self, picks: Picks) -> None:
        self._picks = picks
        if self.current is not None:
            self.current = (self.current[0], NAME, 0) if self.current[0] in picks.dropped else self.current
        self.draw()
        self._go(0)
        self.picks_changed.emit()

    def _insert(self) -> None:
        self.insert_wanted.emit(self._picks.chosen if self._picks.ticked else (self._here,))

    def _vote(self, vote: Vote) -> None:
        standing = self._votes.get(self._here)
        self.vote_wanted.emit(self._here, Vote.WITHDRAWN if standing is vote else vote)

    def _mark(self) -> None:
        if self._theme is None:
            return
        answer = self._answer if self._shown else None
        self.setExtraSelections(item_marks(self.document(), self._places, answer, self.current, self._lit, self._theme))
