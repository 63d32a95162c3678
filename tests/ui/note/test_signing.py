"""Review, signature, amendment and the senior doctor's word, in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap import Services, start_services
from app.core.entities import Sex
from app.core.notes import Note, NoteKind, NoteState
from app.core.people import Role
from app.core.signing import ActKind
from app.infra.paths import Paths
from app.ui.kit.theme import Appearance
from app.ui.main_window import MainWindow
from app.ui.note.amend_dialog import AmendDialog
from app.ui.note.signing_dialog import SigningDialog
from tests.helpers.logs import ExpectedLogs
from tests.helpers.storage import ask, refuse_writing

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
SIGN = (Qt.Key.Key_S, CONTROL | SHIFT)


class Desk:
    """A window without models, and a doctor's hands."""

    def __init__(self, window: MainWindow, services: Services, bot: QtBot) -> None:
        self.window, self.services, self.bot = window, services, bot
        self.notes = services.controllers.notes

    @property
    def note(self) -> Note:
        assert self.notes.open_note is not None
        return self.notes.open_note.note

    @property
    def notice(self) -> str:
        bar = self.window.area.notice
        return bar.sentence.text() if bar.isVisible() else ""

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = CONTROL, on: QWidget | None = None) -> None:
        if on is None:
            self.window.activateWindow()
            self.bot.waitUntil(self.window.isActiveWindow)
        self.bot.keyClick(on or self.window.focusWidget() or self.window, key, modifiers)

    def write(self, **sections: str) -> None:
        for key, text in sections.items():
            self.window.editor.editors[key].replace_whole(text)

    def dialog(self) -> SigningDialog:
        self.press(*SIGN)
        dialog = self.window.signing.dialog
        assert isinstance(dialog, SigningDialog), self.notice
        return dialog

    def sign(self, pin: str, again: str = "") -> None:
        dialog = self.dialog()
        dialog.pin.setText(pin)
        dialog.again.setText(again)
        signing = self.services.controllers.signing
        before = len(signing.acts)
        self.press(Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, on=dialog.pin)
        self.bot.waitUntil(lambda: len(signing.acts) > before)

    def amend(self, reason: str) -> None:
        self.press(Qt.Key.Key_M, CONTROL | SHIFT)
        dialog = self.window.signing.dialog
        assert isinstance(dialog, AmendDialog), self.notice
        assert not dialog.accept_button.isEnabled()
        dialog.reason.setText(reason)
        with self.bot.waitSignal(self.notes.opened):
            dialog.accept()

    def become(self, name: str) -> None:
        people = self.services.controllers.people
        self.bot.waitUntil(lambda: any(person.name == name for person in people.people))
        person = next(person for person in people.people if person.name == name)
        with self.bot.waitSignal(people.changed):
            people.switch(person, "", lambda why: None)


@pytest.fixture
def desk(qtbot: QtBot, appearance: Appearance, tmp_path: Path) -> Iterator[Desk]:
    paths = Paths(tmp_path / "data", tmp_path / "cache")
    paths.data_dir.mkdir()
    services = start_services(paths, ())
    window = MainWindow(services.controllers, appearance, lambda: datetime.now(UTC))
    qtbot.addWidget(window)
    window.resize(1366, 768)
    with qtbot.waitActive(window):
        window.show()
    with qtbot.waitSignal(services.controllers.people.listed):
        services.controllers.people.load()
    notes = services.controllers.notes
    stay = notes.add_encounter(name="张某", sex=Sex.MALE, age="65岁", bed="3床", mrn="ZY3", department="", ward="")
    with qtbot.waitSignal(notes.opened):
        notes.open(stay)
    with qtbot.waitSignal(notes.opened):
        notes.add_document(NoteKind.DAILY_PROGRESS)
    yield Desk(window, services, qtbot)
    window.close()
    services.close()


def test_what_is_not_in_order_cannot_be_signed(desk: Desk) -> None:
    desk.write(condition="胸痛缓解")
    dialog = desk.dialog()
    dialog.pin.setText("4711")
    assert not dialog.sign_button.isEnabled()
    dialog.reject()
    desk.press(Qt.Key.Key_G)
    assert "诊疗措施及效果" in desk.notice
    assert desk.window.area.notice.property("tone") == "warning"
    assert desk.note.state is NoteState.DRAFT


