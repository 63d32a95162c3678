"""What every engine must do, through ModelHost and a real child process: scripted, and the real ones on SmolLM2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.core.errors import EnvironmentFault
from app.core.runs import Decoding, FinishReason, Message, RunOutcome, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.engines.scripted import Script, scripted_model
from app.inference.patience import Limits
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost

from .conftest import MakeHost, Record, strike

QUESTION = Message("user", "A man of 65 has chest pain for two hours. List three possible diagnoses.")
LONG_QUESTION = Message("user", "The patient reports chest pain and sweating. " * 50)
GREEDY = Decoding(max_tokens=24)
SAMPLED = Decoding(max_tokens=24, temperature=1.0, top_p=0.95, seed=1)
SCRIPT = Script("Myocardial infarction, aortic dissection, pulmonary embolism; and others.", token_ms=5, prefill_ms=40)

real = pytest.mark.models
ENGINES = ["scripted", *(pytest.param(name, marks=real) for name in ("bigdl", "openvino", "openai"))]


@pytest.fixture(scope="module", params=ENGINES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PreparedModel:
    """A small model on this engine."""
    if request.param == "scripted":
        path: Path = tmp_path_factory.mktemp("contract") / "script.json"
        return scripted_model(path, SCRIPT, context_tokens=8192)
    if request.param == "openai":
        served: PreparedModel = request.getfixturevalue("served_smollm2")
        return served
    prepared: Callable[[str], PreparedModel] = request.getfixturevalue("prepared_smollm2")
    return prepared(request.param)


@pytest.fixture(scope="module")
def host(model: PreparedModel) -> Iterator[ModelHost]:
    """One loaded model for the tests that leave it as it is."""
    host = ModelHost(model)
    host.load(lambda fraction: None)
    yield host
    host.close()


_runs = map("run-{}".format, range(10_000))


def run(
    host: ModelHost,
    decoding: Decoding = GREEDY,
    message: Message = QUESTION,
    observer: Record | None = None,
    run_id: str | None = None,
) -> RunOutcome:
    return host.generate(run_id or next(_runs), GenerationRequest((message,), decoding), observer or Record())


def test_it_says_the_right_name_and_version(host: ModelHost, model: PreparedModel) -> None:
    assert host.engine_version == model.identity.engine_version != ""


def test_what_streams_is_the_final_text(host: ModelHost) -> None:
    outcome = run(host, observer=(seen := Record()))
    assert outcome.status is RunStatus.COMPLETED
    assert outcome.text == seen.written != ""
    assert len(seen.deltas) > 1
    assert seen.tokens == outcome.output_tokens


def test_the_figures_are_right(host: ModelHost) -> None:
    outcome = run(host, observer=(seen := Record()))
    assert outcome.input_tokens == host.count_tokens((QUESTION,)) > 0
    assert seen.readings[0] == (0, outcome.input_tokens)
    assert all(before <= after for before, after in zip(seen.readings, seen.readings[1:], strict=False))
    assert outcome.ttft_ms is not None
    assert 0 < outcome.ttft_ms < outcome.duration_ms
    assert (outcome.tokens_per_second or 0) > 0


def test_greedy_decoding_is_deterministic(host: ModelHost) -> None:
    assert run(host).text == run(host).text == run(host, replace(GREEDY, seed=5)).text


def test_a_seed_decides_a_sampled_text(host: ModelHost) -> None:
    texts = {run(host, SAMPLED).text for _ in range(2)}
    assert len(texts) == 1
    assert len(texts | {run(host, replace(SAMPLED, seed=seed)).text for seed in (2, 3)}) > 1


def test_a_run_leaves_nothing_behind_for_the_next(host: ModelHost) -> None:
    before = run(host).text
    run(host, message=LONG_QUESTION)
    assert run(host).text == before


def test_max_tokens_ends_the_text(host: ModelHost) -> None:
    whole = run(host).text
    outcome = run(host, replace(GREEDY, max_tokens=7))
    assert (outcome.status, outcome.finish_reason) == (RunStatus.COMPLETED, FinishReason.LENGTH)
    assert outcome.output_tokens == 7
    assert whole.startswith(outcome.text)


def test_a_stop_string_ends_the_text_before_it(host: ModelHost) -> None:
    whole = run(host).text
    stop = whole[len(whole) // 2 :][:3]
    outcome = run(host, replace(GREEDY, stop=(stop, "never written")), observer=(seen := Record()))
    assert (outcome.status, outcome.finish_reason) == (RunStatus.COMPLETED, FinishReason.STOP)
    assert outcome.text == seen.written == whole[: whole.find(stop)]


def test_an_input_that_does_not_fit_is_refused_with_its_lengths(host: ModelHost, model: PreparedModel) -> None:
    context = model.request.context_tokens
    tokens = host.count_tokens((QUESTION,))
    outcome = run(host, replace(GREEDY, max_tokens=context - tokens + 1))
    assert (outcome.status, outcome.text) == (RunStatus.FAILED, "")
    assert f"需要 {tokens} 个词元，此模型最多能读 {tokens - 1} 个" in (outcome.error or "")
    assert run(host).status is RunStatus.COMPLETED


def test_a_text_longer_than_any_context_is_counted_whole(host: ModelHost) -> None:
    assert host.count_tokens((Message("user", "pain " * 40_000),)) >= 40_000


def test_a_text_can_be_scored(host: ModelHost, model: PreparedModel) -> None:
    if model.server:
        with pytest.raises(EnvironmentFault, match="无法与原模型比对"):
            host.score("text")
        return
    score = host.score("The patient has chest pain and sweating since this morning. " * 10)
    assert len(score.log_likelihoods) == len(score.top_tokens) == len(score.token_ids) - 1 > 3
    assert all(value <= 0 for value in score.log_likelihoods)


@pytest.mark.parametrize("moment", ["on_reading", "on_text"])
def test_a_cancel_is_answered_at_once_and_frees_the_processor(
    make_host: MakeHost, model: PreparedModel, moment: str
) -> None:
    host = make_host(model)
    host.load(lambda fraction: None)
    run_id = next(_runs)
    seen = Record(**{moment: lambda: host.cancel(run_id)})
    outcome = run(host, replace(GREEDY, max_tokens=2000), LONG_QUESTION, seen, run_id)
    assert (outcome.status, outcome.finish_reason) == (RunStatus.CANCELLED, FinishReason.CANCELLED)
    assert outcome.text == seen.written
    assert bool(outcome.text) == (moment == "on_text")
    host.settle()
    assert host.pid is None or psutil.Process(host.pid).cpu_percent(0.3) < 20
    assert run(host).status is RunStatus.COMPLETED


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGSTOP"])
def test_a_lost_process_fails_its_run_only(make_host: MakeHost, model: PreparedModel, name: str) -> None:
    host = make_host(model, Limits(heartbeat=5.0))
    host.load(lambda fraction: None)
    hit = Record(on_text=lambda: strike(host, name))
    outcome = run(host, replace(GREEDY, max_tokens=200), observer=hit)
    assert (outcome.status, outcome.finish_reason) == (RunStatus.FAILED, FinishReason.ERROR)
    assert outcome.text == hit.written
    assert hit.tokens >= 1
    assert outcome.error
    assert run(host).status is RunStatus.COMPLETED


def test_close_leaves_no_process(model: PreparedModel) -> None:
    host = ModelHost(model)
    run(host)
    pid = host.pid
    assert pid is not None
    host.close()
    host.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(EnvironmentFault):
        host.score("text")
