"""Reading ahead: who reads, when it stops, and that it never stands in the way; models and threads only note it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.controllers import reading_ahead
from app.controllers.reading_ahead import ReadingAhead
from app.core.runs import Message
from app.inference.engine import GenerationRequest

FIRST, SECOND = (Message("user", "胸痛"),), (Message("user", "胸痛2小时"),)


class Thread(QObject):
    """Stands for a ModelThread: tells what it was asked, ends when told to."""

    ahead_ended = Signal(str)

    def __init__(self, name: str, log: list[tuple[str, ...]]) -> None:
        super().__init__()
        self._name, self._log = name, log
        self.ids: list[str] = []

    def read_ahead(self, ahead_id: str, generation: GenerationRequest) -> None:
        assert generation.reads_only
        self.ids.append(ahead_id)
        self._log.append(("read", self._name, generation.messages[-1].content))

    def cancel(self, ahead_id: str) -> None:
        assert ahead_id == self.ids[-1]
        self._log.append(("cancel", self._name))

    def end(self) -> None:
        self.ahead_ended.emit(self.ids[-1])


class Scene:
    def __init__(self) -> None:
        self.log: list[tuple[str, ...]] = []
        self.threads = {name: Thread(name, self.log) for name in ("a", "b", "c")}
        self.ready = {"a", "b"}
        self.ahead = ReadingAhead(self.threads, self.ready.__contains__)  # type: ignore[arg-type]
        self.ahead.was_read.connect(lambda name, messages: self.log.append(("was read", name, messages[-1].content)))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(reading_ahead, "PAUSE_MS", 0)
    return Scene()


def wait_for(qtbot: QtBot, scene: Scene, *events: tuple[str, ...]) -> None:
    qtbot.waitUntil(lambda: scene.log == list(events))


def test_models_that_are_ready_read_one_after_another(scene: Scene, qtbot: QtBot) -> None:
    scene.ahead.wish(FIRST)
    wait_for(qtbot, scene, ("read", "a", "胸痛"))
    scene.threads["a"].end()
    scene.threads["b"].end()
    assert scene.log[1:] == [("was read", "a", "胸痛"), ("read", "b", "胸痛"), ("was read", "b", "胸痛")]


def test_only_the_last_wish_is_read(scene: Scene, qtbot: QtBot) -> None:
    scene.ahead.wish(FIRST)
    scene.ahead.wish(SECOND)
    wait_for(qtbot, scene, ("read", "a", "胸痛2小时"))


def test_a_new_wish_drops_the_old_one_and_waits_for_its_end(scene: Scene, qtbot: QtBot) -> None:
    scene.ahead.wish(FIRST)
    wait_for(qtbot, scene, ("read", "a", "胸痛"))
    scene.ahead.wish(SECOND)
    wait_for(qtbot, scene, ("read", "a", "胸痛"), ("cancel", "a"))
    qtbot.wait(5)
    scene.threads["a"].end()
    wait_for(qtbot, scene, ("read", "a", "胸痛"), ("cancel", "a"), ("read", "a", "胸痛2小时"))


def test_the_same_wish_again_changes_nothing(scene: Scene, qtbot: QtBot) -> None:
    scene.ahead.wish(FIRST)
    wait_for(qtbot, scene, ("read", "a", "胸痛"))
    scene.ahead.wish(FIRST)
    assert scene.log == [("read", "a", "胸痛")]


def test_dropped_it_stops_at_once_and_reads_no_more(scene: Scene, qtbot: QtBot) -> None:
    scene.ahead.wish(FIRST)
    wait_for(qtbot, scene, ("read", "a", "胸痛"))
    scene.ahead.drop()
    scene.threads["a"].end()
    qtbot.wait(5)
    assert scene.log == [("read", "a", "胸痛"), ("cancel", "a")]


def test_dropped_before_it_began_it_reads_nothing(scene: Scene, qtbot: QtBot) -> None:
    scene.ahead.wish(FIRST)
    scene.ahead.drop()
    qtbot.wait(5)
    assert scene.log == []
