"""Judges finished answers, shows where their points come from in the note, and where the models agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QObject, QTimer

from app.controllers.feedback import FeedbackController
from app.controllers.note import NoteController, OpenNote
from app.core.answer_map import NAME
from app.core.consensus import consensus, for_attention
from app.core.diagnosis_table import DiagnosisTable
from app.core.differential import parse_differential
from app.core.events import Vote
from app.core.evidence import Evidence, EvidenceIndex, Span, align, at
from app.core.judged_answer import JudgedAnswer, judged
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT
from app.core.picks import Picks
from app.core.runs import RunStatus
from app.ui.comparison.comparison_area import ComparisonArea
from app.ui.comparison.comparison_desk import ComparisonDesk
from app.ui.comparison.evidence_marks import EvidenceMarks
from app.ui.comparison.item_view import About
from app.ui.comparison.run_board import RunCard
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
        table: DiagnosisTable,
        appearance: Appearance,
    ) -> None:
        super().__init__(area)
        self._area = area
        self._editor = editor
        self._desk = desk
        self._notes = notes
        self._feedback = feedback
        self._table = table
        self._appearance = appearance
        self._marks = EvidenceMarks(editor)
        self._answers: dict[str, JudgedAnswer] = {}
        self._picks: dict[str, Picks] = {}
        self._votes: dict[tuple[str, str], Vote] = {}
        self._index: tuple[tuple[str, ...], EvidenceIndex] = ((), EvidenceIndex({}))
        self._known_panes: set[SuggestionPane] = set()
        self._light = QTimer(self)
        self._light.setSingleShot(True)
        self._light.setInterval(LIGHT_MS)
        self._light.timeout.connect(self._light_points)
        self._connect()

    def _connect(self) -> None:
        self._desk.view_changed.connect(self.refresh)
        self._notes.opened.connect(self._on_opened)
        self._area.consensus.filter_wanted.connect(self._filter)
        self._feedback.item_vote_stored.connect(self._on_vote_stored)
        for key in _SOURCES:
            self._editor.editors[key].cursorPositionChanged.connect(self._light.start)

    def refresh(self) -> None:
        """Judge what has ended in the panes, and say where the models agree."""
        self._watch_panes()
        for pane in self._area.panes:
            card = pane.card
            if card is not None and not card.live and card.text and pane.body.answer is None:
                run_id = card.run.run_id
                pane.body.show_answer(self._judged(card), self._picks.get(run_id), self._votes_of(card))
        self._show_consensus()

    def _watch_panes(self) -> None:
        for pane in self._area.panes:
            if pane not in self._known_panes:
                self._known_panes.add(pane)
                pane.body.entry_changed.connect(lambda about, pane=pane: self._show_sources(pane, about))
                pane.body.picks_changed.connect(lambda pane=pane: self._keep_picks(pane))
                pane.body.vote_wanted.connect(lambda index, vote, pane=pane: self._vote(pane, index, vote))

    def _on_opened(self, note: OpenNote) -> None:
        self._answers.clear()
        self._picks.clear()
        self._votes.clear()
        self._marks.clear()
        self._feedback.item_votes(note.note.note_id, self._on_votes)

    def _on_votes(self, votes: Mapping[tuple[str, str], Vote]) -> None:
        self._votes.update(votes)
        self._show_votes()

    def _judged(self, card: RunCard) -> JudgedAnswer:
        answer = self._answers.get(card.run.run_id)
        if answer is None or answer.text != card.text:
            answer = judged(card.text, self._source(), self._table)
            self._answers[card.run.run_id] = answer
        return answer

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
        named = {card.run.identity.model: parse_differential(card.text) for card in done}
        titles = {card.run.identity.model: card.run.identity.title for card in done}
        ended = sum(not card.live for card in runs)
        self._area.consensus.show_agreements(for_attention(consensus(named, self._table)), titles, ended, len(runs))

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
            if pane.card is not None and pane.body.answer is not None:
                pane.body.show_votes(self._votes_of(pane.card))

    def _votes_of(self, card: RunCard) -> dict[int, Vote]:
        names = [one.name for one in self._judged(card).diagnoses]
        votes = {index: self._votes.get((card.run.run_id, name)) for index, name in enumerate(names)}
        return {index: vote for index, vote in votes.items() if vote is not None and vote is not Vote.WITHDRAWN}

    def _show_sources(self, pane: SuggestionPane, about: About | None) -> None:
        for other in self._area.panes:
            other.body.light(())
        if about is None or pane.body.answer is None:
            self._marks.clear()
            return
        diagnosis, field, _ = about
        wanted = [one for one in self._evidence(pane) if one.diagnosis == diagnosis]
        if field != NAME:
            wanted = [one for one in wanted if (one.diagnosis, one.field, one.point) == about]
        self._marks.show(_spans(wanted), self._appearance.theme, reveal=field != NAME)

    def _evidence(self, pane: SuggestionPane) -> tuple[Evidence, ...]:
        """Against the note as it is now, which may have changed since."""
        answer = pane.body.answer
        return () if answer is None else align(answer.diagnoses, self._present_index())

    def _present_index(self) -> EvidenceIndex:
        texts = (self._editor.chief_complaint, self._editor.case_features)
        if self._index[0] != texts:
            self._index = (texts, EvidenceIndex(dict(zip(_SOURCES, texts, strict=True))))
        return self._index[1]

    def _light_points(self) -> None:
        """Light the points that come from where the doctor's cursor is; of a very long note nothing is followed."""
        section = next((one for one in self._sections() if one.hasFocus()), None)
        length = len(self._editor.chief_complaint) + len(self._editor.case_features)
        answered = [pane for pane in self._area.panes if pane.body.answer is not None]
        if section is None or not answered or length > MAX_CHARACTERS_FOLLOWED:
            return
        self._marks.clear()
        place = code_points(section.text(), section.textCursor().position())
        for pane in answered:
            lit = at(self._evidence(pane), section.section.key, place)
            pane.body.light((one.diagnosis, one.field, one.point) for one in lit)

    def _sections(self) -> Iterator[SectionEditor]:
        yield from (self._editor.editors[key] for key in _SOURCES if key in self._editor.editors)


def _spans(evidence: list[Evidence]) -> list[Span]:
    return [span for one in evidence for span in one.spans]
