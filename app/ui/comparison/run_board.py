"""What the window knows of comparisons and their runs: live ones of any note, stored ones of the open note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from app.core.events import Vote
from app.core.runs import Comparison, Generation, Run, RunOutcome, RunPhase, RunProgress


@dataclass(slots=True)
class RunCard:
    """One run as it is shown. `lost` marks a stored run that the program left without an end."""

    run: Run
    text: str = ""
    progress: RunProgress | None = None
    outcome: RunOutcome | None = None
    vote: Vote | None = None
    lost: bool = False
    writing_since: float | None = field(default=None, repr=False)

    @property
    def live(self) -> bool:
        """Whether the run has not ended yet."""
        return self.outcome is None and not self.lost

    @property
    def characters_per_second(self) -> float | None:
        """Speed of writing so far; None before there is enough to tell."""
        if self.writing_since is None:
            return None
        seconds = monotonic() - self.writing_since
        return len(self.text) / seconds if seconds > 0.5 else None


@dataclass(frozen=True, slots=True)
class ComparisonCard:
    """A comparison with its runs in pane order."""

    comparison: Comparison
    runs: tuple[RunCard, ...]

    @property
    def live(self) -> bool:
        """Whether any of the runs has not ended yet."""
        return any(card.live for card in self.runs)


class RunBoard:
    """Finds a run by its id and the comparisons of a note; forgets what is neither live nor of the open note."""

    def __init__(self) -> None:
        self._comparisons: dict[str, ComparisonCard] = {}
        self._runs: dict[str, RunCard] = {}

    def of_note(self, note_id: str) -> list[ComparisonCard]:
        """The comparisons of a note, newest first."""
        found = [card for card in self._comparisons.values() if card.comparison.binding.note_id == note_id]
        return sorted(found, key=lambda card: card.comparison.created_at, reverse=True)

    def run(self, run_id: str) -> RunCard | None:
        """The run of this id, if it is known."""
        return self._runs.get(run_id)

    def open_note(
        self,
        stored: Iterable[tuple[Comparison, tuple[Generation, ...]]],
        votes: Mapping[str, Vote],
    ) -> None:
        """Take the stored comparisons of the note that was opened; live ones of other notes stay."""
        for comparison_id in [key for key, card in self._comparisons.items() if not card.live]:
            self._forget(comparison_id)
        for comparison, generations in stored:
            if comparison.comparison_id not in self._comparisons:
                self._add(_stored_card(comparison, generations, votes))

    def start(self, comparison: Comparison) -> ComparisonCard:
        """A comparison began."""
        card = ComparisonCard(comparison, tuple(RunCard(run) for run in comparison.runs))
        self._add(card)
        return card

    def progress(self, progress: RunProgress) -> None:
        """A run moved on."""
        card = self._runs.get(progress.run_id)
        if card is not None and card.live:
            card.progress = progress

    def append(self, run_id: str, delta: str) -> None:
        """A run wrote."""
        card = self._runs.get(run_id)
        if card is None or not card.live:
            return
        card.text += delta
        if card.writing_since is None:
            card.writing_since = monotonic()
        if card.progress is None or card.progress.phase is not RunPhase.WRITING:
            card.progress = RunProgress(run_id, RunPhase.WRITING)

    def finish(self, generation: Generation) -> None:
        """A run ended; what was stored is what is shown."""
        card = self._runs.get(generation.run.run_id)
        if card is not None:
            card.outcome = generation.outcome
            card.text = generation.outcome.text

    def vote(self, run_id: str, vote: Vote) -> None:
        """A vote was stored."""
        card = self._runs.get(run_id)
        if card is not None:
            card.vote = _standing(vote)

    def take_votes(self, note_id: str, votes: Mapping[str, Vote]) -> None:
        """These are the votes on the runs of a note, and no others."""
        for card in self.of_note(note_id):
            for run in card.runs:
                run.vote = _standing(votes.get(run.run.run_id))

    def _add(self, card: ComparisonCard) -> None:
        self._comparisons[card.comparison.comparison_id] = card
        self._runs.update({run.run.run_id: run for run in card.runs})

    def _forget(self, comparison_id: str) -> None:
        for run in self._comparisons.pop(comparison_id).runs:
            self._runs.pop(run.run.run_id, None)


def _stored_card(
    comparison: Comparison, generations: Iterable[Generation], votes: Mapping[str, Vote]
) -> ComparisonCard:
    ended = {generation.run.run_id: generation for generation in generations}
    runs = {run.run_id: run for run in comparison.runs} | {key: item.run for key, item in ended.items()}
    cards = [_stored_run(run, ended.get(run.run_id), votes.get(run.run_id)) for run in runs.values()]
    return ComparisonCard(comparison, tuple(sorted(cards, key=lambda card: card.run.display_order)))


def _stored_run(run: Run, generation: Generation | None, vote: Vote | None) -> RunCard:
    if generation is None:
        return RunCard(run, vote=_standing(vote), lost=True)
    return RunCard(run, text=generation.outcome.text, outcome=generation.outcome, vote=_standing(vote))


def _standing(vote: Vote | None) -> Vote | None:
    return None if vote is Vote.WITHDRAWN else vote
