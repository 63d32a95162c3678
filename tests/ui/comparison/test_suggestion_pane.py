from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.events import Vote
from app.core.runs import Comparison, RunOutcome, RunPhase, RunProgress, RunStatus
from app.ui.comparison.run_board import RunBoard, RunCard
from app.ui.comparison.suggestion_pane import SuggestionPane
from app.ui.kit.theme import Appearance

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def pane(qtbot: QtBot, appearance: Appearance) -> SuggestionPane:
    pane = SuggestionPane(2, appearance)
    qtbot.addWidget(pane)
    pane.resize(380, 340)
    pane.show()
    return pane


@pytest.fixture
def card(make_comparison: Callable[..., Comparison]) -> RunCard:
    return RunBoard().start(make_comparison()).runs[1]


def acts(pane: SuggestionPane) -> list[bool]:
    buttons = (pane.acts.backfill_button, pane.acts.copy_button, pane.acts.up_button, pane.acts.down_button)
    return [button.isEnabled() for button in buttons]


def test_title_says_model_engine_and_quantisation(pane: SuggestionPane, card: RunCard) -> None:
    pane.show_run(card)
    assert pane.header.title.text() == "2  模型1"
    assert pane.header.engine.text() == "bigdl · asym_int4"


@pytest.mark.parametrize(
    ("progress", "words", "bar"),
    [
        (RunProgress("x", RunPhase.QUEUED, None, 1, 8.0), "排队 第 2 位 · 约 8 秒", None),
        (RunProgress("x", RunPhase.LOADING, 0.4), "加载模型 40%", 40),
        (RunProgress("x", RunPhase.READING, 0.6), "正在阅读 60%", 60),
    ],
)
def test_a_live_run_tells_its_state(
    pane: SuggestionPane, card: RunCard, progress: RunProgress, words: str, bar: int | None
) -> None:
    card.progress = progress
    pane.show_run(card)
    assert pane.header.state.text() == words
    assert pane.header.progress.isVisible() == (bar is not None)
    assert bar is None or pane.header.progress.value() == bar
    assert pane.header.stop_button.isVisible()
    assert acts(pane) == [False] * 4


@pytest.mark.parametrize(
    ("status", "words", "usable"),
    [
        (RunStatus.COMPLETED, "完成 12 秒 · 13 字", True),
        (RunStatus.CANCELLED, "已取消 · 保留 13 字", True),
        (RunStatus.FAILED, "失败 · 保留 13 字", True),
    ],
)
def test_an_ended_run_keeps_its_text_and_says_why_it_ended(
    pane: SuggestionPane,
    card: RunCard,
    make_outcome: Callable[..., RunOutcome],
    status: RunStatus,
    words: str,
    usable: bool,
) -> None:
    pane.show_run(card)
    card.text = "1. **急性心肌梗死**"[:13]
    card.outcome = make_outcome(card.run.run_id, card.text, status)
    pane.refresh()
    assert pane.header.state.text() == words
    assert "急性心肌" in pane.body.toPlainText()
    assert acts(pane) == [usable] * 4
    assert not pane.header.stop_button.isVisible()


def test_a_failure_without_text_says_its_reason_in_full(
    pane: SuggestionPane, card: RunCard, make_outcome: Callable[..., RunOutcome]
) -> None:
    card.outcome = make_outcome(card.run.run_id, "", RunStatus.FAILED)
    pane.show_run(card)
    assert pane.header.state.text() == "失败"
    assert pane.reason.isVisible()
    assert pane.reason.text() == "引擎进程崩溃，请重试。"
    assert acts(pane) == [False] * 4


def test_the_button_names_bed_and_patient(pane: SuggestionPane) -> None:
    pane.acts.set_target("3床", "张\u202e某", "ZY3")
    assert pane.acts.backfill_button.text() == "回填 Ctrl+2\n3床 张[U+202E]某 ZY3"


def test_stale_is_said_in_words(pane: SuggestionPane, card: RunCard) -> None:
    pane.show_run(card)
    pane.set_stale(True)
    assert pane.header.stale_words.isVisible()
    assert pane.header.stale_words.text() == "依据已修改"
    assert pane.header.stale_sign.isVisible()
    pane.set_stale(False)
    assert not pane.header.stale_words.isVisible()


def test_votes_toggle(
    pane: SuggestionPane, card: RunCard, make_outcome: Callable[..., RunOutcome], qtbot: QtBot
) -> None:
    card.text, card.outcome = "建议", make_outcome(card.run.run_id, "建议")
    pane.show_run(card)
    for before, after in ((None, Vote.UP), (Vote.DOWN, Vote.UP), (Vote.UP, Vote.WITHDRAWN)):
        card.vote = before
        with qtbot.waitSignal(pane.vote_wanted) as wanted:
            qtbot.mouseClick(pane.acts.up_button, LEFT)
        assert wanted.args == [card.run.run_id, after]
        assert pane.acts.up_button.isChecked() == (before is Vote.UP), "shown as down only once it is stored"


def test_buttons_name_their_run(
    pane: SuggestionPane, card: RunCard, make_outcome: Callable[..., RunOutcome], qtbot: QtBot
) -> None:
    pane.show_run(card)
    with qtbot.waitSignal(pane.stop_wanted) as stop:
        qtbot.mouseClick(pane.header.stop_button, LEFT)
    card.text, card.outcome = "建议", make_outcome(card.run.run_id, "建议")
    pane.refresh()
    with qtbot.waitSignal(pane.backfill_wanted) as backfill:
        qtbot.mouseClick(pane.acts.backfill_button, LEFT)
    with qtbot.waitSignal(pane.copy_wanted) as copy:
        qtbot.mouseClick(pane.acts.copy_button, LEFT)
    assert stop.args == backfill.args == copy.args == [card.run.run_id]


def test_nothing_moves_when_a_run_starts_or_ends(
    pane: SuggestionPane, card: RunCard, make_outcome: Callable[..., RunOutcome]
) -> None:
    def place() -> int:
        QApplication.processEvents()
        return pane.body.y()

    pane.show_identity(card.run.identity)
    pane.show_nothing("就绪", "提示")
    places = {place()}
    card.progress = RunProgress("x", RunPhase.READING, 0.5)
    pane.show_run(card)
    places.add(place())
    card.text, card.outcome = "建议", make_outcome(card.run.run_id, "建议")
    pane.refresh()
    places.add(place())
    assert len(places) == 1
