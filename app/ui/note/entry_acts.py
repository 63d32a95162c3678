"""What the doctor does with a stay's orders and results: look at them, put some into the note, enter and withdraw."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from app.controllers.note import NoteController, OpenNote
from app.controllers.ward import StayEntries, WardController
from app.core.stay import Order, Result
from app.core.stay_lines import entry_line
from app.ui.kit.theme import Appearance
from app.ui.note.entry_dialogs import EntriesDialog
from app.ui.note.entry_forms import EntryForm, OrderForm, ResultForm, StopForm
from app.ui.note.note_editor import NoteEditor

NO_PATIENT = "请先从左侧选择一位患者。"
NO_PLACE = "请先把光标放到要插入的栏目，再选择检查结果或医嘱。"
READ_ONLY = "这份文书现在不能修改，没有插入。"


class EntryActs(QObject):
    """The presenter of the dialog of orders and results."""

    def __init__(
        self,
        editor: NoteEditor,
        notes: NoteController,
        ward: WardController,
        appearance: Appearance,
        say: Callable[[str], None],
    ) -> None:
        """`say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._ward = ward
        self._appearance = appearance
        self._say = say
        self.dialog: EntriesDialog | None = None
        self.form: EntryForm | None = None
        notes.opened.connect(lambda _note: self._close())

    def open(self) -> None:
        """Show the orders and results of the open stay."""
        note = self._notes.open_note
        if note is None:
            self._say(NO_PATIENT)
        elif self.dialog is None:
            self._ward.read_entries(note.encounter.encounter_id, partial(self._show, note))

    def _show(self, note: OpenNote, entries: StayEntries) -> None:
        if self.dialog is not None or self._open_id() != note.encounter.encounter_id:
            return
        self.dialog = EntriesDialog(note, self._appearance.theme, self._editor.window())
        self.dialog.insert_wanted.connect(self._insert)
        self.dialog.withdraw_wanted.connect(self._withdraw)
        self.dialog.stop_wanted.connect(self._ask_stop)
        self.dialog.result_wanted.connect(lambda: self._ask(ResultForm))
        self.dialog.order_wanted.connect(lambda: self._ask(OrderForm))
        self.dialog.finished.connect(lambda _result: self._close())
        self.dialog.show_entries(*entries)
        self.dialog.open()

    def _insert(self, chosen: tuple[Order | Result, ...]) -> None:
        """One undoable edit at the cursor, of the stay that the dialog is about and of no other."""
        dialog, place = self.dialog, self._editor.last_focused
        if dialog is None or dialog.encounter_id != self._open_id():
            self._close()
            return
        self._close()
        if place is None:
            self._say(NO_PLACE)
        elif place.isReadOnly():
            self._say(READ_ONLY)
        else:
            place.insert_lines("\n".join(map(entry_line, chosen)))

    def _withdraw(self, entry: Order | Result) -> None:
        if self.dialog is not None:
            encounter_id = self.dialog.encounter_id
            self._ward.withdraw_entry(encounter_id, entry, partial(self._refresh, encounter_id))

    def _ask(self, make: type[ResultForm] | type[OrderForm]) -> None:
        if self.dialog is None:
            return
        form = make(self.dialog)
        form.wanted.connect(partial(self._store, self.dialog.encounter_id, form))
        self._open_form(form)

    def _ask_stop(self, order: Order) -> None:
        if self.dialog is None:
            return
        form = StopForm(order, self.dialog)
        form.wanted.connect(partial(self._stop, self.dialog.encounter_id, order, form))
        self._open_form(form)

    def _open_form(self, form: EntryForm) -> None:
        self.form = form
        form.finished.connect(lambda _result: form.deleteLater())
        form.open()

    def _stop(self, encounter_id: str, order: Order, form: StopForm) -> None:
        self._ward.stop_order(encounter_id, order, form.day(), *self._answers(encounter_id, form))

    def _store(self, encounter_id: str, form: ResultForm | OrderForm) -> None:
        entered = form.entered()
        orders = [entered] if isinstance(entered, Order) else []
        results = [entered] if isinstance(entered, Result) else []
        self._ward.add_entries(encounter_id, orders, results, *self._answers(encounter_id, form))

    def _answers(
        self, encounter_id: str, form: EntryForm
    ) -> tuple[Callable[[StayEntries], None], Callable[[str], None]]:
        def stored(entries: StayEntries) -> None:
            self._on_told(form, "")
            self._refresh(encounter_id, entries)

        return stored, partial(self._on_told, form)

    def _on_told(self, form: EntryForm, why: str) -> None:
        if form is self.form:
            form.told(why)
        elif why:
            self._say(why)

    def _refresh(self, encounter_id: str, entries: StayEntries) -> None:
        if self.dialog is not None and self.dialog.encounter_id == encounter_id:
            self.dialog.show_entries(*entries)

    def _open_id(self) -> str:
        note = self._notes.open_note
        return note.encounter.encounter_id if note else ""

    def _close(self) -> None:
        dialog, self.dialog, self.form = self.dialog, None, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()
