"""A model's review, from the key to the place of its quote, on the real window with engine processes that follow a
script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.controllers.autosave import local_now
from app.controllers.review import Review
from app.core.entities import Sex
from app.core.runs import RunStatus
from app.inference.engines.scripted import Script, scripted_model
from app.infra.paths import Paths
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import clock_time
from app.ui.main_window import MainWindow
from app.ui.note.review_acts import CHANGED
from app.ui.note.review_list import MARK

ANSWER = "1. “左眼急性青光眼”\n   - 问题：主诉为右眼，侧别矛盾\n2. “从未写过的话”\n   - 问题：没有依据"
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LONG_MS = 30_000


@pytest.fixture
def make_window(tmp_path: Path, qtbot: QtBot, appearance: Appearance) -> Iterator[Callable[..., MainWindow]]:
    """A window with models that follow this script, one if not said otherwise."""
    started: list[Services] = []

    def make(count: int = 1, **script: float) -> MainWindow:
        paths = Paths(tmp_path / "data", tmp_path / "cache")
        paths.data_dir.mkdir(exist_ok=True)
        for service in started:
            service.close()
        names = ["scripted", *(f"scripted{number}" for number in range(1, count))]
        models = [
            scripted_model(tmp_path / f"{name}.json", Script(ANSWER, **script), name=name)  # type: ignore[arg-type]
            for name in names
        ]
        services = start_services(paths, tuple(models))
        started.append(services)
        window = MainWindow(services.controllers, appearance, local_now)
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
        return window

    yield make
    for services in started:
        services.close()


def opened(window: MainWindow, qtbot: QtBot, name: str) -> str:
    """A new patient's note is open, and something is written in it."""
    notes = window._controllers.notes
    with qtbot.waitSignal(notes.opened):
        encounter_id = notes.add_encounter(
            name=name, sex=Sex.MALE, age="65岁", bed="3", mrn="ZY1", department="眼科", ward=""
        )
        notes.open(encounter_id)
    window.editor.editors["chief_complaint"].replace_whole("右眼胀痛6小时")
    window.editor.editors["case_features"].replace_whole("角膜水肿，眼压52mmHg。")
    window.editor.editors["preliminary_diagnosis"].replace_whole("左眼急性\n青光眼")
    return encounter_id


def ask(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_I, CONTROL | SHIFT)


def finished(window: MainWindow, qtbot: QtBot) -> None:
    reviews = window._controllers.reviews
    qtbot.waitUntil(lambda: reviews.live is None, timeout=LONG_MS)


def test_the_opinions_are_marked_and_lead_to_their_quotes(make_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = make_window()
    opened(window, qtbot, "测试甲")
    reviews: list[Review] = []
    window._controllers.reviews.changed.connect(reviews.append)
    ask(window, qtbot)
    finished(window, qtbot)
    shown = window.editor.quality.review
    asked = reviews[-1].run.started_at
    assert shown.title.text() == f"脚本 scripted 提出 2 条（{clock_time(asked, asked)}）\n{MARK}"
    assert [shown.view.item(row).text() for row in range(shown.view.count())] == [
        "◇ 模型意见 · 初步诊断\n“左眼急性青光眼”\n主诉为右眼，侧别矛盾",
        "◇ 模型意见 · 病历中没有这句话\n“从未写过的话”\n没有依据",
    ]
    shown.view.setCurrentRow(0)
    qtbot.keyClick(shown.view, Qt.Key.Key_Return)
    editor = window.editor.editors["preliminary_diagnosis"]
    assert QApplication.focusWidget() is editor
    assert editor.textCursor().selectedText() == "左眼急性\u2029青光眼"
    assert all("从未写过" not in text for text in window._controllers.notes.open_note.note.sections.values())


def test_a_review_stays_with_its_note(make_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = make_window(token_ms=5)
    first = opened(window, qtbot, "测试甲")
    ask(window, qtbot)
    qtbot.waitUntil(lambda: bool(window.editor.quality.review.opinions), timeout=LONG_MS)
    opened(window, qtbot, "测试乙")
    assert window.editor.quality.review.opinions == ()
    finished(window, qtbot)
    assert window.editor.quality.review.opinions == (), "what came late is not shown with another note"
    with qtbot.waitSignal(window._controllers.notes.opened):
        window._controllers.notes.open(first)
    assert len(window.editor.quality.review.opinions) == 2


def test_how_much_was_read_is_shown_before_the_first_word(make_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = make_window(prefill_ms=400)
    opened(window, qtbot, "测试甲")
    said: list[str] = []
    window._controllers.reviews.changed.connect(lambda _review: said.append(window.editor.quality.review.title.text()))
    ask(window, qtbot)
    finished(window, qtbot)
    shares = [re.search(r"正在阅读 (\d+)%", words) for words in said]
    read = [int(share[1]) for share in shares if share]
    assert read == sorted(read)
    assert len(set(read)) > 1, said


def test_an_opinion_is_kept_with_its_note_over_a_restart(
    make_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    stay = opened(window, qtbot, "测试甲")
    ask(window, qtbot)
    finished(window, qtbot)
    said = window.editor.quality.review.title.text()
    window.close()
    again = make_window()
    notes = again._controllers.notes
    shown = again.editor.quality.review
    with qtbot.waitSignal(notes.opened):
        notes.open(stay)
    qtbot.waitUntil(lambda: len(shown.opinions) == 2)
    assert shown.title.text() == said
    again.editor.editors["plan"].replace_whole("降眼压")
    opened(again, qtbot, "测试乙")
    assert not shown.opinions
    with qtbot.waitSignal(notes.opened):
        notes.open(stay)
    qtbot.waitUntil(lambda: len(shown.opinions) == 2)
    assert CHANGED in shown.title.text()


def test_the_doctors_generation_goes_first(make_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = make_window(token_ms=20)
    opened(window, qtbot, "测试甲")
    ask(window, qtbot)
    qtbot.waitUntil(lambda: bool(window.editor.quality.review.opinions), timeout=LONG_MS)
    comparisons, reviews = window._controllers.comparisons, window._controllers.reviews
    ended = []
    reviews.changed.connect(lambda review: ended.append(review.outcome))
    with qtbot.waitSignal(comparisons.run_finished, timeout=LONG_MS):
        qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Return, CONTROL)
    assert ended[-1] is not None
    assert ended[-1].status is RunStatus.CANCELLED
    assert "已停止" in window.editor.quality.review.title.text()


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_another_model_is_chosen_by_keys_and_asked_from_then_on(
    make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = make_window(2)
    opened(window, qtbot, "测试甲")
    ask(window, qtbot)
    finished(window, qtbot)
    shown = window.editor.quality.review
    shown.button.setFocus()
    qtbot.keyClick(shown.button, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is shown.choice
    menu = shown.choice.menu()
    keys = (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return)
    QTimer.singleShot(0, menu, lambda: [qtbot.keyClick(menu, key) for key in keys])
    qtbot.keyClick(shown.choice, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "scripted1 提出 2 条" in shown.title.text(), timeout=LONG_MS)
    assert [action.isChecked() for action in menu.actions()] == [False, True]
    ask(window, qtbot)
    finished(window, qtbot)
    assert "scripted1 提出 2 条" in shown.title.text()


def test_without_a_note_it_says_so(make_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = make_window()
    ask(window, qtbot)
    assert "选择一位患者" in window.area.notice.sentence.text()
