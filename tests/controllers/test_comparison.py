"""The main job, with real child processes that follow scripts and a journal that only remembers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.comparison import ComparisonController, ComparisonRequest, ModelStatus
from app.controllers.comparison_request import DischargeRequest
from app.controllers.discharge_plans import discharge_templates, plans_of
from app.core.errors import DatabaseFault, UsageFault
from app.core.notes import MAX_SECTION_CHARACTERS
from app.core.runs import (
    Binding,
    Comparison,
    Decoding,
    FinishReason,
    Generation,
    Message,
    Prompt,
    RunPhase,
    RunProgress,
    RunStatus,
)
from app.inference.engines.scripted import LOADING, FaultKind, Script, scripted_model
from tests.helpers.leaks import child_processes
from tests.helpers.logs import ExpectedLogs
from tests.helpers.long_stay import long_stay

BINDING = Binding("p", "e", "n", 4, "hash")
REQUEST = ComparisonRequest(BINDING, "胸痛2小时", "突发胸骨后压榨样疼痛", "男，65岁")
ANSWERS = ("一、急性心肌梗死。", "二、主动脉夹层。", "三、肺栓塞。")
Done = Callable[[Exception | None], None]


class Journal:
    """Remembers what it was given; answers at once, or when `answer_all` is called."""

    def __init__(self, story: list[tuple[object, ...]]) -> None:
        self.story = story
        self.comparisons: list[Comparison] = []
        self.generations: list[Generation] = []
        self.error: Exception | None = None
        self.deferred = False
        self._open: list[Done] = []

    def record_comparison(self, comparison: Comparison, done: Done) -> None:
        self.comparisons.append(comparison)
        self._answer(done, ("stored", comparison.comparison_id))

    def record_generation(self, generation: Generation, done: Done) -> None:
        self.generations.append(generation)
        self._answer(done, ("stored", generation.run.run_id))

    def answer_all(self) -> None:
        """Answer what is open, each twice: the second answer must change nothing."""
        answers, self._open = self._open, []
        for done in answers:
            done(self.error)
            done(self.error)

    def _answer(self, done: Done, event: tuple[object, ...]) -> None:
        def answer(error: Exception | None) -> None:
            self.story.append(event)
            done(error)

        if self.deferred:
            self._open.append(answer)
        else:
            answer(self.error)


class Desk:
    """A controller with its journal, and everything that it told, in order."""

    def __init__(self, controller: ComparisonController, journal: Journal) -> None:
        self.controller = controller
        self.journal = journal
        self.story = journal.story
        controller.comparison_started.connect(lambda it: self.story.append(("started", it.comparison_id, it)))
        controller.run_progressed.connect(lambda it: self.story.append(("progressed", it.run_id, it)))
        controller.text_arrived.connect(lambda run_id, delta: self.story.append(("text", run_id, delta)))
        controller.run_finished.connect(lambda it: self.story.append(("finished", it.run.run_id, it)))
        controller.comparison_finished.connect(lambda it: self.story.append(("over", it)))
        controller.model_changed.connect(lambda it: self.story.append(("model", it.model, it)))
        controller.refused.connect(lambda it: self.story.append(("refused", it)))
        controller.storing_failed.connect(lambda it: self.story.append(("unstored", it)))

    def of(self, name: str) -> list[tuple[object, ...]]:
        """The events of this name."""
        return [event for event in self.story if event[0] == name]

    def written(self, run_id: str) -> str:
        """All text that arrived for a run."""
        return "".join(str(event[2]) for event in self.of("text") if event[1] == run_id)

    def generations(self) -> list[Generation]:
        """The announced ends, in pane order."""
        ends = [event[2] for event in self.of("finished") if isinstance(event[2], Generation)]
        return sorted(ends, key=lambda generation: generation.run.display_order)

    def statuses(self) -> list[RunStatus]:
        """How the runs ended, in pane order."""
        return [generation.outcome.status for generation in self.generations()]

    def run_ids(self) -> list[str]:
        """The runs of the newest comparison, in pane order."""
        return [run.run_id for run in self.journal.comparisons[-1].runs]


class MakeDesk(Protocol):
    def __call__(
        self,
        *scripts: Script,
        gain: float = 1.0,
        make_prompt: Callable[[ComparisonRequest], Prompt] = ...,
        context_tokens: Sequence[int] = (),
    ) -> Desk: ...


def a_prompt(request: ComparisonRequest) -> Prompt:
    return Prompt((Message("user", request.chief_complaint + request.case_features),), "t", "1", "hash")


@pytest.fixture
def make_desk(tmp_path: Path, qapp: object) -> Iterator[MakeDesk]:
    desks: list[Desk] = []

    def make(
        *scripts: Script,
        gain: float = 1.0,
        make_prompt: Callable[[ComparisonRequest], Prompt] = a_prompt,
        context_tokens: Sequence[int] = (),
    ) -> Desk:
        contexts = itertools.chain(context_tokens, itertools.repeat(4096))
        models = [
            scripted_model(tmp_path / f"{name}.json", script, name=name, context_tokens=context)
            for name, script, context in zip("abc", scripts, contexts, strict=False)
        ]
        journal = Journal([])
        decoding = Decoding(max_tokens=2000)
        desks.append(Desk(ComparisonController(models, journal, make_prompt, decoding, gain=gain), journal))
        return desks[-1]

    yield make
    for desk in desks:
        desk.controller.close()
        desk.journal.answer_all()
    assert not child_processes()


def three(**changes: object) -> list[Script]:
    return [replace(Script(answer, token_ms=5), **changes) for answer in ANSWERS]


def compare(qtbot: QtBot, desk: Desk) -> None:
    with qtbot.waitSignal(desk.controller.comparison_finished, timeout=20_000):
        desk.controller.start(REQUEST)


def test_three_answers_stream_and_end_in_order(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    compare(qtbot, desk)
    assert desk.statuses() == [RunStatus.COMPLETED] * 3
    assert [generation.outcome.text for generation in desk.generations()] == list(ANSWERS)
    assert [desk.written(run_id) for run_id in desk.run_ids()] == list(ANSWERS)
    names = [str(event[0]) for event in desk.story if event[0] != "model"]
    assert names[:2] == ["stored", "started"]
    assert names[-1] == "over"
    assert names.count("finished") == 3
    assert not desk.controller.busy


def test_every_run_is_bound_to_the_note_it_was_asked_for(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    compare(qtbot, desk)
    (comparison,) = desk.journal.comparisons
    assert (comparison.binding, comparison.chief_complaint, comparison.case_features) == (
        BINDING,
        REQUEST.chief_complaint,
        REQUEST.case_features,
    )
    assert [run.identity.model for run in comparison.runs] == ["a", "b", "c"]
    assert [run.display_order for run in comparison.runs] == [0, 1, 2]
    assert {run.binding for run in comparison.runs} == {BINDING}
    assert tuple(generation.run for generation in desk.generations()) == comparison.runs
    assert desk.journal.generations == desk.generations()


def test_nothing_is_announced_before_it_is_stored(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(answer="短"))
    desk.journal.deferred = True
    desk.controller.start(REQUEST)
    assert desk.controller.busy
    assert desk.story == []
    desk.journal.answer_all()
    qtbot.waitUntil(lambda: len(desk.journal.generations) == 3)
    assert not desk.of("finished")
    assert desk.controller.busy
    desk.journal.answer_all()
    names = [event[0] for event in desk.story]
    assert names.count("finished") == 3
    assert names.count("over") == names.count("started") == 1
    for run_id in desk.run_ids():
        positions = [index for index, event in enumerate(desk.story) if event[1] == run_id]
        assert [desk.story[index][0] for index in positions][-3:] == ["stored", "finished", "stored"]


def test_one_after_another_where_the_machine_gains_nothing(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    compare(qtbot, desk)
    order = [event[1] for event in desk.story if event[0] in ("text", "finished")]
    assert [run_id for run_id, _ in itertools.groupby(order)] == desk.run_ids()


def test_together_where_that_pays_but_the_first_pane_first(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(answer="长" * 60, token_ms=20), gain=2.0)
    compare(qtbot, desk)
    texts = [event[1] for event in desk.of("text")]
    assert list(dict.fromkeys(texts)) == desk.run_ids()
    first_end = next(index for index, event in enumerate(desk.story) if event[0] == "finished")
    assert {event[1] for event in desk.story[:first_end] if event[0] == "text"} == set(desk.run_ids())


def test_phases_never_go_back_and_waiting_runs_know_their_place(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(load_ms=100, prefill_ms=20))
    compare(qtbot, desk)
    order = list(RunPhase)
    for position, run_id in enumerate(desk.run_ids()):
        told = [event[2] for event in desk.of("progressed") if event[1] == run_id]
        phases = [order.index(progress.phase) for progress in told if isinstance(progress, RunProgress)]
        assert phases == sorted(phases)
        assert set(phases) >= {1, 2, 3}
        queued = [it.queue_position for it in told if isinstance(it, RunProgress) and it.phase is RunPhase.QUEUED]
        assert queued == sorted(queued, reverse=True)
        assert max(queued, default=0) == position


def test_the_second_comparison_knows_how_long_runs_wait(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(answer="一二三四五六七八九十", token_ms=10, prefill_ms=10))
    compare(qtbot, desk)
    before = len(desk.of("progressed"))
    compare(qtbot, desk)
    told = [event[2] for event in desk.of("progressed")[before:] if event[1] == desk.run_ids()[2]]
    waits = [it.estimated_wait_s for it in told if isinstance(it, RunProgress) and it.phase is RunPhase.QUEUED]
    assert waits
    assert all(wait is not None and 0 < wait < 5 for wait in waits)


def test_a_second_start_is_refused_and_starts_nothing(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    with qtbot.waitSignal(desk.controller.comparison_finished):
        desk.controller.start(REQUEST)
        desk.controller.start(REQUEST)
    assert len(desk.journal.comparisons) == 1
    ((_, sentence),) = desk.of("refused")
    assert "还在进行" in str(sentence)


def test_the_end_of_one_comparison_may_start_the_next(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    once = [REQUEST]
    desk.controller.comparison_finished.connect(lambda _: once and desk.controller.start(once.pop()))
    desk.controller.start(REQUEST)
    qtbot.waitUntil(lambda: len(desk.of("over")) == 2, timeout=20_000)
    assert len(desk.of("finished")) == 6
    assert not desk.of("refused")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chief_complaint": ""}, "请先填写主诉，"),
        ({"case_features": " \n\t"}, "请先填写病例特点，"),
        ({"chief_complaint": "", "case_features": ""}, "请先填写主诉和病例特点，"),
        ({"case_features": "长" * (MAX_SECTION_CHARACTERS + 1)}, "病例特点有 50,001 字"),
        ({"chief_complaint": "长" * (MAX_SECTION_CHARACTERS + 1)}, "主诉有 50,001 字"),
    ],
)
def test_an_input_that_no_model_can_be_asked_is_refused(
    make_desk: MakeDesk, changes: dict[str, str], words: str
) -> None:
    desk = make_desk(*three())
    desk.controller.start(replace(REQUEST, **changes))
    ((_, sentence),) = desk.of("refused")
    assert words in str(sentence)
    assert not desk.controller.busy
    assert not desk.journal.comparisons


def test_a_prompt_that_cannot_be_made_is_refused(make_desk: MakeDesk) -> None:
    def refuse(request: ComparisonRequest) -> Prompt:
        raise UsageFault("病例特点无法使用。")

    desk = make_desk(*three(), make_prompt=refuse)
    desk.controller.start(REQUEST)
    assert desk.story == [("refused", "病例特点无法使用。")]
    assert not desk.controller.busy


def test_without_models_a_request_is_refused(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.controller.preload()
    desk.controller.start(REQUEST)
    assert "没有可用的模型" in str(desk.of("refused"))


def test_an_input_too_long_for_one_model_fails_that_pane_only(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(), context_tokens=[2005])
    compare(qtbot, desk)
    assert desk.statuses() == [RunStatus.FAILED, RunStatus.COMPLETED, RunStatus.COMPLETED]
    error = desk.generations()[0].outcome.error or ""
    assert "需要 15 个词元，此模型最多能读 5 个" in error


@pytest.mark.parametrize("fault", [FaultKind.SEGV, FaultKind.RAISE])
def test_a_fault_fails_one_pane_only_and_the_next_comparison_works(
    qtbot: QtBot, make_desk: MakeDesk, fault: FaultKind
) -> None:
    scripts = three()
    scripts[0] = replace(scripts[0], token_ms=45, fault=fault, fault_at_token=3, fault_when="坏")
    desk = make_desk(
        *scripts, make_prompt=lambda request: Prompt((Message("user", request.case_features),), "", "", "")
    )
    with qtbot.waitSignal(desk.controller.comparison_finished):
        desk.controller.start(replace(REQUEST, case_features="坏"))
    assert desk.statuses() == [RunStatus.FAILED, RunStatus.COMPLETED, RunStatus.COMPLETED]
    failed = desk.generations()[0].outcome
    assert failed.text == desk.written(desk.run_ids()[0]) != ""
    compare(qtbot, desk)
    assert desk.statuses()[-1] is RunStatus.COMPLETED
    assert desk.written(desk.run_ids()[0]) == ANSWERS[0]


def test_a_cancelled_run_keeps_its_text_and_the_next_goes_on(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(Script("长" * 1500, token_ms=20), *three()[1:])
    desk.controller.text_arrived.connect(lambda run_id, _: run_id == desk.run_ids()[0] and cancel(desk, 0))
    compare(qtbot, desk)
    assert desk.statuses() == [RunStatus.CANCELLED, RunStatus.COMPLETED, RunStatus.COMPLETED]
    outcome = desk.generations()[0].outcome
    assert outcome.finish_reason is FinishReason.CANCELLED
    assert outcome.text == desk.written(desk.run_ids()[0]) != ""
    assert outcome.error is None


def cancel(desk: Desk, pane: int) -> None:
    desk.controller.cancel_run(desk.run_ids()[pane])


def test_a_waiting_run_is_cancelled_at_once_and_never_starts(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    desk.controller.comparison_started.connect(lambda comparison: cancel(desk, 1))
    compare(qtbot, desk)
    assert desk.statuses() == [RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.COMPLETED]
    assert [event[1] for event in desk.of("finished")] == [desk.run_ids()[index] for index in (1, 0, 2)]
    assert desk.written(desk.run_ids()[1]) == ""


def test_cancel_all_starts_nothing_more(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(answer="长" * 1500, token_ms=20))
    desk.controller.text_arrived.connect(lambda *_: desk.controller.cancel_all())
    compare(qtbot, desk)
    assert desk.statuses() == [RunStatus.CANCELLED] * 3
    assert {event[1] for event in desk.of("text")} == {desk.run_ids()[0]}


def test_a_cancel_before_the_comparison_is_stored_counts(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    desk.journal.deferred = True
    desk.controller.start(REQUEST)
    desk.controller.cancel_all()
    desk.journal.deferred = False
    desk.journal.answer_all()
    assert desk.statuses() == [RunStatus.CANCELLED] * 3
    assert [event[0] for event in desk.story][:2] == ["stored", "started"]
    assert not desk.controller.busy


def test_a_cancel_of_what_is_not_running_does_nothing(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    desk.controller.cancel_run("unknown")
    desk.controller.cancel_all()
    compare(qtbot, desk)
    cancel(desk, 0)
    assert desk.statuses() == [RunStatus.COMPLETED] * 3


def test_a_full_disk_is_told_and_the_text_stays(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    desk.journal.error = DatabaseFault("磁盘已满。")
    compare(qtbot, desk)
    assert desk.statuses() == [RunStatus.COMPLETED] * 3
    assert desk.of("unstored") == [("unstored", "磁盘已满。")] * 4


def test_a_bug_in_storing_is_told_without_its_words(
    qtbot: QtBot, make_desk: MakeDesk, expected_logs: ExpectedLogs
) -> None:
    desk = make_desk(*three())
    desk.journal.error = KeyError("李某")
    expected_logs.expect("storing failed")
    compare(qtbot, desk)
    assert "李" not in str(desk.of("unstored"))


def states(desk: Desk) -> list[tuple[str, str]]:
    changes = [event[2] for event in desk.of("model")]
    told = [(change.model, change.state) for change in changes if isinstance(change, ModelStatus)]
    return [state for state, _ in itertools.groupby(told)]


def test_models_are_loaded_one_after_another_in_pane_order(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(load_ms=100))
    desk.controller.preload()
    qtbot.waitUntil(lambda: ("c", "ready") in states(desk), timeout=20_000)
    assert states(desk) == [(name, "waiting") for name in "abc"] + [
        (name, state) for name in "abc" for state in ("loading", "ready")
    ]
    fractions = [event[2].fraction for event in desk.of("model") if isinstance(event[2], ModelStatus)]
    assert any(fraction and 0 < fraction < 1 for fraction in fractions)


def test_a_request_goes_ahead_of_preloading(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(load_ms=150))
    desk.controller.preload()
    compare(qtbot, desk)
    first_end = next(index for index, event in enumerate(desk.story) if event[0] == "finished")
    assert not [
        event for event in desk.story[:first_end] if event[:2] == ("model", "b") and event[2].state != "waiting"
    ]  # type: ignore[attr-defined]
    assert desk.statuses() == [RunStatus.COMPLETED] * 3


def test_a_model_that_was_lost_is_loaded_again_when_idle(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(Script("长" * 1500, token_ms=20, ignore_cancel=True))
    desk.controller.preload()
    desk.controller.text_arrived.connect(lambda *_: desk.controller.cancel_all())
    compare(qtbot, desk)
    told = [("a", "waiting"), ("a", "loading"), ("a", "ready")]
    qtbot.waitUntil(lambda: states(desk) == told * 2, timeout=20_000)
    assert desk.statuses() == [RunStatus.CANCELLED]


def test_a_model_that_cannot_be_loaded_says_why_and_holds_nobody(qtbot: QtBot, make_desk: MakeDesk) -> None:
    scripts = three()
    scripts[0] = replace(scripts[0], fault=FaultKind.REFUSE, fault_at_token=LOADING)
    desk = make_desk(*scripts)
    desk.controller.preload()
    qtbot.waitUntil(lambda: ("c", "ready") in states(desk), timeout=20_000)
    failed = [
        event[2] for event in desk.of("model") if isinstance(event[2], ModelStatus) and event[2].state == "failed"
    ]
    assert ["此模型的格式不受支持" in status.message for status in failed] == [True]
    compare(qtbot, desk)
    assert desk.statuses() == [RunStatus.FAILED, RunStatus.COMPLETED, RunStatus.COMPLETED]


def test_a_crashing_model_is_given_up_until_it_is_started_anew(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(Script("好", fault=FaultKind.EXIT, fault_when="胸痛"))
    for _ in range(4):
        compare(qtbot, desk)
    assert "已停止自动重启" in (desk.generations()[-1].outcome.error or "")
    desk.controller.restart("a")
    qtbot.waitUntil(lambda: states(desk)[-1] == ("a", "ready"), timeout=20_000)


def test_close_stores_what_was_written_and_leaves_nothing(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(answer="长" * 1500, token_ms=20))
    with qtbot.waitSignal(desk.controller.text_arrived):
        desk.controller.start(REQUEST)
    desk.controller.close()
    assert not child_processes()
    assert desk.statuses() == [RunStatus.CANCELLED] * 3
    assert desk.generations()[0].outcome.text == desk.written(desk.run_ids()[0]) != ""
    assert desk.generations()[0].outcome.output_tokens > 0
    assert not desk.controller.busy
    desk.controller.start(REQUEST)
    assert "正在关闭" in str(desk.of("refused"))


def test_close_while_an_end_is_being_stored_stores_it_once(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    desk.controller.run_progressed.connect(lambda _: setattr(desk.journal, "deferred", True))
    desk.controller.start(REQUEST)
    qtbot.waitUntil(lambda: len(desk.journal.generations) == 1)
    desk.controller.close()
    assert not desk.of("finished")
    desk.journal.answer_all()
    assert sorted(generation.run.run_id for generation in desk.journal.generations) == sorted(desk.run_ids())
    assert desk.statuses() == [RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.CANCELLED]


def test_close_while_models_load_is_quick(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(*three(load_ms=60_000))
    desk.controller.preload()
    qtbot.waitUntil(lambda: any(event[2].fraction == 0.0 for event in desk.of("model")))  # type: ignore[attr-defined]
    desk.controller.close()
    desk.controller.close()


def test_close_before_the_comparison_is_stored_ends_it_when_it_is(make_desk: MakeDesk) -> None:
    desk = make_desk(*three())
    desk.journal.deferred = True
    desk.controller.start(REQUEST)
    desk.controller.close()
    desk.journal.deferred = False
    desk.journal.answer_all()
    assert desk.statuses() == [RunStatus.CANCELLED] * 3
    assert not desk.controller.busy


def start_long_stay(desk: Desk) -> int:
    """Ask for the record of a long stay; how many stages each model has."""
    plans = plans_of(long_stay(40), desk.controller.models, discharge_templates())
    desk.controller.start(DischargeRequest(BINDING, "主诉", "特点", plans))
    return next(iter(plans.values())).stages


def test_a_long_stay_goes_in_stages_and_only_the_record_is_the_answer(qtbot: QtBot, make_desk: MakeDesk) -> None:
    desk = make_desk(Script("病情好转。"), Script("{prompt}"))
    with qtbot.waitSignal(desk.controller.comparison_finished, timeout=20_000):
        stages = start_long_stay(desk)
    assert stages >= 3
    assert desk.statuses() == [RunStatus.COMPLETED] * 2 and len(desk.journal.generations) == 2
    short, long = desk.generations()
    assert short.outcome.text == desk.written(short.run.run_id) == "病情好转。"
    assert short.run.prompt.messages[-1].content.count("起：病情好转。") == stages - 1
    assert long.outcome.text == desk.written(long.run.run_id)
    assert long.outcome.text.startswith("<病历>\n入院：") and long.run.prompt.template_id == "discharge"
    told = [event[2] for event in desk.of("progressed") if event[1] == short.run.run_id]
    seen = list(dict.fromkeys((one.stage, one.stages) for one in told if isinstance(one, RunProgress)))
    assert seen == [(number, stages) for number in range(1, stages + 1)]


def test_a_stage_that_fails_or_is_cancelled_ends_the_whole_without_a_text(qtbot: QtBot, make_desk: MakeDesk) -> None:
    scripts = Script("好转。", fault=FaultKind.RAISE, fault_at_token=2), Script("好" * 500, token_ms=5)
    desk = make_desk(*scripts, gain=3.0)
    desk.controller.run_progressed.connect(
        lambda it: it.phase is RunPhase.WRITING and it.run_id == desk.run_ids()[1] and desk.controller.cancel_all()
    )
    with qtbot.waitSignal(desk.controller.comparison_finished, timeout=20_000):
        start_long_stay(desk)
    assert desk.statuses() == [RunStatus.FAILED, RunStatus.CANCELLED]
    assert [generation.outcome.text for generation in desk.generations()] == ["", ""]
    assert desk.of("text") == []
