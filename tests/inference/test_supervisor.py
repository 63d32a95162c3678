"""ModelHost against a misbehaving engine: every fault ends one run with a sentence, and the next one works."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.core.errors import EngineFault, ModelFileFault
from app.core.runs import Decoding, FinishReason, Message, RunStatus
from app.inference.engine import GenerationRequest
from app.inference.engines.scripted import LOADING, READING, FaultKind, Script
from app.inference.patience import Limits
from app.inference.prepared import PreparedModel
from app.inference.process import child_environment, exit_words
from app.inference.supervisor import ModelHost

from .conftest import MakeHost, Record, strike

MakeScript = Callable[[Script], PreparedModel]

ANSWER = "急性冠脉综合征；主动脉夹层；肺栓塞。"
QUICK = Limits(heartbeat=2.5, loading_heartbeat=2.5, reading=30, writing=30, cancelling=0.3)
BAD = "坏"


def ask(content: str = "胸痛", **decoding: object) -> GenerationRequest:
    return GenerationRequest((Message("user", content),), replace(Decoding(), **decoding))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (FaultKind.ABORT, "SIGABRT"),
        (FaultKind.SEGV, "SIGSEGV"),
        (FaultKind.EXIT, "退出码 3"),
        (FaultKind.FREEZE, "没有响应"),
        (FaultKind.RAISE, "内部出错（ValueError）"),
        (FaultKind.REFUSE, "此模型的格式不受支持"),
        (FaultKind.MEMORY, "内存不足"),
    ],
)
def test_a_fault_while_writing_fails_that_run_only(
    script: MakeScript, make_host: MakeHost, fault: FaultKind, words: str
) -> None:
    host = make_host(script(Script(ANSWER, token_ms=45, fault=fault, fault_at_token=4, fault_when=BAD)), QUICK)
    outcome = host.generate("1", ask(BAD), seen := Record())
    assert (outcome.status, outcome.finish_reason) == (RunStatus.FAILED, FinishReason.ERROR)
    assert words in (outcome.error or "")
    assert "prompt was" not in (outcome.error or "")
    assert outcome.text == seen.written == ANSWER[: len(seen.written)] != ""
    assert outcome.output_tokens == len(outcome.text)
    assert host.generate("2", ask(), Record()).text == ANSWER


@pytest.mark.parametrize("fault", [FaultKind.ABORT, FaultKind.MEMORY])
def test_a_fault_while_reading_fails_that_run_only(script: MakeScript, make_host: MakeHost, fault: FaultKind) -> None:
    host = make_host(script(Script(ANSWER, fault=fault, fault_at_token=READING, fault_when=BAD)))
    outcome = host.generate("1", ask(BAD), Record())
    assert (outcome.status, outcome.text, outcome.ttft_ms) == (RunStatus.FAILED, "", None)
    assert host.generate("2", ask(), Record()).status is RunStatus.COMPLETED


def test_no_progress_is_a_hang_though_the_heart_beats(script: MakeScript, make_host: MakeHost) -> None:
    model = script(Script(ANSWER, fault=FaultKind.HANG, fault_at_token=2, fault_when=BAD))
    host = make_host(model, replace(QUICK, writing=1.5))
    outcome = host.generate("1", ask(BAD), Record())
    assert "没有进展" in (outcome.error or "")
    assert outcome.text == ANSWER[:2]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (FaultKind.SEGV, "SIGSEGV"),
        (FaultKind.REFUSE, "此模型的格式不受支持"),
        (FaultKind.MEMORY, "内存不足"),
        (FaultKind.FREEZE, "没有响应"),
    ],
)
def test_a_fault_while_loading_is_raised_by_load_and_told_by_generate(
    script: MakeScript, make_host: MakeHost, fault: FaultKind, words: str
) -> None:
    host = make_host(script(Script(ANSWER, fault=fault, fault_at_token=LOADING)), QUICK)
    with pytest.raises(EngineFault, match=words):
        host.load(lambda fraction: None)
    assert not host.is_ready
    outcome = host.generate("1", ask(), Record())
    assert outcome.status is RunStatus.FAILED
    assert words in (outcome.error or "")


def test_a_process_that_keeps_crashing_is_not_started_again_unless_asked(
    script: MakeScript, make_host: MakeHost
) -> None:
    host = make_host(script(Script(ANSWER, fault=FaultKind.EXIT, fault_at_token=1, fault_when=BAD)))
    for number in range(3):
        assert "退出码 3" in (host.generate(str(number), ask(BAD), Record()).error or "")
    outcome = host.generate("refused", ask(), Record())
    assert "已停止自动重启" in (outcome.error or "")
    assert host.pid is None
    host.allow_restart()
    assert host.generate("again", ask(), Record()).text == ANSWER


def test_old_crashes_are_forgotten(script: MakeScript) -> None:
    now = [0.0]
    model = script(Script(ANSWER, fault=FaultKind.EXIT, fault_at_token=1, fault_when=BAD))
    host = ModelHost(model, limits=Limits(crash_window=300), clock=lambda: now[0])
    for number in range(3):
        host.generate(str(number), ask(BAD), Record())
    now[0] = 301.0
    assert host.generate("later", ask(), Record()).status is RunStatus.COMPLETED
    host.close()


def test_files_are_verified_before_every_load(script: MakeScript) -> None:
    checks: list[PreparedModel] = []
    model = script(Script(ANSWER))
    host = ModelHost(model, verify=checks.append)
    host.generate("1", ask(), Record())
    host.generate("2", ask(), Record())
    strike(host, "SIGKILL")
    psutil.wait_procs([psutil.Process(host.pid)], timeout=5)
    host.generate("3", ask(), Record())
    host.close()
    assert checks == [model, model]


def test_a_bad_file_is_never_loaded(script: MakeScript) -> None:
    def refuse(model: PreparedModel) -> None:
        raise ModelFileFault("模型文件 a.gguf 的哈希不符。")

    host = ModelHost(script(Script(ANSWER)), verify=refuse)
    with pytest.raises(ModelFileFault, match=r"a\.gguf"):
        host.load(lambda fraction: None)
    assert host.pid is None
    assert "哈希不符" in (host.generate("1", ask(), Record()).error or "")


def test_a_changed_file_is_refused(script: MakeScript, make_host: MakeHost) -> None:
    model = script(Script(ANSWER))
    host = make_host(model)
    with Path(model.request.path).open("ab") as file:
        file.write(b" ")
    assert host.generate("1", ask(), Record()).status is RunStatus.FAILED
    assert host.pid is None


def test_loading_is_told_to_the_run_that_waits_for_it(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER, load_ms=200)))
    first, second = Record(), Record()
    assert (host.generate("1", ask(), first).load_ms or 0) >= 200
    assert host.generate("2", ask(), second).load_ms is None
    assert first.loadings == sorted(first.loadings)
    assert first.loadings[0] == 0.0
    assert second.loadings == []


def test_a_run_cancelled_before_it_begins_never_begins(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER)))
    host.cancel("1")
    assert host.generate("1", ask(), Record()).status is RunStatus.CANCELLED
    assert host.pid is None
    assert host.generate("2", ask(), Record()).status is RunStatus.COMPLETED


def test_a_cancel_while_loading_is_answered_and_the_loading_goes_on(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER, load_ms=3000)))
    threading.Timer(0.3, host.cancel, ["1"]).start()
    outcome = host.generate("1", ask(), Record())
    assert outcome.status is RunStatus.CANCELLED
    assert outcome.duration_ms < 3000
    pid = host.pid
    host.load(lambda fraction: None)
    assert host.pid == pid


def test_a_cancel_does_not_wait_for_the_check_of_the_files(script: MakeScript) -> None:
    checked = threading.Event()
    host = ModelHost(script(Script(ANSWER)), verify=lambda model: assert_set(checked))
    threading.Timer(0.1, host.cancel, ["1"]).start()
    assert host.generate("1", ask(), Record()).status is RunStatus.CANCELLED
    assert not checked.is_set()
    checked.set()
    assert host.generate("2", ask(), Record()).status is RunStatus.COMPLETED
    host.close()


def assert_set(event: threading.Event) -> None:
    assert event.wait(10)


def test_an_engine_that_ignores_a_cancel_is_ended(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER * 100, token_ms=20, ignore_cancel=True)), QUICK)
    outcome = host.generate("1", ask(max_tokens=2000), Record(on_text=lambda: host.cancel("1")))
    assert outcome.status is RunStatus.CANCELLED
    assert outcome.text
    pid = host.pid
    assert pid is not None
    host.settle()
    assert not host.is_ready
    assert not psutil.pid_exists(pid)


def test_a_cancelled_engine_that_obeys_is_kept(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER, token_ms=20)))
    host.generate("1", ask(), Record(on_text=lambda: host.cancel("1")))
    pid = host.pid
    host.settle()
    assert host.is_ready
    assert host.generate("2", ask(), Record()).text == ANSWER
    assert host.pid == pid


def test_a_stopped_process_is_ended_after_a_cancel(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER, token_ms=20)), QUICK)

    def stop_and_cancel() -> None:
        strike(host, "SIGSTOP")
        host.cancel("1")

    outcome = host.generate("1", ask(), Record(on_text=stop_and_cancel))
    assert outcome.status is RunStatus.CANCELLED
    pid = host.pid
    host.settle()
    assert not psutil.pid_exists(pid or 0)
    assert host.generate("2", ask(), Record()).text == ANSWER


def test_a_stopped_process_that_takes_no_prompt_is_ended(
    script: MakeScript, make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.inference.process.PIPE_SECONDS", 0.5)
    host = make_host(script(Script(ANSWER)))
    host.load(lambda fraction: None)
    strike(host, "SIGSTOP")
    outcome = host.generate("1", ask("长" * 1_000_000), Record())
    assert outcome.status is RunStatus.FAILED
    assert host.pid is None


def test_close_from_another_thread_ends_the_run_as_cancelled(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER * 50, token_ms=20)))
    closers: list[threading.Thread] = []

    def close_once() -> None:
        if not closers:
            closers.append(threading.Thread(target=host.close))
            closers[0].start()

    outcome = host.generate("1", ask(max_tokens=2000), Record(on_text=close_once))
    closers[0].join()
    assert outcome.status is RunStatus.CANCELLED
    assert outcome.text
    with pytest.raises(EngineFault, match="正在关闭"):
        host.load(lambda fraction: None)


def test_an_observer_that_raises_leaves_a_host_that_works(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER, token_ms=20)))

    def fail() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        host.generate("1", ask(), Record(on_text=fail))
    assert host.generate("2", ask(), Record()).text == ANSWER


def test_half_a_surrogate_pair_in_the_input_is_refused(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER)))
    assert "代理对" in (host.generate("1", ask("\ud83d"), Record()).error or "")
    assert host.generate("2", ask(), Record()).status is RunStatus.COMPLETED


def test_an_unknown_engine_is_named(script: MakeScript, make_host: MakeHost) -> None:
    model = script(Script(ANSWER))
    host = make_host(replace(model, identity=replace(model.identity, engine="llama")))
    assert "llama" in (host.generate("1", ask(), Record()).error or "")


def test_the_child_is_offline_protected_and_free_of_qt(script: MakeScript, make_host: MakeHost) -> None:
    host = make_host(script(Script(ANSWER)))
    host.load(lambda fraction: None)
    child = psutil.Process(host.pid)
    environment = child.environ()
    assert environment["HF_HUB_OFFLINE"] == environment["TRANSFORMERS_OFFLINE"] == "1"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert not [mapped.path for mapped in child.memory_maps() if "Qt6" in mapped.path or "PySide6" in mapped.path]


def test_the_program_stays_importable_for_the_child() -> None:
    environment = child_environment({"PYTHONPATH": "/elsewhere", "HF_HUB_OFFLINE": "0", "KMP_BLOCKTIME": "5"})
    assert environment["PYTHONPATH"].endswith(os.pathsep + "/elsewhere")
    assert (environment["HF_HUB_OFFLINE"], environment["KMP_BLOCKTIME"]) == ("1", "5")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (None, "失去联系"),
        (0, "退出码 0"),
        (-9, "SIGKILL，被系统强制结束"),
        (-4, "SIGILL，处理器不支持"),
        (-63, "信号"),
        (0xC0000005, "0xC0000005，访问了非法内存"),
    ],
)
def test_an_exit_is_said_in_words(code: int | None, words: str) -> None:
    assert words in exit_words(code)
