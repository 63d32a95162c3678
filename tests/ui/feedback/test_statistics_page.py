"""The statistics page on the real window and a real database."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.controllers.autosave import local_now
from app.core.statistics import ModelFigures, Share, Statistics, Usage
from app.infra.paths import Paths
from app.storage.repositories import Repositories
from app.ui.feedback.statistics_bars import HIDDEN, charts
from app.ui.feedback.statistics_page import StatisticsDialog
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow
from tests.helpers.records import a_full_comparison, a_stay
from tests.helpers.storage import ask

FIGURES = Statistics(
    (Usage("differential", "=心内", "2025-03", Share(6, 8)), Usage("differential", "骨科", "2025-03", Share(2, 9))),
    (ModelFigures("模型甲 0000", 9, Share(6, 9), Share(0, 0), Share(0, 9), 0.25, 812.0, None),),
    {"侧别": 7, "剂量": 4},
)


@pytest.fixture
def services(tmp_path: Path, qapp: object) -> Iterator[Services]:
    paths = Paths(tmp_path / "data", tmp_path / "cache")
    paths.data_dir.mkdir()
    services = start_services(paths, ())
    yield services
    services.close()


@pytest.fixture
def window(services: Services, appearance: Appearance, qtbot: QtBot) -> MainWindow:
    window = MainWindow(services.controllers, appearance, local_now)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    return window


@pytest.fixture
def dialog(window: MainWindow, appearance: Appearance, qtbot: QtBot) -> StatisticsDialog:
    dialog = StatisticsDialog(appearance, window)
    qtbot.addWidget(dialog)
    dialog.show_statistics(FIGURES)
    return dialog


def test_a_key_opens_the_page_and_the_storage_thread_counts(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    def past(repositories: Repositories) -> bool:
        for number in range(5):
            a_full_comparison(repositories, a_stay(repositories, f"测试{number}"))
        return True

    ask(qtbot, services.storage, past)
    with qtbot.waitSignal(services.controllers.statistics.counted):
        qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    dialog = window.statistics.dialog
    assert dialog is not None
    (bar,) = dialog.charts["使用率 · 科室"].bars
    assert (bar.name, bar.text, bar.share) == ("心血管内科", "100%（5 / 5 次住院）", 1.0)
    dialog.reject()
    assert window.statistics.dialog is None


def test_what_is_too_few_is_said_to_be_hidden() -> None:
    bars = charts(FIGURES)
    assert [(bar.name, bar.text) for bar in bars["使用率 · 科室"]] == [
        ("=心内", "75%（6 / 8 次住院）"),
        ("骨科", HIDDEN),
    ]
    assert [bar.text for bar in bars["识别错误 · 类型"]] == ["7 处", HIDDEN]
    assert [bar.text for bar in bars["首字时间 · 模型（中位数）"]] == ["812 毫秒"]


def test_the_table_hides_it_too_and_runs_no_formula(dialog: StatisticsDialog, tmp_path: Path) -> None:
    dialog.save_table(tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    used = [row for row in rows if row["项目"] == "使用率"]
    assert [(row["科室"], row["分子"], row["分母"]) for row in used] == [("'=心内", "6", "8"), ("骨科", "", "")]
    errors = {row["单位"]: row["分子"] for row in rows if row["项目"] == "识别错误"}
    assert errors == {"侧别": "7", "剂量": ""}


def test_the_picture_has_all_charts(dialog: StatisticsDialog, tmp_path: Path) -> None:
    dialog.save_picture(tmp_path / "s.png")
    picture = QImage(str(tmp_path / "s.png"))
    assert picture.height() >= sum(chart.sizeHint().height() for chart in list(dialog.charts.values())[::2])


def test_a_place_that_cannot_be_written_is_an_error(dialog: StatisticsDialog, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"s\.png"):
        dialog.save_picture(tmp_path / "missing" / "s.png")
