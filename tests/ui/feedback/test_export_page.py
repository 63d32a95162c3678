"""The export page on the real window and a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.controllers.autosave import local_now
from app.core import acts
from app.core.events import Vote
from app.core.people import Role
from app.infra.paths import Paths
from app.storage.repositories import Repositories
from app.ui.feedback.export_dialog import ExportDialog
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow
from tests.helpers.records import DOCTOR, NOW, a_comparison, a_generation, a_stay
from tests.helpers.storage import ask

NAMES = ("欧阳明华", "诸葛海燕", "王小明", "李建国", "司马春梅", "赵雪松")


@pytest.fixture
def services(tmp_path: Path, qapp: object) -> Iterator[Services]:
    paths = Paths(tmp_path / "data", tmp_path / "cache")
    paths.data_dir.mkdir()
    services = start_services(paths, ())
    yield services
    services.close()


@pytest.fixture
def window(services: Services, appearance: Appearance, qtbot: QtBot) -> MainWindow:
    ask(qtbot, services.storage, _voted)
    window = MainWindow(services.controllers, appearance, local_now)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    return window


def _voted(repositories: Repositories) -> bool:
    for name in NAMES:
        comparison = a_comparison(a_stay(repositories, name))
        repositories.comparisons.record(comparison)
        for run in comparison.runs:
            repositories.comparisons.record_generation(a_generation(run, f"患者{name}：1. 急性心肌梗死"))
            event = acts.voted(Vote.UP).event(f"event-{run.run_id}", run.run_id, DOCTOR, NOW)
            repositories.feedback.append(event)
    return True


@pytest.fixture
def dialog(window: MainWindow, services: Services, qtbot: QtBot, tmp_path: Path) -> ExportDialog:
    """Open by its key, with the records listed and none judged."""
    with qtbot.waitSignal(services.controllers.exports.choices_read):
        qtbot.keyClick(window, Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    dialog = window.exports.dialog
    assert dialog is not None
    dialog.form.folder.setText(str(tmp_path / "out"))
    with qtbot.waitSignal(services.controllers.exports.reviewed):
        dialog.form.review.click()
    return dialog


def test_only_what_was_approved_by_key_leaves(
    dialog: ExportDialog, services: Services, qtbot: QtBot, tmp_path: Path
) -> None:
    count = dialog.list.count()
    assert count >= 2 and dialog.focusWidget() is dialog.list and not dialog.export.isEnabled()
    qtbot.keyClick(dialog.list, Qt.Key.Key_N)
    assert not dialog.export.isEnabled()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Y)
    with qtbot.waitSignal(services.controllers.exports.exported):
        dialog.export.click()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["comparisons"], manifest["left_out_since_not_approved"]) == (1, count - 1)
    assert manifest["approved_one_by_one"] and "已导出 1 份记录" in dialog.state.text()
    written = (tmp_path / "out" / "trl-kto.jsonl").read_text(encoding="utf-8")
    assert len(written.splitlines()) == 3 and not any(name in written for name in NAMES)


def test_a_record_shows_what_was_replaced_and_all_the_rest(dialog: ExportDialog) -> None:
    shown = dialog.view.toPlainText()
    assert "[姓名1]" in shown and "急性心肌梗死" in shown and any(name in shown for name in NAMES)
    review = dialog.list.current
    assert review is not None and any(text.changed for text in review.texts)


def test_the_rest_is_approved_at_once_only_after_the_list_was_seen(dialog: ExportDialog, qtbot: QtBot) -> None:
    reviews = tuple(replace(review, key=f"{n}{review.key}") for n in range(30) for review in dialog.list._reviews)
    dialog.show_reviews(reviews)
    dialog.approve_rest.click()
    assert not dialog.approve_rest.isEnabled() and not dialog.list.approved
    qtbot.keyClick(dialog.list, Qt.Key.Key_N)
    qtbot.keyClick(dialog.list, Qt.Key.Key_End)
    assert dialog.approve_rest.isEnabled()
    dialog.approve_rest.click()
    assert len(dialog.list.approved) == len(reviews) - 1 and dialog.list.waiting == 0


def test_another_range_takes_the_approvals_back(dialog: ExportDialog, qtbot: QtBot) -> None:
    qtbot.keyClick(dialog.list, Qt.Key.Key_Y)
    dialog.form.since.setText("2025")
    assert dialog.list.count() == 0 and not dialog.list.approved
    dialog.form.review.click()
    assert dialog.state.text() == "“2025”不是日期：应写成 2025-03-01 这样。"


def test_a_leak_is_refused_in_a_sentence(
    dialog: ExportDialog, services: Services, qtbot: QtBot, tmp_path: Path
) -> None:
    """Someone's name is a department's: fields that are no text are not cleaned, but finished files are searched."""
    ask(qtbot, services.storage, lambda repositories: repositories.people.add("心血管内科", Role.DOCTOR, NOW))
    qtbot.keyClick(dialog.list, Qt.Key.Key_Y)
    with qtbot.waitSignal(services.controllers.exports.failed):
        dialog.export.click()
    assert "导出被拒绝" in dialog.state.text() and not (tmp_path / "out").exists()


def test_closing_ends_the_work_and_the_statistics_lead_here(
    dialog: ExportDialog, window: MainWindow, services: Services, qtbot: QtBot, tmp_path: Path
) -> None:
    qtbot.keyClick(dialog.list, Qt.Key.Key_Y)
    dialog.export.click()
    with qtbot.waitSignal(services.controllers.exports.failed):
        dialog.reject()
    assert window.exports.dialog is None and not (tmp_path / "out").exists()
    window.statistics.open()
    assert window.statistics.dialog is not None
    window.statistics.dialog.export.click()
    assert window.statistics.dialog is None and window.exports.dialog is not None
    window.exports.dialog.reject()
