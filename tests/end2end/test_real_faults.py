"""Three real models behind one controller: a lost process takes no other pane along, a cancel frees the processor."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.controllers.model_library import open_library
from app.core.case import Case
from app.core.runs import Decoding, RunPhase
from app.infra.paths import Paths
from tests.helpers.desk import TEMPLATE, Desk, sample_cases, seconds_until_idle

pytestmark = pytest.mark.models

SHORT = replace(TEMPLATE.decoding, max_tokens=16)
CASE, OTHER_CASE = sample_cases()[1:3]


@pytest.fixture
def desk(qapp: QApplication) -> Iterator[Callable[..., Desk]]:
    """Makes desks that are closed after the test."""
    desks: list[Desk] = []

    def make(engine: str, names: list[str] | None = None, **settings: Decoding) -> Desk:
        models = open_library(Paths.resolve(None)).choose(names, engine)
        desks.append(Desk(models, **settings))
        desks[-1].load()
        return desks[-1]

    yield make
    for each in desks:
        each.close()


def once(phase: RunPhase, act: Callable[[], object]) -> Callable[[str, RunPhase], None]:
    """Acts when the first run comes to this phase."""
    seen: list[RunPhase] = []

    def on_progress(_: str, now: RunPhase) -> None:
        if now is phase and not seen:
            seen.append(now)
            act()

    return on_progress


def test_a_lost_process_fails_one_pane_and_the_next_request_works(desk: Callable[..., Desk]) -> None:
    three = desk("auto", decoding=SHORT)
    first, *others = three.hosts
    hit = three.compare(CASE, once(RunPhase.WRITING, lambda: three.strike(first, "SIGKILL")))
    assert hit.statuses() == {first: "failed", **dict.fromkeys(others, "completed")}
    assert hit.generations[first].outcome.error
    assert three.compare(CASE).statuses() == dict.fromkeys(three.hosts, "completed")


@pytest.mark.parametrize("engine", ["bigdl", "openvino"])
def test_a_cancel_is_answered_at_once_and_frees_the_processor(desk: Callable[..., Desk], engine: str) -> None:
    one = desk(engine, ["qwen2.5-coder-1.5b"])
    check_cancel(one, CASE, RunPhase.WRITING)
    check_cancel(one, OTHER_CASE, RunPhase.READING)


def check_cancel(desk: Desk, case: Case, phase: RunPhase) -> None:
    """Cancel in the midst of this phase; a case that was read before is hardly read at all."""
    ((name, host),) = desk.hosts.items()
    assert (pid := host.pid) is not None
    cancelled: list[float] = []

    def cancel() -> None:
        cancelled.append(time.monotonic())
        desk.cancel(name)

    timeline = desk.compare(case, once(phase, lambda: QTimer.singleShot(400, cancel)))
    assert timeline.statuses() == {name: "cancelled"}
    assert bool(timeline.generations[name].outcome.text) == (phase is RunPhase.WRITING)
    assert timeline.ended_at - cancelled[0] < 0.5, "a tenth of a second where nothing else runs"
    assert seconds_until_idle(pid, cancelled[0]) < 2.0
