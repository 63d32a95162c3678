"""llama.cpp's own server on loopback, beyond the contract: an end that it notices, and the answer's form."""

from __future__ import annotations

import threading
from dataclasses import replace

import httpx
import pytest

from app.core.runs import Decoding, Message, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.prepared import PreparedModel

from .conftest import MakeHost, Record

pytestmark = pytest.mark.models

QUESTION = GenerationRequest((Message("user", "List three causes of chest pain. " * 40),), Decoding(max_tokens=2000))


def is_busy(url: str) -> bool:
    slots = httpx.get(url.removesuffix("/v1") + "/slots", trust_env=False).json()
    return any(slot["is_processing"] for slot in slots)


def test_a_cancelled_run_frees_the_server(make_host: MakeHost, served_smollm2: PreparedModel) -> None:
    url, host = served_smollm2.request.path, make_host(served_smollm2)
    busy: list[bool] = []

    def stop() -> None:
        busy.append(is_busy(url))
        host.cancel("run")

    outcome = host.generate("run", QUESTION, Record(on_text=stop))
    assert (outcome.status, busy[0]) == (RunStatus.CANCELLED, True)
    host.settle()
    waited, pause = 0, threading.Event()
    while is_busy(url) and waited < 100:
        pause.wait(0.1)
        waited += 1
    assert not is_busy(url), "the server went on writing for nobody"


def test_the_server_holds_the_form(make_host: MakeHost, served_smollm2: PreparedModel) -> None:
    decoding = Decoding(max_tokens=16, grammar='root ::= "诊断" [0-9]{2}')
    outcome = make_host(served_smollm2).generate("run", replace(QUESTION, decoding=decoding), Record())
    assert outcome.status is RunStatus.COMPLETED
    assert outcome.text.startswith("诊断")
    assert outcome.text.removeprefix("诊断").isdigit()


def test_a_model_that_the_server_has_not_is_named(make_host: MakeHost, served_smollm2: PreparedModel) -> None:
    options = (("model", "medical-70b"), ("dialect", "openai"))
    other = replace(served_smollm2, request=replace(served_smollm2.request, options=options))
    outcome = make_host(other).generate("run", QUESTION, Record())
    assert outcome.status is RunStatus.FAILED
    assert "没有名为 medical-70b 的模型（有：ward-model）" in (outcome.error or "")
