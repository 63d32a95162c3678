"""Judges finished answers, shows where their points come from in the note, and where the models agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from PySide6.QtCore import QObject, QTimer

from app.controllers.answers import AnswerController, Found
from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController, OpenNote
from app.core.answer_map import NAME
from app.core.events import Vote
from app.core.evidence import Evidence, Span, at
from app.core.judged_answer import JudgedAnswer
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT
from app.core.picks import Picks
from app.core.runs import RunStatus
from app.ui.comparison.comparison_area import ComparisonArea
from app.ui.comparison.comparison_desk import ComparisonDesk
from app.ui.comparison.evidence_marks import EvidenceMarks
from app.ui.comparison.item_view import About
from app.ui.comparison.suggestion_pane import SuggestionPane
from app.ui.kit.text_positions import code_points
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import patient_context
from app.ui.note.note_editor import NoteEditor
from app.ui.note.section_editor import SectionEditor

LIGHT_MS = 150
MAX_CHARACTERS_FOLLOWED = 12_000
_SOURCES = (CHIEF_COMPLAINT.key, CASE_FEATURES.key)


class AnswerDesk(QObject):
    """The presenter of what is known about answers beside their text."""

    def __init__(
        self,
        area: ComparisonArea,
        editor: NoteEditor,
        desk: ComparisonDesk,
        notes: NoteController,
        feedback: FeedbackController,
        answers: AnswerController,
        appearance: Appearance,
    ) -> None:
        super().__init__(area)
        self._area = area
        self._editor = editor
        self._desk = desk
        self._notes = notes
        self._feedback = feedback
        self._answers = answers
        self._appearance = appearance
        self._marks = EvidenceMarks(editor)
        self._picks: dict[str, Picks] = {}
        self._votes: dict[tuple[str, str], Vote] = {}
        self._known_panes: set[SuggestionPane] = set()
        self._light = QTimer(self)
        self._light.setSingleShot(True)
        self._light.setInterval(LIGHT_MS)
        self._light.timeout.connect(self._light_points)
        self._connect()

    def _connect(self) -> None:
        self._desk.view_changed.connect(self.refresh)
        self._notes.opened.connect(self._on_opened)
        self._answers.judged.connect(self._on_judged)
        self._area.consensus.filter_wanted.connect(self._filter)
        self._feedback.item_vote_stored.connect(self._on_vote_stored)
        self._feedback.actor_changed.connect(self._read_votes)
        for key in _SOURCES:
            self._editor.editors[key].cursorPositionChanged.connect(self._light.start)

    def refresh(self) -> None:
        """Have judged what has ended in the panes, and say where the models agree."""
        self._watch_panes()
        source = self._source()
        for pane in self._area.panes:
            card = pane.card
            if card is not None and not card.live and card.text and pane.body.answer is None:
                self._answers.judge(card.run.run_id, card.text, source)
        self._show_consensus()

    def _watch_panes(self) -> None:
        for pane in self._area.panes:
            if pane not in self._known_panes:
                self._known_panes.add(pane)
                pane.body.entry_changed.connect(lambda about, pane=pane: self._show_sources(pane, about))
                pane.body.picks_changed.connect(lambda pane=pane: self._keep_picks(pane))
                pane.body.vote_wanted.connect(lambda index, vote, pane=pane: self._vote(pane, index, vote))

    def _on_opened(self, note: OpenNote) -> None:
        self._answers.forget()
        self._picks.clear()
        self._votes.clear()
        self._marks.clear()
        self._read_votes()

    def _read_votes(self) -> None:
        if (note := self._notes.open_note) is not None:
            self._feedback.item_votes(note.note.note_id, self._on_votes)

    def _on_votes(self, votes: Mapping[tuple[str, str], Vote]) -> None:
        self._votes = dict(votes)
        self._show_votes()

    def _on_judged(self, run_id: str, answer: JudgedAnswer) -> None:
        pane = self._area.pane_of(run_id)
        if pane is not None and pane.body.answer is None and pane.body.markdown_source() == answer.text:
            pane.body.show_answer(answer, self._picks.get(run_id), self._votes_of(run_id, answer))

    def _source(self) -> Mapping[str, str]:
        """What the models of the shown comparison were given."""
        shown, note = self._desk.shown, self._notes.open_note
        if shown is None or note is None:
            return {}
        texts = (shown.comparison.chief_complaint, shown.comparison.case_features)
        return {"patient": patient_context(note.patient, note.encounter), **dict(zip(_SOURCES, texts, strict=True))}

    def _show_consensus(self) -> None:
        runs = self._desk.shown.runs if self._desk.shown else ()
        done = [card for card in runs if card.outcome is not None and card.outcome.status is RunStatus.COMPLETED]
        agreements = self._answers.agreements({card.run.identity.model: card.text for card in done})
        titles = {card.run.identity.model: card.run.identity.title for card in done}
        ended = sum(not card.live for card in runs)
        self._area.consensus.show_agreements(agreements, titles, ended, len(runs))

    def _filter(self, key: str) -> None:
        for pane in self._area.panes:
            pane.body.show_only(key)

    def _keep_picks(self, pane: SuggestionPane) -> None:
        if pane.run_id is not None and pane.body.answer is not None:
            self._picks[pane.run_id] = pane.body.picks
        pane.show_picks()

    def _vote(self, pane: SuggestionPane, index: int, vote: Vote) -> None:
        if pane.run_id is not None and pane.body.answer is not None:
            self._feedback.vote(pane.run_id, vote, pane.body.answer.diagnoses[index].name)

    def _on_vote_stored(self, run_id: str, name: str, vote: Vote) -> None:
        self._votes[run_id, name] = vote
        self._show_votes()

    def _show_votes(self) -> None:
        for pane in self._area.panes:
            if pane.run_id is not None and pane.body.answer is not None:
                pane.body.show_votes(self._votes_of(pane.run_id, pane.body.answer))

    def _votes_of(self, run_id: str, answer: JudgedAnswer) -> dict[int, Vote]:
        votes = {index: self._votes.get((run_id, one.name)) for index, one in enumerate(answer.diagnoses)}
        return {index: vote for index, vote in votes.items() if vote is not None and vote is not Vote.WITHDRAWN}

    def _show_sources(self, pane: SuggestionPane, about: About | None) -> None:
        for other in self._area.panes:
            other.body.light(())
        if about is None or pane.body.answer is None:
            self._answers.drop_search()
            self._marks.clear()
            return
        self._find_sources([pane], partial(self._mark_sources, pane, about))

    def _mark_sources(self, pane: SuggestionPane, about: About, found: Found) -> None:
        diagnosis, field, _ = about
        wanted = [one for one in _evidence(found, pane) if one.diagnosis == diagnosis]
        if field != NAME:
            wanted = [one for one in wanted if (one.diagnosis, one.field, one.point) == about]
        self._marks.show(_spans(wanted), self._appearance.theme, reveal=field != NAME)

    def _find_sources(self, panes: Iterable[SuggestionPane], show: Callable[[Found], None]) -> None:
        """Against the note as it is now, which may have changed since; not shown if it changes meanwhile."""
        answers = {pane.run_id: pane.body.answer.diagnoses for pane in panes if pane.run_id and pane.body.answer}
        texts = self._present_texts()
        self._answers.find_sources(
            answers, texts, lambda found: show(found) if texts == self._present_texts() else None
        )

    def _present_texts(self) -> dict[str, str]:
        return {section.section.key: section.text() for section in self._sections()}

    def _light_points(self) -> None:
        """Light the points that come from where the doctor's cursor is; of a very long note nothing is followed."""
        section = next((one for one in self._sections() if one.hasFocus()), None)
        length = sum(map(len, self._present_texts().values()))
        answered = [pane for pane in self._area.panes if pane.body.answer is not None]
        if section is None or not answered or length > MAX_CHARACTERS_FOLLOWED:
            return
        self._marks.clear()
        place = code_points(section.text(), section.textCursor().position())
        self._find_sources(answered, partial(self._light_found, answered, section.section.key, place))

    def _light_found(self, panes: Iterable[SuggestionPane], key: str, place: int, found: Found) -> None:
        for pane in panes:
            lit = at(_evidence(found, pane), key, place)
            pane.body.light((one.diagnosis, one.field, one.point) for one in lit)

    def _sections(self) -> Iterator[SectionEditor]:
        yield from (self._editor.editors[key] for key in _SOURCES if key in self._editor.editors)


def _evidence(found: Found, pane: SuggestionPane) -> tuple[Evidence, ...]:
    return found.get(pane.run_id or "", ())


def _spans(evidence: list[Evidence]) -> list[Span]:
    return [span for one in evidence for span in one.spans]
