"""A short measurement, on scripted models in real processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import EngineFault, ModelFileFault
from app.core.runs import Decoding, FinishReason, Message, RunOutcome, RunStatus
from app.inference import calibrate as module
from app.inference.calibrate import choose_settings, measure_copying, measure_speed, measure_together
from app.inference.engine import GenerationRequest, Score
from app.inference.engines.scripted import FaultKind, Script, scripted_model
from app.inference.prepared import PreparedModel, Together
from app.inference.supervisor import ModelHost

MakeModel = Callable[[Script], PreparedModel]
PROMPTS = [(Message("user", "胸痛" * 100),), (Message("user", "腹痛" * 50),)]
RECORD = GenerationRequest(PROMPTS[0], Decoding(max_tokens=2000, grammar="root ::= [一-龥]+"), copies=True)


def test_speeds_are_those_of_the_model(script: MakeModel) -> None:
    speed = measure_speed(script(Script("答" * 40, token_ms=4, prefill_ms=30, load_ms=60)), PROMPTS)
    assert speed.load_seconds >= 0.06
    assert 0 < speed.writing < 250, "40 tokens at 4 ms and more"
    assert speed.memory_bytes > 5_000_000, "a Python process at least"
    assert 0 < speed.reading < 200 / 0.12, "200 characters in 4 chunks of 30 ms and more"


def test_the_best_round_counts(script: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = iter([(100.0, 9.0), (80.0, 11.0)])
    monkeypatch.setattr(module, "_speeds", lambda outcome: next(rounds))
    speed = measure_speed(script(Script("答")), PROMPTS)
    assert (speed.reading, speed.writing) == (100.0, 11.0)


def test_answers_are_short_and_greedy(script: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Decoding] = []
    outcomes: list[RunOutcome] = []
    generate = ModelHost.generate

    def spy(host: ModelHost, run_id: str, generation: GenerationRequest, observer: object) -> RunOutcome:
        asked.append(generation.decoding)
        outcomes.append(generate(host, run_id, generation, observer))  # type: ignore[arg-type]
        return outcomes[-1]

    monkeypatch.setattr(ModelHost, "generate", spy)
    measure_speed(script(Script("答" * 500)), PROMPTS)
    assert asked == [Decoding(max_tokens=48)] * 2
    assert [outcome.output_tokens for outcome in outcomes] == [48, 48]
    assert len({outcome.run_id for outcome in outcomes}) == 2


def test_one_token_is_taken_for_as_fast_as_reading(script: MakeModel) -> None:
    speed = measure_speed(script(Script("答", prefill_ms=10)), PROMPTS[:1])
    assert speed.writing == speed.reading


@pytest.mark.parametrize("fault", [FaultKind.EXIT, FaultKind.RAISE])
def test_a_model_that_fails_is_said_and_its_process_ended(fault: FaultKind, script: MakeModel) -> None:
    with pytest.raises(EngineFault):
        measure_speed(script(Script("答", fault=fault)), PROMPTS)


def test_a_model_that_writes_nothing_is_said(script: MakeModel) -> None:
    with pytest.raises(EngineFault, match="没有输出"):
        measure_speed(script(Script("")), PROMPTS)


def test_a_changed_file_is_not_measured(script: MakeModel) -> None:
    model = script(Script("答"))
    with Path(model.request.path).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelFileFault, match="大小不符"):
        measure_speed(model, PROMPTS)


def test_models_that_only_wait_gain_all_by_running_at_once(tmp_path: Path) -> None:
    script = Script("答" * 20, token_ms=15, prefill_ms=20)
    models = [scripted_model(tmp_path / f"{name}.json", script, name=name) for name in "ab"]
    assert measure_together(models, PROMPTS).gain > 1.0


@pytest.mark.parametrize(
    ("shared_s", "divided_s", "best"), [(2.0, 1.0, Together(3.0, 2)), (1.0, 2.0, Together(3.0, 0))]
)
def test_a_share_of_the_cores_for_each_is_tried_too(
    shared_s: float, divided_s: float, best: Together, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(hosts: Sequence[tuple[ModelHost, object]], _prompt: object) -> float:
        return {4: shared_s, 2: divided_s}[hosts[0][0].model.request.threads]

    monkeypatch.setattr(module, "_all_at_once", at_once)
    answered = RunOutcome("1", RunStatus.COMPLETED, FinishReason.LENGTH, "答", 10, 11, 500.0, 1500.0)
    monkeypatch.setattr(ModelHost, "generate", lambda *_: answered)
    models = [scripted_model(tmp_path / f"{name}.json", Script("答"), name=name) for name in "ab"]
    models = [replace(one, request=replace(one.request, threads=4)) for one in models]
    assert measure_together(models, PROMPTS) == best


def test_an_engine_without_guesses_gains_nothing_by_copying(script: MakeModel) -> None:
    assert measure_copying(script(Script("答")), RECORD) == 1.0


@pytest.mark.parametrize(("texts", "gain"), [(("同", "同"), 2.0), (("同", "异"), 1.0)])
def test_guessed_text_that_differs_is_no_gain(
    texts: tuple[str, str], gain: float, script: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(host: ModelHost, run_id: str, generation: GenerationRequest, observer: object) -> RunOutcome:
        assert dict(host.model.request.options) == {"lookup": "7"}
        assert generation.decoding.grammar == RECORD.decoding.grammar, "a record is measured in its form"
        whole_s = 1.5 if generation.copies else 2.0
        text = texts[generation.guesses] if generation.copies else "plain"
        return RunOutcome(run_id, RunStatus.COMPLETED, FinishReason.LENGTH, text, 10, 11, 1000.0, whole_s * 1000)

    monkeypatch.setattr(ModelHost, "generate", answer)
    model = script(Script("答"))
    model = replace(model, identity=replace(model.identity, engine="bigdl"))
    assert measure_copying(model, RECORD) == pytest.approx(gain)


class TimedHost(ModelHost):
    """Answers in the seconds that its settings take, and reads with a loss by them; None cannot be loaded."""

    times: Mapping[str, tuple[float | None, float]]
    order: list[str]

    def load(self, on_progress: object, interrupted: object = None) -> bool:
        if self._time() is None:
            raise EngineFault("无法载入")
        return True

    def generate(self, run_id: str, generation: GenerationRequest, observer: object) -> RunOutcome:
        self.order.append(self._kv())
        seconds = self._time()
        assert seconds
        return RunOutcome(run_id, RunStatus.COMPLETED, FinishReason.LENGTH, "答", 10, 11, 1.0, 1 + seconds * 1000)

    def score(self, text: str) -> Score:
        return Score((1, 2), (-self.times[self._kv()][1],), (2,))

    def _kv(self) -> str:
        return dict(self.model.request.options).get("kv", "")

    def _time(self) -> float | None:
        return self.times[self._kv()][0]


@pytest.mark.parametrize(
    ("times", "chosen"),
    [
        ({"": (1.0, 2.0), "f16": (0.8, 2.0), "bf16": (0.9, 2.0)}, (("kv", "f16"),)),
        ({"": (1.0, 2.0), "f16": (0.8, 2.0), "bf16": (0.7, 2.0)}, (("kv", "bf16"),)),
        ({"": (1.0, 2.0), "f16": (0.97, 2.0), "bf16": (1.0, 2.0)}, ()),
        ({"": (1.0, 2.0), "f16": (0.5, 2.1), "bf16": (None, 2.0)}, ()),
    ],
    ids=["the faster", "the fastest", "not clearly", "reads worse, and cannot"],
)
def test_settings_are_chosen_where_they_are_clearly_better(
    times: Mapping[str, tuple[float | None, float]],
    chosen: tuple[tuple[str, str], ...],
    script: MakeModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = script(Script("答"))
    model = replace(model, identity=replace(model.identity, engine="openvino"))
    monkeypatch.setattr(module, "setting_choices", lambda engine: [("kv", "f16"), ("kv", "bf16")])
    monkeypatch.setattr(TimedHost, "times", times, raising=False)
    monkeypatch.setattr(TimedHost, "order", [], raising=False)
    assert choose_settings(model, PROMPTS, "文", TimedHost) == chosen
    assert TimedHost.order[:2] == ["", "f16"]
    assert chosen == () or TimedHost.order[2:4] == ["f16", ""], "they take turns in going first"


def test_a_setting_that_is_fast_in_one_round_only_is_not_taken(
    script: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = script(Script("答"))
    model = replace(model, identity=replace(model.identity, engine="openvino"))
    speeds = iter([(100.0, 10.0), (100.0, 20.0), (100.0, 10.0), (100.0, 10.0)])
    monkeypatch.setattr(module, "setting_choices", lambda engine: [("kv", "f16")])
    monkeypatch.setattr(module, "_speeds", lambda outcome: next(speeds))
    monkeypatch.setattr(TimedHost, "times", {"": (1.0, 2.0), "f16": (1.0, 2.0)}, raising=False)
    monkeypatch.setattr(TimedHost, "order", [], raising=False)
    assert choose_settings(model, PROMPTS, "文", TimedHost) == ()
