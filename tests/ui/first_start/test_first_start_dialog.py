"""The first start by keyboard: every page, every refusal, left in the middle, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.controllers.first_start import FirstStartController, Step, plan_for
from app.controllers.model_keeper import ModelKeeper
from app.controllers.models import ModelsController
from app.inference.engines.scripted import Script
from app.infra.paths import Paths
from app.settings.file import SettingsFile
from app.storage.encryption import DatabaseKind, kind_of
from app.ui.first_start.calibrate_page import CalibratePage
from app.ui.first_start.dialog import FirstStartDialog, Outcome
from app.ui.first_start.folder_page import FolderPage
from app.ui.first_start.models_page import ModelsPage
from app.ui.first_start.recovery_page import RecoveryPage
from app.ui.first_start.sample_page import SamplePage
from app.ui.kit.theme import Appearance
from app.ui.kit.words import Words
from tests.helpers.scripted_catalog import ALLOW_SCRIPTED, add_scripted_models

Begin = Callable[..., FirstStartDialog]


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv(*next(iter(ALLOW_SCRIPTED.items())))
    (tmp_path / "data").mkdir()
    return Paths(tmp_path / "data", tmp_path / "cache")


@pytest.fixture
def begin(paths: Paths, appearance: Appearance, qtbot: QtBot) -> Iterator[Begin]:
    """Shows the dialog under a policy."""
    shown: list[tuple[FirstStartDialog, FirstStartController]] = []

    def show(policy: str = "", *, ask_folder: bool = False) -> FirstStartDialog:
        paths.policy.write_text(policy, encoding="utf-8")
        plan = plan_for(paths, ask_folder=ask_folder)
        assert plan is not None
        start = FirstStartController(paths, plan)
        dialog = FirstStartDialog(start, lambda paths: ModelsController(ModelKeeper(paths)), appearance)
        qtbot.addWidget(dialog)
        shown.append((dialog, start))
        dialog.show()
        return dialog

    yield show
    for dialog, start in shown:
        dialog.close_models()
        start.close()
        start.deleteLater()
    appearance.words = Words()


def enter(qtbot: QtBot, dialog: FirstStartDialog, on: QWidget | None = None) -> None:
    qtbot.waitUntil(lambda: dialog.next.isEnabled())
    qtbot.keyClick(on or dialog, Qt.Key.Key_Return)


def arrive(qtbot: QtBot, dialog: FirstStartDialog, step: Step) -> None:
    qtbot.waitUntil(lambda: dialog.step is step, timeout=30_000)


def test_from_the_folder_to_the_window_by_enter_alone(begin: Begin, paths: Paths, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = begin(ask_folder=True)
    assert isinstance(dialog.page, FolderPage)
    dialog.page.folder.setText(str(tmp_path / "病区 数据"))
    enter(qtbot, dialog)
    arrive(qtbot, dialog, Step.RECOVERY)
    recovery = dialog.page
    assert isinstance(recovery, RecoveryPage)
    assert recovery.code.focusPolicy() & Qt.FocusPolicy.TabFocus  # it can be read and copied by keyboard
    enter(qtbot, dialog)
    assert "不符" in recovery.trouble.text() and dialog.step is Step.RECOVERY
    recovery.repeated.setText(recovery.code.text()[-9:].lower().replace("-", " "))
    enter(qtbot, dialog)
    arrive(qtbot, dialog, Step.MODELS)
    assert kind_of(tmp_path / "病区 数据" / "wardnote.sqlite3") is DatabaseKind.ENCRYPTED
    qtbot.waitUntil(lambda: dialog.next.text() == "以后再说(&L)")
    enter(qtbot, dialog)
    arrive(qtbot, dialog, Step.CALIBRATE)
    assert isinstance(dialog.page, CalibratePage)
    qtbot.waitUntil(lambda: dialog.focusWidget() is dialog.next)
    enter(qtbot, dialog)
    arrive(qtbot, dialog, Step.SAMPLE)
    enter(qtbot, dialog)
    assert dialog.outcome is Outcome.DONE and not dialog.isVisible()
    assert dialog._start.wants_sample


def test_a_folder_that_cannot_be_used_is_said_on_the_page(begin: Begin, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = begin(ask_folder=True)
    page = dialog.page
    assert isinstance(page, FolderPage)
    (tmp_path / "file").write_text("x")
    page.folder.setText(str(tmp_path / "file"))
    enter(qtbot, dialog)
    qtbot.waitUntil(lambda: "不是文件夹" in page.trouble.text())
    assert dialog.step is Step.FOLDER and dialog.next.isEnabled()


def test_left_before_the_data_are_settled_the_program_ends_and_later_it_goes_on(
    begin: Begin, paths: Paths, qtbot: QtBot
) -> None:
    dialog = begin()
    assert dialog.step is Step.RECOVERY
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.outcome is Outcome.ENDED
    again = begin("[data]\nencrypted = false\n")
    assert again.step is Step.MODELS
    enter(qtbot, again)
    arrive(qtbot, again, Step.CALIBRATE)
    qtbot.keyClick(again, Qt.Key.Key_Escape)
    assert again.outcome is Outcome.LATER
    again._start.close()
    assert SettingsFile(paths.settings).load().chosen["first_start"] == "models"
    assert begin("[data]\nencrypted = false\n").step is Step.CALIBRATE


def test_without_encryption_nothing_is_written_down(begin: Begin, paths: Paths, qtbot: QtBot) -> None:
    dialog = begin()
    page = dialog.page
    assert isinstance(page, RecoveryPage)
    page.plain.setChecked(True)
    assert not page.code.isVisible()
    enter(qtbot, dialog)
    arrive(qtbot, dialog, Step.MODELS)
    assert kind_of(paths.database) is DatabaseKind.ABSENT, "the window makes it"


def test_where_the_hospital_encrypts_there_is_no_choice(begin: Begin) -> None:
    page = begin("[data]\nencrypted = true\n").page
    assert isinstance(page, RecoveryPage)
    assert not page.plain.isVisible() and page.code.isVisible()


def test_models_that_are_ready_are_measured_and_a_fault_is_said(begin: Begin, paths: Paths, qtbot: QtBot) -> None:
    add_scripted_models(paths.data_dir, {"good": Script("答" * 20, token_ms=1)})
    dialog = begin("[data]\nencrypted = false\n")
    page = dialog.page
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: page.list.count() == 4)
    assert page.list.item(0).text() == "脚本 good：就绪：scripted，未测速"
    assert dialog.next.text() == "下一步(&N)"
    page.install.path.setText(str(paths.data_dir / "nothing.wnpack"))
    page.install.install.click()
    qtbot.waitUntil(lambda: "nothing.wnpack" in page.trouble.text(), timeout=20_000)
    enter(qtbot, dialog)
    arrive(qtbot, dialog, Step.CALIBRATE)
    qtbot.waitUntil(lambda: dialog.next.text() == "开始测速(&M)")
    enter(qtbot, dialog)
    arrive(qtbot, dialog, Step.SAMPLE)


def test_measuring_is_skipped_in_the_middle(begin: Begin, paths: Paths, qtbot: QtBot) -> None:
    """The script would write for an hour."""
    add_scripted_models(paths.data_dir, {"slow": Script("慢" * 3600, token_ms=1000)})
    dialog = begin('[data]\nencrypted = false\n[first_start]\nmodels = "later"\ncalibrate = true\nsample = false\n')
    page = dialog.page
    assert isinstance(page, CalibratePage)
    qtbot.waitUntil(lambda: "测量" in page.progress.state.text(), timeout=20_000)
    dialog.skip.click()
    assert dialog.outcome is Outcome.DONE


def test_what_the_hospital_wants_goes_by_itself(begin: Begin, paths: Paths, qtbot: QtBot) -> None:
    add_scripted_models(paths.data_dir, {"good": Script("答" * 20, token_ms=1)})
    dialog = begin('[data]\nencrypted = false\n[first_start]\nmodels = "later"\ncalibrate = true\nsample = true\n')
    qtbot.waitUntil(lambda: dialog.outcome is Outcome.DONE, timeout=60_000)
    assert dialog._start.wants_sample


def test_a_pack_that_is_not_there_is_said_and_the_rest_goes_on(begin: Begin, paths: Paths, qtbot: QtBot) -> None:
    dialog = begin(
        '[data]\nencrypted = false\n[packs]\nplace = "no.wnpack"\n[first_start]\nmodels = "pack"\nsample = false\n'
    )
    page = dialog.page
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: "no.wnpack" in page.trouble.text(), timeout=20_000)
    enter(qtbot, dialog)
    arrive(qtbot, dialog, Step.CALIBRATE)


def test_the_language_is_switched_at_once_and_kept(begin: Begin, paths: Paths, qtbot: QtBot) -> None:
    dialog = begin("[data]\nencrypted = false\n")
    dialog.language.setCurrentIndex(1)
    assert dialog.windowTitle() == "First start" and dialog.step is Step.MODELS
    dialog._start.close()
    assert SettingsFile(paths.settings).load().chosen["language"] == "en"


def test_the_last_page_opens_no_sample_if_none_is_wanted(begin: Begin, qtbot: QtBot) -> None:
    dialog = begin('[data]\nencrypted = false\n[first_start]\nmodels = "later"\ncalibrate = false\n')
    page = dialog.page
    assert isinstance(page, SamplePage)
    page.wanted.setChecked(False)
    enter(qtbot, dialog)
    assert dialog.outcome is Outcome.DONE and not dialog._start.wants_sample
