from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from app.core.events import Vote
from app.core.runs import Comparison, Generation, RunOutcome, RunPhase, RunProgress
from app.ui.comparison.run_board import RunBoard

Make = Callable[..., Comparison]


def test_a_live_run_is_followed_to_its_end(make_comparison: Make, make_outcome: Callable[..., RunOutcome]) -> None:
    board, comparison = RunBoard(), make_comparison()
    card = board.start(comparison).runs[0]
    board.progress(RunProgress(card.run.run_id, RunPhase.READING, 0.5))
    board.append(card.run.run_id, "1. 急性")
    assert card.live
    assert card.text == "1. 急性"
    assert card.progress is not None
    assert card.progress.phase is RunPhase.WRITING
    board.finish(Generation(card.run, make_outcome(card.run.run_id, "1. 急性心肌梗死"), comparison.created_at))
    board.append(card.run.run_id, "晚到")
    assert card.text == "1. 急性心肌梗死"
    assert not card.live


def test_opening_another_note_keeps_live_runs_apart(make_comparison: Make) -> None:
    board = RunBoard()
    live = board.start(make_comparison(3, comparison_id="live"))
    board.open_note((), {})
    assert board.of_note("n5") == []
    assert board.of_note("n3") == [live]
    board.open_note([(live.comparison, ())], {})
    assert board.of_note("n3")[0] is live, "the live card is not replaced by its half-stored self"


def test_stored_comparisons_come_newest_first_with_votes_and_lost_runs(
    make_comparison: Make, make_outcome: Callable[..., RunOutcome]
) -> None:
    board, old = RunBoard(), make_comparison(comparison_id="old")
    new = replace(make_comparison(comparison_id="new"), created_at=old.created_at + timedelta(minutes=5))
    ended = Generation(old.runs[1], make_outcome("old-r1"), old.created_at)
    board.open_note([(old, (ended,)), (new, ())], {"old-r1": Vote.UP})
    cards = board.of_note("n3")
    assert [card.comparison.comparison_id for card in cards] == ["new", "old"]
    lost, finished, _ = cards[1].runs
    assert lost.lost
    assert not lost.live
    assert finished.vote is Vote.UP
    board.vote("old-r1", Vote.WITHDRAWN)
    assert finished.vote is None
    board.open_note((), {})
    assert board.run("old-r1") is None
