"""What the doctor does to finish a document: review, sign, amend; and the senior doctor's list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPushButton

from app.controllers.note import NoteController, OpenNote
from app.controllers.people import PeopleController
from app.controllers.signing import SigningController, WaitingNote
from app.core.checks.finding import CheckedNote, blocking
from app.core.checks.note import check_note
from app.core.notes import NoteState
from app.core.people import Role
from app.core.signing import ActKind, NoteAct, is_returned, obstacles
from app.ui.kit.keys import Worded
from app.ui.kit.notice_bar import Done, Told
from app.ui.kit.text_safety import visible_controls
from app.ui.kit.wording import bed_label, minute
from app.ui.note.amend_dialog import AmendDialog
from app.ui.note.note_editor import NoteEditor
from app.ui.note.note_header import DOCUMENTS
from app.ui.note.signing_dialog import SigningDialog
from app.ui.note.waiting_dialog import WaitingDialog

_SAID = {
    ActKind.REVIEWED: "已标为审核；再有改动会回到草稿。",
    ActKind.SIGNED: "已签名，内容锁定；需要改动时用“修正”（Ctrl+Shift+M）。",
    ActKind.AMENDED: "已开始修正：签过名的一版原样保留，改好后请重新签名。",
    ActKind.COUNTERSIGNED: "上级医师已签名。",
    ActKind.RETURNED: "已退回书写医师，意见会显示在其待办中。",
}
NOTHING_WAITS = Told("没有等待您处理的文书。")


class SigningActs(QObject):
    """The presenter of the signature dialog and of the waiting list."""

    def __init__(
        self,
        editor: NoteEditor,
        notes: NoteController,
        people: PeopleController,
        signing: SigningController,
        checked: Callable[[], CheckedNote],
        say: Callable[[str], None],
    ) -> None:
        """`checked` gives the open note as the checks take it; `say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._people = people
        self._signing = signing
        self._checked = checked
        self._say = say
        self.dialog: SigningDialog | AmendDialog | None = None
        self.waiting_dialog: WaitingDialog | None = None
        self.waiting_button = QPushButton()
        self._waiting: tuple[WaitingNote, ...] = ()
        self._connect()

    def review(self) -> None:
        """The key: the open draft was read and found in order."""
        why = self._signing.refusal(ActKind.REVIEWED) or "".join(self._obstacles()[:1])
        if why:
            self._say(why)
        else:
            self._signing.perform(ActKind.REVIEWED)

    def sign(self) -> None:
        """The key: show what will be signed; a senior doctor countersigns or returns what is signed."""
        note = self._notes.open_note
        signed = note is not None and note.note.state is NoteState.SIGNED
        kind = ActKind.COUNTERSIGNED if signed and self._people.present.role is Role.SENIOR else ActKind.SIGNED
        if why := self._signing.refusal(kind):
            self._say(why)
        elif note is not None and self.dialog is None:
            against = () if signed else self._obstacles()
            dialog = SigningDialog(_heading(note), note.note, self._people.present, against, self._editor.window())
            if signed:
                dialog.offer_return()
            dialog.sign_wanted.connect(partial(self._on_sign_wanted, dialog, kind))
            dialog.return_wanted.connect(partial(self._on_return_wanted, dialog))
            self._open(dialog)

    def amend(self) -> None:
        """The key: ask why, then begin a new draft on top of the signed version."""
        note = self._notes.open_note
        if why := self._signing.refusal(ActKind.AMENDED):
            self._say(why)
        elif note is not None and self.dialog is None:
            dialog = AmendDialog(_heading(note), self._editor.window())
            dialog.wanted.connect(partial(self._on_amend_wanted, dialog))
            self._open(dialog)

    def show_waiting(self) -> None:
        """The key: the documents that wait for the present person."""
        if not self._waiting:
            self._say(NOTHING_WAITS)
        elif self.waiting_dialog is None:
            self.waiting_dialog = WaitingDialog(self._waiting, self._editor.window())
            self.waiting_dialog.chosen.connect(self._notes.open_document)
            self.waiting_dialog.finished.connect(lambda _result: self._close_waiting())
            self.waiting_dialog.open()

    def _connect(self) -> None:
        self.waiting_button.setObjectName("version")
        Worded(self.waiting_button, self._editor.keys, "等待我处理的文书  Ctrl+J", self.waiting_button.setToolTip)
        self.waiting_button.clicked.connect(self.show_waiting)
        self._show_waiting(())
        self._signing.waiting_read.connect(self._show_waiting)
        self._signing.acts_read.connect(self._on_acts)
        self._signing.done.connect(lambda kind: self._say(Done(_SAID[kind])))
        self._signing.failed.connect(self._say)
        self._notes.opened.connect(lambda _note: self._close())

    def _obstacles(self) -> tuple[str, ...]:
        note = self._notes.open_note
        if note is None:
            return ()
        waiting = sum(not span.reviewed for span in note.note.provenance)
        against = obstacles(blocking(check_note(self._checked())), waiting)
        return tuple(self._editor.keys.worded(one) for one in against)

    def _on_sign_wanted(self, dialog: SigningDialog, kind: ActKind, pin: str) -> None:
        if dialog.first:
            self._people.choose_pin(pin, partial(self._finish, dialog, kind, ""))
        else:
            self._people.confirm(pin, partial(self._finish, dialog, kind))

    def _finish(self, dialog: SigningDialog, kind: ActKind, why: str = "") -> None:
        if dialog is not self.dialog:
            return
        if why:
            dialog.say(why)
            return
        self._close()
        self._signing.perform(kind)

    def _on_return_wanted(self, dialog: SigningDialog, comment: str) -> None:
        dialog.setEnabled(False)
        self._signing.perform(ActKind.RETURNED, comment, partial(self._on_returned, dialog))

    def _on_returned(self, dialog: SigningDialog, why: str) -> None:
        if dialog is self.dialog:
            dialog.setEnabled(True)
            if why:
                dialog.refuse_return(why)
            else:
                self._close()
        elif why:
            self._say(why)

    def _on_amend_wanted(self, dialog: AmendDialog) -> None:
        self._signing.perform(ActKind.AMENDED, dialog.reason.text().strip(), partial(self._on_amended, dialog))

    def _on_amended(self, dialog: AmendDialog, why: str) -> None:
        if dialog is self.dialog:
            dialog.told(why)
        elif why:
            self._say(why)

    def _on_acts(self, acts: tuple[NoteAct, ...]) -> None:
        signed = [_act_words(act) for act in acts]
        self._editor.header.document.setToolTip("\n".join((self._editor.keys.worded(DOCUMENTS), *signed)))
        if is_returned(acts):
            self._say(f"{visible_controls(acts[-1].person)} 退回了这份文书：{visible_controls(acts[-1].comment)}")

    def _show_waiting(self, waiting: tuple[WaitingNote, ...]) -> None:
        self._waiting = waiting
        self.waiting_button.setText(f"待我处理 {len(waiting)}")
        self.waiting_button.setVisible(bool(waiting))

    def _open(self, dialog: SigningDialog | AmendDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(lambda _result: self._close())
        dialog.open()

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()

    def _close_waiting(self) -> None:
        dialog, self.waiting_dialog = self.waiting_dialog, None
        if dialog is not None:
            dialog.deleteLater()


def _heading(note: OpenNote) -> str:
    whose = f"{bed_label(note.encounter.bed)} {note.patient.name} 住院号 {note.encounter.mrn}"
    return f"{note.note.kind.heading}　{whose}"


def _act_words(act: NoteAct) -> str:
    words = f"{act.kind.words}：{act.person} {minute(act.occurred_at)}"
    return visible_controls(f"{words}　{act.comment}" if act.comment else words)
