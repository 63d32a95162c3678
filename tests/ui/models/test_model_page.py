"""The Models page: what each model costs and gives, which act is possible, by the keyboard alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.controllers.model_cards import EngineCard, ModelCard, ModelListing
from app.ui.kit.theme import Appearance
from app.ui.kit.words import Words
from app.ui.models.model_page import ModelPage

BIGDL = EngineCard("bigdl", True, True, "sym_int4", 1_300_000_000, 900_000_000, 1.19, 0.74, 2.0, 242.0, 12.7)
OPENVINO = EngineCard("openvino", True, False, "int4", 534_100_000, 0, 1.18, 0.84)
READY = ModelCard(
    "qwen", "通用 0.5B", "Qwen/x", "Apache-2.0", True, "", False, 491_400_000, True, True, True, (BIGDL, OPENVINO)
)
ABSENT = replace(
    READY,
    name="absent",
    title="未获取",
    fetched=False,
    engines=(EngineCard("bigdl", False), EngineCard("openvino", False)),
)
OWN = replace(ABSENT, name="own", title="病房 7B", demonstration=False, fetched=True, can_fetch=False)
SERVED = replace(
    READY,
    name="served",
    title="服务器",
    server="10.1.2.3:80",
    can_fetch=False,
    can_prepare=False,
    source_bytes=0,
    engines=(EngineCard("openai", True, True),),
)
ALL = (READY, ABSENT, OWN, SERVED)


@pytest.fixture
def page(qtbot: QtBot, appearance: Appearance) -> ModelPage:
    page = ModelPage(Words(), None)
    qtbot.addWidget(page)
    page.show_listing(ModelListing(ALL))
    page.show()
    return page


def enabled(page: ModelPage) -> set[str]:
    names = ("fetch", "prepare", "verify", "calibrate", "use_engine", "remove", "calibrate_all")
    return {name for name in names if getattr(page, name).isEnabled()}


def test_a_pack_that_is_there_is_offered_once_and_never_over_what_was_written(page: ModelPage, qtbot: QtBot) -> None:
    page.install.path.setText("mine.gguf")
    page.show_listing(ModelListing(ALL, pack="/packs/ward.wnpack"))
    assert page.install.path.text() == "mine.gguf"
    page.install.path.clear()
    page.show_listing(ModelListing(ALL, pack="/packs/ward.wnpack"))
    assert page.install.path.text() == "/packs/ward.wnpack"
    with qtbot.waitSignal(page.install_wanted) as told:
        page.install.install.click()
    assert told.args == [Path("/packs/ward.wnpack")]
    page.install.path.clear()
    page.show_listing(ModelListing(ALL, pack="/packs/ward.wnpack"))
    assert page.install.path.text() == ""


@pytest.mark.parametrize(
    ("card", "acts"),
    [
        (READY, {"verify", "calibrate", "remove"}),
        (ABSENT, {"fetch", "remove"}),
        (OWN, {"prepare", "verify", "remove"}),
        (SERVED, {"calibrate", "remove"}),
    ],
    ids=lambda value: value.name if isinstance(value, ModelCard) else "",
)
def test_only_what_is_possible_can_be_asked_for(page: ModelPage, card: ModelCard, acts: set[str]) -> None:
    page.list.setCurrentRow(ALL.index(card))
    assert enabled(page) == acts | {"calibrate_all"}


def test_every_figure_has_its_unit_or_a_dash(page: ModelPage) -> None:
    rows = [[page.details.table.item(row, column).text() for column in range(9)] for row in range(2)]
    assert rows[0] == ["BigDL-LLM", "窗口使用", "sym_int4", "1.3 GB", "900.0 MB", "1.19 倍", "74%", "242", "12.7"]
    assert rows[1] == ["OpenVINO", "就绪", "int4", "534.1 MB", "—", "1.18 倍", "84%", "—", "—"]
    assert page.details.warning.text() == "演示模型，不是医学模型，输出不能用于临床。"
    assert [page.list.item(row).text().split("\n")[1] for row in range(4)] == [
        "就绪：BigDL-LLM，12.7 词元/秒",
        "未获取，491.4 MB",
        "文件已在本机，待转换",
        "院内服务器 10.1.2.3:80，病历文字会离开本机",
    ]


def test_the_engine_of_the_chosen_row_is_switched_to(page: ModelPage, qtbot: QtBot) -> None:
    wanted = QSignalSpy(page.engine_wanted)
    page.details.table.setCurrentCell(1, 0)
    assert page.use_engine.isEnabled()
    page.use_engine.click()
    assert wanted.at(0) == ["qwen", "openvino"]
    page.show_listing(ModelListing(ALL, "bigdl"))
    assert not page.use_engine.isEnabled()
    assert page.hint.text().startswith("引擎由医院设定：BigDL-LLM。")


def test_removing_asks_first(page: ModelPage) -> None:
    wanted = QSignalSpy(page.remove_wanted)
    page.remove.click()
    assert wanted.count() == 0 and "再按一次" in page.progress.state.text()
    page.list.setCurrentRow(1)
    page.remove.click()
    assert wanted.count() == 0, "the question was for the other model"
    page.remove.click()
    assert wanted.at(0) == ["absent"]


def test_escape_stops_first_and_closes_then(page: ModelPage, qtbot: QtBot) -> None:
    stop = QSignalSpy(page.stop_wanted)
    page.begin()
    page.show_progress("获取", 0.25)
    assert page.progress.state.text() == "获取… 25%" and enabled(page) == set()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert stop.count() == 1 and page.isVisible()
    page.end("已停止。")
    assert page.progress.state.text() == "已停止。" and not page.progress.bar.isVisible()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_a_path_is_installed_by_enter(page: ModelPage, qtbot: QtBot) -> None:
    wanted = QSignalSpy(page.install_wanted)
    assert not page.install.install.isEnabled()
    page.install.path.setText(" /media/模型 包 ")
    qtbot.keyClick(page.install.path, Qt.Key.Key_Return)
    assert wanted.at(0) == [Path("/media/模型 包")]


def test_the_chosen_model_stays_chosen(page: ModelPage) -> None:
    page.list.setCurrentRow(2)
    page.show_listing(ModelListing((OWN, READY)))
    assert page.card is OWN


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_button_is_reached_by_a_key_of_its_own(language: str, qtbot: QtBot, appearance: Appearance) -> None:
    page = ModelPage(Words(language), None)
    qtbot.addWidget(page)
    buttons = [button.text() for button in page.findChildren(QPushButton) if button is not page.leave]
    keys = [text[text.index("&") + 1].lower() for text in (*buttons, Words(language)("安装自(&N)"))]
    assert len(keys) == len(set(keys)) == 12


def test_an_empty_catalog_says_what_to_do(qtbot: QtBot) -> None:
    page = ModelPage(Words(), None)
    qtbot.addWidget(page)
    page.show_listing(ModelListing(()))
    assert "请从模型包或文件夹安装" in page.progress.state.text()
    assert enabled(page) == set()
