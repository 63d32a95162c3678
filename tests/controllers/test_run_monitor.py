"""What is told of a live run."""

from __future__ import annotations

from dataclasses import replace

from app.controllers.discharge_plans import discharge_templates
from app.controllers.run_monitor import RunMonitor
from app.core.discharge.asks import Reader
from app.core.discharge.source import lines_of
from app.core.discharge.stages import plan_record
from app.core.runs import (
    MOST_ESTIMATED,
    Binding,
    Decoding,
    FinishReason,
    ModelIdentity,
    Prompt,
    Run,
    RunPhase,
    RunProgress,
    RunStatus,
)
from app.inference.scheduler import Place
from tests.helpers.long_stay import long_stay
from tests.helpers.records import NOW

RUN = Run(
    run_id="r",
    comparison_id="c",
    binding=Binding("p", "e", "n", 1, "hash"),
    identity=ModelIdentity("m", "模型", "0" * 64, "base", "scripted", "1", "none"),
    prompt=Prompt((), "t", "1", "hash"),
    decoding=Decoding(),
    display_order=0,
    started_at=NOW,
)


class Clock:
    """A clock that is set by hand."""

    now = 10.0

    def __call__(self) -> float:
        return self.now


def test_a_run_is_followed_through_its_phases() -> None:
    clock = Clock()
    monitor = RunMonitor(RUN, clock)
    assert monitor.queued(Place("r", 2, 8.0)) == RunProgress("r", RunPhase.QUEUED, None, 2, 8.0)
    assert monitor.loading(None) == RunProgress("r", RunPhase.LOADING)
    assert monitor.loading(0.5) == RunProgress("r", RunPhase.LOADING, 0.5)
    assert monitor.reading(0, 0) == RunProgress("r", RunPhase.READING)
    assert monitor.reading(30, 40) == RunProgress("r", RunPhase.READING, 0.75)
    assert monitor.writing("急", 3) == RunProgress("r", RunPhase.WRITING)
    clock.now += 2.0
    assert monitor.writing("性", 5) == RunProgress("r", RunPhase.WRITING, tokens_per_second=2.5)


def test_reading_of_which_an_engine_tells_only_the_beginning_is_estimated_from_its_speed() -> None:
    clock = Clock()
    monitor = RunMonitor(RUN, clock)
    assert monitor.reading_estimated(8.0) is None, "it does not read yet"
    assert monitor.reading(0, 900) == RunProgress("r", RunPhase.READING)
    clock.now += 2.0
    assert monitor.reading_estimated(None) is None
    assert monitor.reading_estimated(8.0) == RunProgress("r", RunPhase.READING, 0.25, estimated=True)
    clock.now += 60.0
    late = monitor.reading_estimated(8.0)
    assert late is not None and late.fraction == MOST_ESTIMATED, "it never seems done"
    assert monitor.reading(450, 900) == RunProgress("r", RunPhase.READING, 0.5)
    assert monitor.reading_estimated(8.0) is None, "what was measured is better"
    monitor.writing("急", 1)
    assert monitor.reading_estimated(8.0) is None


def test_what_comes_late_is_not_told() -> None:
    monitor = RunMonitor(RUN, Clock())
    monitor.reading(1, 2)
    assert monitor.queued(Place("r", 1, None)) is None
    assert monitor.loading(0.9) is None
    monitor.writing("急", 1)
    assert monitor.reading(2, 2) is None
    monitor.ended = True
    assert monitor.writing("性", 1) is None


def test_a_run_that_nobody_will_report_ends_with_what_is_known() -> None:
    monitor = RunMonitor(RUN, Clock())
    monitor.writing("急", 1)
    monitor.writing("性", 2)
    outcome = monitor.cancelled()
    assert (outcome.run_id, outcome.status, outcome.finish_reason) == ("r", RunStatus.CANCELLED, FinishReason.CANCELLED)
    assert (outcome.text, outcome.output_tokens) == ("急性", 3)


def test_each_stage_has_its_phases_and_its_number() -> None:
    stay = long_stay(40)
    plan = plan_record(discharge_templates(), stay, lines_of(stay), Reader(4096, chinese=True))
    monitor = RunMonitor(RUN, Clock(), plan)
    monitor.writing("第一段。", 4)
    period = replace(monitor.cancelled(), text="好转。", ttft_ms=2_000.0, duration_ms=5_000.0, load_ms=None)
    assert monitor.end_of(period).text == "" and not monitor.in_last_stage
    for number in range(2, plan.stages + 1):
        monitor.enter_next_stage(replace(period, load_ms=800.0) if number == 2 else period)
        assert monitor.reading(0, 0) == RunProgress("r", RunPhase.READING, stage=number, stages=plan.stages)
        monitor.writing("好", 1)
    assert monitor.in_last_stage and monitor.run.prompt.template_id == "discharge"
    assert monitor.end_of(monitor.cancelled()).text == "好"
    whole = monitor.end_of(replace(period, output_tokens=31))
    before = 5_000.0 * (plan.stages - 1)
    assert (whole.ttft_ms, whole.duration_ms, whole.load_ms) == (before + 2_000.0, before + 5_000.0, 800.0)
    assert whole.tokens_per_second == 10.0
