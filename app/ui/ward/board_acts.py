"""Keeps the count of tasks in the top bar, shows the board, and opens what is chosen on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.controllers.board import BoardController
from app.controllers.note import NoteController, OpenNote
from app.core.board import Task, late_count
from app.core.notes import NoteKind
from app.ui.kit.keys import Worded
from app.ui.kit.theme import Appearance
from app.ui.ward.task_board import TaskBoard, count_words


class BoardActs(QObject):
    """The presenter of the board and of its button."""

    def __init__(
        self,
        board: BoardController,
        notes: NoteController,
        appearance: Appearance,
        now: Callable[[], datetime],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._board = board
        self._notes = notes
        self._appearance = appearance
        self._now = now
        self._window = window
        self._wanted: Task | None = None
        self.dialog: TaskBoard | None = None
        self.button = QPushButton("待办 …")
        self.button.setObjectName("tasks")
        Worded(self.button, appearance.keys, "待办：超时、未签名、未审核的文书  Ctrl+B", self.button.setToolTip)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self.open)
        board.changed.connect(self._on_changed)
        notes.encounters_changed.connect(self.refresh)
        notes.opened.connect(self._on_opened)

    def open(self) -> None:
        """The key: show the board."""
        if self.dialog is not None:
            return
        self.dialog = TaskBoard(self._appearance, self._window)
        self.dialog.chosen.connect(self._on_chosen)
        self.dialog.finished.connect(lambda _result: self._close())
        self.dialog.show_tasks(self._board.tasks, self._now())
        self.dialog.open()
        self._board.refresh(self._now())

    def refresh(self) -> None:
        """Documents, or who works here, may have changed."""
        self._board.refresh(self._now())

    def tick(self) -> None:
        """Time has passed."""
        self._board.tick(self._now())

    def _on_changed(self, tasks: tuple[Task, ...]) -> None:
        now = self._now()
        self.button.setText(count_words(tasks, now))
        self.button.setProperty("late", late_count(tasks, now) > 0)
        self.button.style().polish(self.button)
        if self.dialog is not None:
            self.dialog.show_tasks(tasks, now)

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()

    def _on_chosen(self, task: Task) -> None:
        if task.note_id is not None:
            self._notes.open_document(task.note_id)
            return
        self._wanted = None if task.document is NoteKind.FIRST_PROGRESS else task
        self._notes.open(task.encounter.encounter_id)

    def _on_opened(self, note: OpenNote) -> None:
        """The stay of a document that is still to be begun is open now."""
        task, self._wanted = self._wanted, None
        if task is not None and task.encounter.encounter_id == note.encounter.encounter_id:
            self._notes.add_document(task.document)
