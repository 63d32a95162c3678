"""Templates: begin an empty document from one, and edit the ward's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.controllers.note import NoteController
from app.controllers.templates import TemplateController
from app.core.errors import UsageFault
from app.core.notes import NoteKind, NoteState
from app.core.templates import NoteTemplate, can_insert, from_text, offered, to_text
from app.ui.kit.composed_line import ComposedLine
from app.ui.kit.labels import plain_label
from app.ui.note.note_editor import NoteEditor

NO_NOTE = "请先从左侧选择一位患者，再选择模板。"
SIGNED = "这份文书已经签名，不能插入模板。"
NOT_EMPTY = "这份模板要填的部分已经有文字，不会覆盖：请另选，或先清空这些部分。"
NONE = "这类文书还没有模板：填写名称和内容后保存即可。"


class TemplateActs(QObject):
    """The presenter of the template dialog."""

    def __init__(
        self, editor: NoteEditor, notes: NoteController, templates: TemplateController, say: Callable[[str], None]
    ) -> None:
        """`say` shows a sentence."""
        super().__init__(editor)
        self._editor = editor
        self._notes = notes
        self._templates = templates
        self._say = say
        self.dialog: TemplateDialog | None = None
        templates.loaded.connect(self._on_loaded)
        templates.failed.connect(say)
        notes.opened.connect(lambda _note: self._close())

    def open(self) -> None:
        """The key: the templates for the open document."""
        note = self._notes.open_note
        if note is None:
            self._say(NO_NOTE)
        elif note.note.state is NoteState.SIGNED:
            self._say(SIGNED)
        elif self.dialog is None:
            self.dialog = TemplateDialog(note.note.kind, note.encounter.department, self._editor.window())
            self.dialog.insert_wanted.connect(self._insert)
            self.dialog.save_wanted.connect(self._templates.save)
            self.dialog.finished.connect(lambda _result: self._close())
            self._templates.load()
            self.dialog.open()

    def _on_loaded(self, templates: tuple[NoteTemplate, ...], troubles: tuple[str, ...]) -> None:
        note = self._notes.open_note
        if self.dialog is not None and note is not None:
            self.dialog.fill(offered(templates, note.note.kind, note.encounter.department), troubles)

    def _insert(self, template: NoteTemplate) -> None:
        """One act: an undo takes back all sections that the template filled."""
        texts = {key: editor.text() for key, editor in self._editor.editors.items()}
        if self.dialog is None:
            return
        if not can_insert(template, texts):
            self.dialog.say(NOT_EMPTY)
            return
        self._close()
        self._editor.replace_together(template.sections)
        first = self._editor.editors[next(iter(template.sections))]
        self._editor.show_section(first, first.textCursor().position())

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()


class TemplateDialog(QDialog):
    """Templates on the left, the chosen one's text on the right, which can be changed and saved.

    Signals:
        insert_wanted, save_wanted: NoteTemplate as it is shown.
    """

    insert_wanted = Signal(object)
    save_wanted = Signal(object)

    def __init__(self, kind: NoteKind, department: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{kind.heading}的模板")
        self.setMinimumSize(860, 540)
        self._kind = kind
        self._department = department
        self._templates: tuple[NoteTemplate, ...] = ()
        self.list = QListWidget()
        self.name, self.department, self.text = ComposedLine(), ComposedLine(), QPlainTextEdit()
        self.trouble = plain_label("dialogWarning")
        self.insert_button = QPushButton("插入空白文书(&I)")
        self.save_button = QPushButton("保存为本科室模板(&S)")
        self._lay_out()
        self.list.currentRowChanged.connect(self._show)
        self.list.itemActivated.connect(lambda _item: self._tell(self.insert_wanted.emit))
        self.insert_button.clicked.connect(lambda: self._tell(self.insert_wanted.emit))
        self.save_button.clicked.connect(lambda: self._tell(self.save_wanted.emit))
        self.text.setPlainText(to_text(NoteTemplate("", department, kind, {})))

    def fill(self, templates: Sequence[NoteTemplate], troubles: Sequence[str]) -> None:
        """Show these; a sentence for each file that cannot be used."""
        self._templates = tuple(templates)
        row = max(0, self.list.currentRow())
        self.list.clear()
        self.list.addItems([f"{one.name}\n{one.department or '各科通用'}" for one in templates])
        self.list.setCurrentRow(min(row, len(templates) - 1))
        self.list.setFocus()
        self.say("\n".join(troubles) or ("" if templates else NONE))

    def say(self, sentence: str) -> None:
        """What is wrong."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

    def _lay_out(self) -> None:
        for widget, title in ((self.list, "模板"), (self.name, "名称"), (self.department, "科室"), (self.text, "内容")):
            widget.setAccessibleName(title)
        self.department.setPlaceholderText("空白：各科通用")
        self.department.setText(self._department)
        self.text.setTabChangesFocus(True)
        self.list.setFixedWidth(self.fontMetrics().horizontalAdvance("字" * 14))
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        form = QFormLayout()
        form.addRow("名称", self.name)
        form.addRow("科室", self.department)
        right = QVBoxLayout()
        right.addLayout(form)
        right.addWidget(self.text, 1)
        columns = QHBoxLayout()
        columns.addWidget(self.list)
        columns.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(columns, 1)
        layout.addWidget(self.trouble)
        layout.addWidget(self._buttons())

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self.insert_button.setObjectName("primary")
        close = QPushButton("关闭")
        for button in (self.insert_button, self.save_button):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(close, QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self.insert_button, self.save_button, close):
            button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        return buttons

    def _show(self, row: int) -> None:
        if 0 <= row < len(self._templates):
            template = self._templates[row]
            self.name.setText(template.name)
            self.department.setText(template.department)
            self.text.setPlainText(to_text(template))
            self.say("")

    def _tell(self, emit: Callable[[NoteTemplate], None]) -> None:
        try:
            template = from_text(self.name.text(), self.department.text(), self._kind, self.text.toPlainText())
        except UsageFault as fault:
            self.say(str(fault))
            return
        emit(template)
