"""A long act is told how far it is and ends when it is stopped, even in the middle of an engine's work."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.core.errors import EngineFault
from app.core.runs import Message
from app.inference.calibrate import measure_speed
from app.inference.engines.scripted import Script, scripted_model
from app.inference.work import Stopped, Work

PROMPT = (Message("user", "问"),)


def test_what_is_reported_is_told_until_it_is_stopped() -> None:
    told: list[tuple[str, float]] = []
    work = Work(lambda stage, fraction: told.append((stage, fraction)))
    work.report("校验", 0.5)
    work.stop()
    with pytest.raises(Stopped):
        work.report("校验", 0.6)
    assert told == [("校验", 0.5)]


def test_a_fault_is_a_fault_and_after_a_stop_a_stop() -> None:
    work = Work(lambda stage, fraction: None)
    with pytest.raises(EngineFault), work.under_way():
        raise EngineFault("坏了")
    work.stop()
    with pytest.raises(Stopped), work.under_way():
        raise EngineFault("正在关闭")


def test_an_engine_that_writes_is_ended(tmp_path: Path) -> None:
    """The script would write for an hour."""
    model = scripted_model(tmp_path / "slow.json", Script("慢" * 3600, token_ms=1000))
    work = Work(lambda stage, fraction: None)
    timer = threading.Timer(0.5, work.stop)
    timer.start()
    with pytest.raises(Stopped), work.under_way():
        measure_speed(model, [PROMPT], work.host)
    timer.join()


def test_a_host_that_comes_after_the_stop_runs_nothing(tmp_path: Path) -> None:
    model = scripted_model(tmp_path / "a.json", Script("答"))
    work = Work(lambda stage, fraction: None)
    work.stop()
    with pytest.raises(Stopped), work.under_way():
        measure_speed(model, [PROMPT], work.host)