def test_from_draft_to_signature_and_amendment_by_keys(desk: Desk) -> None:
    desk.write(condition="胸痛缓解，生命体征平稳。", measures="继续抗血小板治疗。")
    desk.press(Qt.Key.Key_G)
    desk.bot.waitUntil(lambda: [act.kind for act in desk.services.controllers.signing.acts] == [ActKind.REVIEWED])
    assert desk.note.state is NoteState.REVIEWED
    assert desk.window.area.notice.property("tone") == "done", desk.notice
    dialog = desk.dialog()
    dialog.pin.setText("4711")
    dialog.again.setText("4712")
    desk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, on=dialog.pin)
    assert "不同" in dialog.trouble.text()
    dialog.reject()
    desk.sign("4711", "4711")
    assert desk.note.state is NoteState.SIGNED
    assert "已签名" in desk.window.editor.header.document.text()
    assert all(editor.isReadOnly() for editor in desk.window.editor.editors.values())
    desk.amend("补充病情")
    desk.bot.waitUntil(lambda: "补充病情" in desk.window.editor.header.document.toolTip())
    assert "修正中" in desk.window.editor.header.document.text()
    assert not any(editor.isReadOnly() for editor in desk.window.editor.editors.values())
    desk.write(condition="胸痛消失，生命体征平稳。")
    dialog = desk.dialog()
    dialog.pin.setText("0000")
    desk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, on=dialog.pin)
    desk.bot.waitUntil(lambda: "密码不对" in dialog.trouble.text())
    dialog.reject()
    desk.sign("4711")
    assert (desk.note.state, desk.note.signed_version) == (NoteState.SIGNED, 2)


def test_a_senior_doctor_returns_it_and_then_signs(desk: Desk) -> None:
    people, signing = desk.services.controllers.people, desk.services.controllers.signing
    desk.write(condition="胸痛缓解。", measures="继续治疗。")
    doctor = people.present.name
    desk.sign("4711", "4711")
    with desk.bot.waitSignal(people.listed):
        people.add("李主任", Role.SENIOR)
    with desk.bot.waitSignal(signing.waiting_read):
        desk.become("李主任")
    assert desk.window.people.button.text() == "李主任 · 上级医师"
    assert desk.window.signing.waiting_button.text() == "待我处理 1"
    dialog = desk.dialog()
    assert not dialog.return_button.isEnabled()
    dialog.comment.setText("补充查体")
    dialog.return_button.click()
    desk.bot.waitUntil(lambda: "补充查体" in desk.notice)
    desk.bot.waitUntil(lambda: not desk.window.signing.waiting_button.isVisible())
    with desk.bot.waitSignal(signing.waiting_read):
        person = next(one for one in people.people if one.name == doctor)
        people.switch(person, "4711", lambda why: None)
    desk.press(Qt.Key.Key_J)
    waiting = desk.window.signing.waiting_dialog
    assert waiting is not None
    assert "补充查体" in waiting.list.item(0).text()
    waiting.reject()
    desk.amend("按上级意见修改")
    desk.bot.waitUntil(lambda: [act.kind for act in signing.acts[-1:]] == [ActKind.AMENDED])
    desk.write(condition="胸痛缓解，双肺无啰音。")
    desk.sign("4711")
    desk.become("李主任")
    desk.sign("8888", "8888")
    assert desk.note.state is NoteState.SIGNED
    assert [act.kind.words for act in signing.acts][-2:] == ["签名", "上级医师签名"]


def test_a_colleague_is_not_taken_on_without_the_pin(desk: Desk) -> None:
    people = desk.services.controllers.people
    with desk.bot.waitSignal(people.changed):
        people.choose_pin("4711")
    first = people.present
    with desk.bot.waitSignal(people.listed):
        people.add("赵医师", Role.DOCTOR)
    desk.become("赵医师")
    answers: list[str] = []
    people.switch(first, "0000", answers.append)
    desk.bot.waitUntil(lambda: bool(answers))
    assert answers == ["签名密码不对，请重试。"]
    assert people.present.name == "赵医师"
    desk.write(condition="由赵医师书写")
    with desk.bot.waitSignal(desk.notes.saved):
        desk.press(Qt.Key.Key_S)
    listed: list[str] = []
    desk.notes.list_versions(lambda versions: listed.append(versions[0].actor))
    desk.bot.waitUntil(lambda: bool(listed))
    assert listed == ["赵医师"]


