"""Wire messages: inverse for every message, and nothing else gets through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.runs import Decoding, FinishReason, RunStatus
from app.core.runs import Message as ChatMessage
from app.inference import engine, messages

GENERATION = engine.GenerationRequest(
    (ChatMessage("system", "鉴别诊断"), ChatMessage("user", "主诉：胸痛 2 小时\n")),
    Decoding(stop=("\n\n", "完"), seed=7),
)
REQUEST = engine.LoadRequest("m", "/m", "{{ messages }}", 2048, 2, (("prefill_rows", "8"),))
STATS = engine.GenerationStats(FinishReason.STOP, 12, 34)

EXAMPLES: tuple[messages.Message, ...] = (
    messages.Load("1", REQUEST),
    messages.Generate("r", GENERATION),
    messages.Score("2", "文字"),
    messages.CountTokens("3", GENERATION.messages),
    messages.Cancel("r"),
    messages.Shutdown(),
    messages.Hello("scripted", "1"),
    messages.Loading("1", 0.5),
    messages.Loaded("1", 12.5),
    messages.Reading("r", 3, 12),
    messages.Text("r", "急性\u2028心肌梗死😀", 4),
    messages.Finished("r", RunStatus.COMPLETED, STATS, None, 20.0, None),
    messages.Finished("r", RunStatus.FAILED, STATS, 3.5, 20.0, "引擎出错。"),
    messages.Scored("2", engine.Score((1, 2, 3), (-0.5, -1.5), (2, 9))),
    messages.Counted("3", 99),
    messages.Fault("1", messages.FaultKind.MEMORY, "内存不足。"),
    messages.Heartbeat(),
)


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_decode_is_the_inverse_of_encode(message: messages.Message) -> None:
    assert messages.decode(messages.encode(message)) == message


def test_every_message_type_has_an_example() -> None:
    assert {type(message) for message in EXAMPLES} == set(messages.Message.__args__)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 2**31))
def test_any_text_survives(delta: str, tokens: int) -> None:
    message = messages.Text("r", delta, tokens)
    assert messages.decode(messages.encode(message)) == message


def envelope(**changes: Any) -> bytes:
    good = json.loads(messages.encode(messages.Reading("r", 1, 2)))
    return json.dumps(good | changes).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"3",
        b"[" * 100_000,
        envelope(v=messages.PROTOCOL_VERSION + 1),
        envelope(v=True),
        envelope(v="1"),
        envelope(type="Reboot"),
        envelope(type=["Text"]),
        envelope(extra=1),
        envelope(body=None),
        envelope(body={"request_id": "r", "done": 1}),
        envelope(body={"request_id": "r", "done": 1, "total": 2, "more": 3}),
        envelope(body={"request_id": "r", "done": "1", "total": 2}),
        envelope(body={"request_id": "r", "done": True, "total": 2}),
        envelope(body={"request_id": "r", "done": 1.0, "total": 2}),
        envelope(body={"request_id": None, "done": 1, "total": 2}),
        envelope(type="Loading", body={"request_id": "r", "fraction": float("nan")}),
        envelope(type="Loading", body={"request_id": "r", "fraction": 10**400}),
        envelope(type="Text", body={"request_id": "r", "delta": "\ud800", "tokens": 1}),
        envelope(type="Fault", body={"request_id": "r", "kind": "fire", "sentence": ""}),
        envelope(type="Scored", body={"request_id": "r", "score": [1]}),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(messages.MessageError):
        messages.decode(data)


def test_a_wrong_number_of_items_is_refused() -> None:
    good = json.loads(messages.encode(messages.Load("1", REQUEST)))
    good["body"]["request"]["options"] = [["only one"]]
    with pytest.raises(messages.MessageError, match=r"options"):
        messages.decode(json.dumps(good).encode())


def test_an_error_does_not_repeat_the_contents() -> None:
    with pytest.raises(messages.MessageError) as caught:
        messages.decode(envelope(body={"request_id": "r", "done": "李某某", "total": 2}))
    assert "李" not in str(caught.value)


@pytest.mark.parametrize("message", [messages.Text("r", "\udc80", 1), messages.Loading("1", float("inf"))])
def test_what_the_other_side_would_refuse_is_not_sent(message: messages.Message) -> None:
    with pytest.raises(messages.MessageError):
        messages.encode(message)


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_message_error(data: bytes) -> None:
    with pytest.raises(messages.MessageError):
        messages.decode(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(EXAMPLES), st.data())
def test_a_changed_field_decodes_to_its_type_or_is_refused(message: messages.Message, data: st.DataObject) -> None:
    whole = json.loads(messages.encode(message))
    if whole["body"]:
        whole["body"][data.draw(st.sampled_from(sorted(whole["body"])))] = data.draw(JSON)
    try:
        decoded = messages.decode(json.dumps(whole).encode())
    except messages.MessageError:
        return
    assert messages.decode(messages.encode(decoded)) == decoded
