"""Order, places and waits of runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.runs import FinishReason, RunOutcome, RunStatus
from app.inference.prepared import Speed
from app.inference.scheduler import Habits, Job, Place, RunQueue, slots_for

JOBS = (Job("a", 0.0, 1.0, 10.0), Job("b", 2.0, 1.0, 20.0), Job("c", 0.0, 3.0, 30.0))


@pytest.mark.parametrize(("gain", "slots"), [(0.9, 1), (1.0, 1), (1.5, 1), (1.51, 3), (3.2, 3)])
def test_runs_go_together_only_where_that_pays(gain: float, slots: int) -> None:
    assert slots_for(gain, 3) == slots


def test_the_first_pane_starts_first_and_alone() -> None:
    queue = RunQueue(waiting=JOBS)
    assert queue.next_job() == JOBS[0]
    queue = queue.with_started("a", 0.0)
    assert queue.next_job() is None
    assert queue.with_writing("a").next_job() is None
    assert queue.without("a").next_job() == JOBS[1]


def test_together_the_next_starts_at_the_first_token_of_the_one_before() -> None:
    queue = RunQueue(slots=3, waiting=JOBS).with_started("a", 0.0)
    assert queue.next_job() is None
    queue = queue.with_writing("a")
    assert queue.next_job() == JOBS[1]
    assert queue.with_started("b", 1.0).next_job() is None
    assert queue.with_started("b", 1.0).with_writing("b").next_job() == JOBS[2]


def test_a_run_that_fails_before_its_first_token_holds_nobody() -> None:
    queue = RunQueue(slots=3, waiting=JOBS).with_started("a", 0.0).without("a")
    assert queue.next_job() == JOBS[1]


def test_waits_add_up_one_after_another() -> None:
    queue = RunQueue(waiting=JOBS).with_started("a", 100.0)
    assert queue.places(104.0) == (Place("b", 1, 7.0 + 3.0), Place("c", 2, 7.0 + 23.0 + 3.0))


def test_waits_together_are_those_of_reading() -> None:
    queue = RunQueue(slots=3, waiting=JOBS).with_started("a", 100.0)
    assert queue.places(100.5) == (Place("b", 1, 0.5 + 3.0), Place("c", 2, 0.5 + 3.0 + 3.0))
    assert queue.with_writing("a").places(101.0)[0] == Place("b", 1, 3.0)


def test_a_run_that_takes_longer_than_thought_leaves_no_negative_wait() -> None:
    queue = RunQueue(waiting=JOBS[:2]).with_started("a", 0.0)
    assert queue.places(1000.0) == (Place("b", 1, 3.0),)


def test_an_unknown_pace_is_an_unknown_wait_but_a_known_place() -> None:
    queue = RunQueue(waiting=(Job("x"), *JOBS))
    assert [(place.position, place.estimated_wait_s) for place in queue.places(0.0)] == [
        (0, None),
        (1, None),
        (2, None),
        (3, None),
    ]


def test_a_cancelled_run_leaves_the_queue() -> None:
    queue = RunQueue(waiting=JOBS).without("b")
    assert [job.run_id for job in queue.waiting] == ["a", "c"]
    assert queue.without("unknown") == queue


@given(st.integers(1, 4), st.lists(st.sampled_from(["start", "write", "end"]), max_size=40))
def test_every_run_starts_once_in_order_whatever_happens(slots: int, events: list[str]) -> None:
    queue = RunQueue(slots=slots, waiting=JOBS)
    started: list[str] = []
    for event in [*events, *["start", "write", "end"] * len(JOBS)]:
        job = queue.next_job()
        if event == "start" and job:
            started.append(job.run_id)
            queue = queue.with_started(job.run_id, 0.0)
        elif event == "write" and queue.active:
            queue = queue.with_writing(queue.active[-1].job.run_id)
        elif event == "end" and queue.active:
            queue = queue.without(queue.active[0].job.run_id)
        assert len(queue.active) <= slots
    assert started == ["a", "b", "c"]


def outcome(**changes: object) -> RunOutcome:
    values: dict[str, object] = {
        "status": RunStatus.COMPLETED,
        "finish_reason": FinishReason.STOP,
        "text": "",
        "input_tokens": 300,
        "output_tokens": 101,
        "ttft_ms": 2000.0,
        "duration_ms": 12_000.0,
        "load_ms": None,
    }
    return RunOutcome("r", **{**values, **changes})  # type: ignore[arg-type]


def test_calibration_gives_the_first_estimate() -> None:
    habits = Habits.from_speed(Speed(reading=100.0, writing=20.0, load_seconds=4.0))
    assert habits.job("r", "病" * 1000, 400, loaded=False) == Job("r", 4.0, 7.0, 15.0)
    assert habits.job("r", "病" * 1000, 400, loaded=True).loading_s == 0.0
    assert habits.job("r", "病" * 1000, 100, loaded=True).writing_s == 5.0


def test_without_any_measurement_nothing_is_promised() -> None:
    assert Habits.from_speed(None).job("r", "病" * 1000, 400, loaded=True) == Job("r", 0.0, None, None)


def test_a_finished_run_teaches_the_pace() -> None:
    prompt = "病" * 600
    habits = Habits().after(outcome(load_ms=3000.0), prompt)
    assert habits == Habits(150.0, 10.0, 3.0, 101, 0.5, prompt)
    assert habits.job("r", "史" * 600, 512, loaded=True) == Job("r", 0.0, 2.0, 10.1)


@pytest.mark.parametrize("changes", [{"status": RunStatus.FAILED}, {"output_tokens": 2}])
def test_a_run_that_broke_off_teaches_nothing_but_the_loading(changes: dict[str, object]) -> None:
    assert Habits(held="病").after(outcome(load_ms=3000.0, **changes), "病史") == Habits(load_seconds=3.0)


def test_what_a_model_has_read_is_not_waited_for_again() -> None:
    habits = Habits(reading=100.0, tokens_per_character=1.0).having_read("甲" * 800 + "乙" * 200)
    assert habits.job("r", "甲" * 800 + "丙" * 200, 400, loaded=True).reading_s == pytest.approx(2.0)
    assert habits.job("r", "甲" * 800 + "丙" * 200, 400, loaded=False).reading_s == pytest.approx(10.0)
    assert habits.job("r", "甲" * 800 + "乙" * 200, 400, loaded=True).reading_s == pytest.approx(0.5)


def test_a_prompt_that_was_at_hand_does_not_teach_how_fast_a_model_reads() -> None:
    habits = Habits(reading=100.0).having_read("甲" * 1000)
    assert habits.after(outcome(ttft_ms=100.0), "甲" * 1000).reading == 100.0
    half = Habits(reading=100.0).having_read("甲" * 500)
    assert half.after(outcome(ttft_ms=2000.0), "甲" * 500 + "乙" * 500).reading == pytest.approx(75.0)
