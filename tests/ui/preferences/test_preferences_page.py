"""The settings page: what can be chosen is in force and kept, what the hospital decided is shown and cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.controllers.preferences import PreferencesController
from app.infra.paths import Paths
from app.settings.file import SettingsFile
from app.ui.kit.theme import DARK, Appearance
from app.ui.preferences.preferences_page import PreferencesActs, PreferencesPage

Open = Callable[..., PreferencesPage]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "data").mkdir()
    return Paths(tmp_path / "data", tmp_path / "cache")


@pytest.fixture
def preferences(paths: Paths, qtbot: QtBot) -> Iterator[PreferencesController]:
    controller = PreferencesController(paths)
    yield controller
    controller.close()
    controller.deleteLater()


@pytest.fixture
def show(preferences: PreferencesController, paths: Paths, appearance: Appearance, qtbot: QtBot) -> Iterator[Open]:
    """Opens the page under a policy."""
    window = QWidget()
    qtbot.addWidget(window)
    acts = PreferencesActs(preferences, appearance, window)

    def open_page(policy: str = "") -> PreferencesPage:
        paths.policy.write_text(policy, encoding="utf-8")
        with qtbot.waitSignal(preferences.read):
            acts.open()
        assert acts.dialog is not None
        return acts.dialog

    yield open_page
    appearance.choose("system")


def rows(page: PreferencesPage) -> list[list[str]]:
    return [[page.table.item(row, column).text() for column in range(4)] for row in range(page.table.rowCount())]


def test_a_theme_is_in_force_at_once_and_kept(
    show: Open, preferences: PreferencesController, paths: Paths, appearance: Appearance, qtbot: QtBot
) -> None:
    page = show()
    assert page.heading.text() == "医院没有设定任何策略。" and not page.table.isVisible()
    qtbot.keyClick(page.theme, Qt.Key.Key_End)
    page.theme.activated.emit(page.theme.currentIndex())
    assert appearance.theme is DARK
    preferences.close()
    assert SettingsFile(paths.settings).load().chosen == {"theme": "dark"}


def test_what_the_hospital_decided_is_shown_with_its_file_and_cannot_be_changed(show: Open, paths: Paths) -> None:
    page = show('[window]\ntheme = "light"\n[feedback]\nexport = false\n')
    assert not page.theme.isEnabled() and page.theme_note.text() == "由医院设定"
    assert page.theme.currentData() == "light"
    assert page.language.isEnabled()
    assert [row[:2] + row[3:] for row in rows(page)] == [
        ["window.theme", "light", str(paths.policy)],
        ["feedback.export", "false", str(paths.policy)],
    ]
    assert page.folder.text() == str(paths.data_dir) and page.folder.isReadOnly()


def test_a_policy_that_is_not_understood_is_named(show: Open) -> None:
    page = show('[window]\ntheme = "blue"\n')
    assert "第 2 行：window.theme 不能是 “blue”" in page.heading.text()
    assert page.heading.objectName() == "dialogWarning"


def test_a_model_keeps_its_engine_beside_the_other_choices(preferences: PreferencesController, paths: Paths) -> None:
    preferences.choose("language", "en")
    preferences.use_engine("ward-7b", "openvino")
    preferences.close()
    kept = SettingsFile(paths.settings).load()
    assert (kept.chosen, kept.engines) == ({"language": "en"}, {"ward-7b": "openvino"})
