"""What engines keep from one prompt to the next: time, and nothing else. And guessed text is the same text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import psutil
import pytest

from app.core.runs import Decoding, Message, RunOutcome, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost

from .conftest import MakeHost, Record

pytestmark = pytest.mark.models

NOTE = "The patient is a man of 65. He has had chest pain for two hours, with sweating and nausea. " * 8
TASK = "Repeat the note of this patient word for word.\n\n"
GREEDY = Decoding(max_tokens=48)


@pytest.fixture(scope="module", params=["bigdl", "openvino"])
def model(request: pytest.FixtureRequest, prepared_smollm2: Callable[[str], PreparedModel]) -> PreparedModel:
    """SmolLM2, guessing copied text."""
    found = prepared_smollm2(request.param)
    options = {**dict(found.request.options), "lookup": "7"}
    return replace(found, request=replace(found.request, options=tuple(options.items())))


@pytest.fixture(scope="module")
def host(model: PreparedModel) -> Iterator[ModelHost]:
    host = ModelHost(model)
    host.load(lambda fraction: None)
    yield host
    host.close()


_ids = map("run-{}".format, range(1000))


def run(
    host: ModelHost, text: str, seen: Record | None = None, *, guesses: bool | None = None, ahead: bool = False
) -> RunOutcome:
    copies = guesses is not None
    generation = GenerationRequest((Message("user", TASK + text),), GREEDY, copies, bool(guesses), ahead)
    outcome = host.generate(next(_ids), generation, seen or Record())
    assert outcome.status is RunStatus.COMPLETED
    return outcome


def test_an_unchanged_note_is_answered_alike(host: ModelHost) -> None:
    run(host, "Something else.")
    cold, warm = run(host, NOTE), run(host, NOTE)
    assert warm.text == cold.text != ""


def test_bigdl_reads_a_note_from_the_edit_on(host: ModelHost) -> None:
    if host.model.identity.engine != "bigdl":
        pytest.skip("OpenVINO tells nothing while it reads")
    run(host, NOTE + "He takes aspirin.")
    run(host, NOTE + "He takes warfarin.", seen := Record())
    done, total = seen.readings[1]
    assert done > 0.7 * total


def test_an_edited_note_is_answered_as_by_a_model_that_never_saw_the_other(
    host: ModelHost, make_host: MakeHost
) -> None:
    run(host, NOTE + "He takes aspirin.")
    edited = run(host, NOTE + "He takes warfarin.").text
    assert edited == run(make_host(host.model), NOTE + "He takes warfarin.").text


def test_a_note_read_ahead_writes_nothing_and_is_answered_alike(host: ModelHost) -> None:
    plain = run(host, NOTE + "He smokes.").text
    run(host, "Something else.")
    ahead = run(host, NOTE + "He sm", ahead=True)
    assert (ahead.text, ahead.output_tokens) == ("", 0)
    assert run(host, NOTE + "He smokes.").text == plain


def test_guessed_text_is_what_is_written_token_by_token(host: ModelHost) -> None:
    plain, guessed = run(host, NOTE, guesses=False), run(host, NOTE, guesses=True)
    assert guessed.text == plain.text
    assert guessed.output_tokens == plain.output_tokens
    assert run(host, NOTE, guesses=False).text == plain.text


def test_openvino_lays_out_its_weights_while_it_loads(prepared_smollm2: Callable[[str], PreparedModel]) -> None:
    model = prepared_smollm2("openvino")
    weights = max(file.size for file in model.files)
    host = ModelHost(model)
    try:
        host.load(lambda fraction: None)
        assert host.pid is not None
        loaded = psutil.Process(host.pid).memory_info().rss
        run(host, NOTE)
        assert psutil.Process(host.pid).memory_info().rss - loaded < weights, (
            "the first doctor to ask would wait for it"
        )
    finally:
        host.close()