def test_a_template_begins_an_empty_document_and_never_comes_over_text(desk: Desk) -> None:
    templates = desk.services.controllers.templates
    with desk.bot.waitSignal(templates.loaded):
        desk.press(Qt.Key.Key_T, CONTROL | SHIFT)
    dialog = desk.window.templates.dialog
    assert dialog is not None
    dialog.name.setText("本科")
    dialog.text.setPlainText("【病情变化】\n切口：\n【诊疗措施及效果】\n换药")
    with desk.bot.waitSignal(templates.loaded):
        dialog.save_button.click()
    row = next(row for row in range(dialog.list.count()) if dialog.list.item(row).text().startswith("本科"))
    dialog.list.setCurrentRow(row)
    dialog.insert_button.click()
    editors = desk.window.editor.editors
    assert (editors["condition"].text(), editors["measures"].text()) == ("切口：", "换药")
    desk.window.editor.undo()
    assert (editors["condition"].text(), editors["measures"].text()) == ("", ""), "one act, one undo"
    editors["condition"].setPlainText("切口：")
    assert desk.window.templates.dialog is None
    with desk.bot.waitSignal(templates.loaded):
        desk.press(Qt.Key.Key_T, CONTROL | SHIFT)
    again = desk.window.templates.dialog
    assert again is not None
    again.list.setCurrentRow(row)
    again.insert_button.click()
    assert "不会覆盖" in again.trouble.text()
    assert desk.window.editor.editors["condition"].text() == "切口："
    again.text.setPlainText("【主诉】\n不在此")
    again.save_button.click()
    assert "没有【主诉】" in again.trouble.text()
    again.reject()


def test_enter_in_the_first_box_of_a_new_pin_goes_to_the_second(desk: Desk) -> None:
    desk.write(condition="胸痛缓解。", measures="继续治疗。")
    dialog = desk.dialog()
    dialog.pin.setText("4711")
    desk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, on=dialog.pin)
    assert dialog.focusWidget() is dialog.again and not dialog.trouble.isVisible()
    dialog.reject()


def test_what_could_not_be_stored_is_still_in_its_dialog(desk: Desk, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("SQLITE_READONLY")
    people, signing, storage = (
        desk.services.controllers.people,
        desk.services.controllers.signing,
        desk.services.storage,
    )
    desk.write(condition="胸痛缓解。", measures="继续治疗。")
    desk.sign("4711", "4711")
    desk.press(Qt.Key.Key_M, CONTROL | SHIFT)
    amend = desk.window.signing.dialog
    assert isinstance(amend, AmendDialog)
    amend.reason.setText("补充检查结果")
    ask(desk.bot, storage, partial(refuse_writing, refused=True))
    amend.accept()
    desk.bot.waitUntil(lambda: "只读" in amend.trouble.text())
    assert (amend.isVisible(), amend.reason.text()) == (True, "补充检查结果")
    amend.reject()
    ask(desk.bot, storage, partial(refuse_writing, refused=False))
    with desk.bot.waitSignal(people.listed):
        people.add("李主任", Role.SENIOR)
    with desk.bot.waitSignal(signing.waiting_read):
        desk.become("李主任")
    dialog = desk.dialog()
    dialog.comment.setText("补充查体")
    ask(desk.bot, storage, partial(refuse_writing, refused=True))
    dialog.return_button.click()
    desk.bot.waitUntil(lambda: "只读" in dialog.trouble.text())
    assert (dialog.isVisible(), dialog.comment.text()) == (True, "补充查体")
    ask(desk.bot, storage, partial(refuse_writing, refused=False))
    dialog.return_button.click()
    desk.bot.waitUntil(lambda: "补充查体" in desk.notice)
    assert desk.window.signing.dialog is None
