"""The deadline board (待办) as a list: how late, what, and for whom; Enter opens the document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.core.board import DAILY_SHOWN_AHEAD, Task, TaskKind, late_count
from app.core.checks.deadline import left_words
from app.core.notes import NoteKind
from app.ui.kit.text_safety import tool_tip, visible_controls
from app.ui.kit.theme import Appearance
from app.ui.kit.wording import ago, bed_label, exact, person

NOTHING = "没有待办：没有超时、未签名或未审核的文书。"
MOST_SHOWN = 500


class TaskBoard(QDialog):
    """All tasks, what is late first.

    Signals:
        chosen: a Task; the doctor wants its document.
    """

    chosen = Signal(object)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("待办")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumSize(560, 420)
        self.resize(680, 560)
        self._appearance = appearance
        self._tasks: tuple[Task, ...] = ()
        self.heading = QLabel()
        self.heading.setObjectName("dialogHeading")
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.view = QListWidget()
        self.view.setAccessibleName("待办")
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.itemActivated.connect(self._on_activated)
        hint = QLabel("↑ ↓ 选择，回车打开文书，Esc 关闭")
        hint.setObjectName("emptyHint")
        close = QDialogButtonBox()
        close.addButton("关闭", QDialogButtonBox.ButtonRole.RejectRole).setAutoDefault(False)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.heading, self.view, hint, close):
            layout.addWidget(widget)

    def show_tasks(self, tasks: Sequence[Task], now: datetime) -> None:
        """Show these; the row in use stays on its task."""
        used = self._key(self.view.currentRow())
        self._tasks = tuple(tasks[:MOST_SHOWN])
        self.heading.setText(count_words(tasks, now) if tasks else NOTHING)
        self.view.clear()
        for task in self._tasks:
            self.view.addItem(self._item(task, now))
        rows = (row for row in range(len(self._tasks)) if self._key(row) == used)
        self.view.setCurrentRow(next(rows, 0))
        self.view.setFocus()

    def _key(self, row: int) -> tuple[object, ...]:
        if not 0 <= row < len(self._tasks):
            return ()
        task = self._tasks[row]
        return task.kind, task.document, task.encounter.encounter_id, task.note_id

    def _item(self, task: Task, now: datetime) -> QListWidgetItem:
        item = QListWidgetItem(task_words(task, now))
        if task.late(now):
            item.setForeground(QColor(self._appearance.theme.danger))
        due = f"应于 {exact(task.due)} 前完成" if task.due else f"记录于 {exact(task.since)}"
        item.setToolTip(tool_tip(f"住院号 {task.encounter.mrn}", due))
        return item

    def _on_activated(self, item: QListWidgetItem) -> None:
        task = self._tasks[self.view.row(item)]
        self.accept()
        self.chosen.emit(task)


def task_words(task: Task, now: datetime) -> str:
    """A task in two lines: how pressing and what, then for whom."""
    encounter = task.encounter
    if task.due is None:
        what = f"□ {task.kind} · {task.document.heading}（{ago(task.since, now)}）"
    else:
        sign = "■" if task.late(now) else "□"
        what = f"{sign} {left_words(task.due - now, DAILY_SHOWN_AHEAD)} · {_heading(task)}{task.kind}"
    who = (bed_label(encounter.bed), task.patient.name, person(task.patient, encounter), encounter.department)
    return f"{what}\n    {visible_controls('　'.join(part for part in who if part))}"


def count_words(tasks: Sequence[Task], now: datetime) -> str:
    """How many there are, and how many of them are late (`待办 5 · 超时 2`)."""
    late = late_count(tasks, now)
    return f"待办 {len(tasks)} · 超时 {late}" if late else f"待办 {len(tasks)}"


def _heading(task: Task) -> str:
    severity = task.encounter.severity
    of_severity = task.document is NoteKind.DAILY_PROGRESS and task.kind is TaskKind.WRITE
    return f"{task.document.heading}（{severity}）" if of_severity else task.document.heading
