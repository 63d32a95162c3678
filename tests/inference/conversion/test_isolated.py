"""A step of a conversion in a process of its own: what comes back, and that nothing stays."""

from __future__ import annotations

import os

import psutil
import pytest

from app.core.errors import EngineFault, EnvironmentFault, ModelFileFault
from app.inference.conversion.isolated import isolated
from app.inference.work import Stopped
from tests.helpers import conversion_steps as steps


def ignore(fraction: float) -> None:
    """Progress that nobody wants."""


def test_the_result_and_the_progress_come_back() -> None:
    seen: list[float] = []
    assert isolated(steps.add, 20, 22, report=seen.append) == 42
    assert list(dict.fromkeys([0.0, *seen])) == [0.0, 0.5, 1.0], "the first may come before the process tells any"


def test_a_step_is_alone_quiet_and_offline(capfd: pytest.CaptureFixture[str]) -> None:
    found = isolated(steps.whereabouts, report=ignore)
    assert found["pid"] != os.getpid() and not psutil.pid_exists(int(str(found["pid"])))
    assert (found["offline"], found["telemetry"]) == ("1", None)
    assert capfd.readouterr() == ("", "")


def test_a_fault_keeps_its_type_and_words() -> None:
    with pytest.raises(ModelFileFault, match=r"^模型文件 a\.gguf 已损坏$"):
        isolated(steps.refuse, report=ignore)


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(RuntimeError, match="LookupError: no such tensor"):
        isolated(steps.bug, report=ignore)


def test_a_full_disk_is_the_environment() -> None:
    with pytest.raises(EnvironmentFault, match="无法读写文件（No space left on device），请检查磁盘空间"):
        isolated(steps.full_disk, report=ignore)


@pytest.mark.parametrize(("how", "code"), [("abort", -6), ("kill", -9), ("exit", 7)])
def test_a_process_that_dies_is_an_engine_fault(how: str, code: int) -> None:
    seen: list[float] = []
    with pytest.raises(EngineFault, match=rf"转换进程意外退出（代码 {code}）"):
        isolated(steps.end, how, report=seen.append)
    assert seen == [0.25]


def test_a_result_that_cannot_be_sent_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match=r"lambda|pickle"):
        isolated(steps.unsendable, report=ignore)


def test_a_step_that_tells_nothing_can_be_stopped() -> None:
    def stop(fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        isolated(steps.brood, report=stop)
    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def test_an_interrupt_ends_the_process() -> None:
    def interrupt(fraction: float) -> None:
        raise KeyboardInterrupt

    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(KeyboardInterrupt):
        isolated(steps.add, 1, 1, report=interrupt)
    ended = set(psutil.Process().children(recursive=True)) - before
    assert not [child for child in ended if "spawn_main" in " ".join(child.cmdline())]
