"""The open document on paper: for the preview, and as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from app.controllers.note import NoteController
from app.controllers.paper_files import draw_paper, read_paper, set_up_page, write_paper
from app.core.errors import WardNoteError
from app.core.paper import Paper
from app.workers.storage_thread import StorageThread

__all__ = ["PaperController", "draw_paper", "set_up_page"]

_BUG = "程序内部出错，未能完成；病历没有改变。若反复出现，请联系信息科。"


class PaperController(QObject):
    """Reads the paper of the open document as it is shown, and writes files away from the GUI thread."""

    def __init__(
        self, storage: StorageThread, files: StorageThread, notes: NoteController, parent: QObject | None = None
    ) -> None:
        """`storage` is the thread that notes are stored in; `files` another one, so that no save waits for a file."""
        super().__init__(parent)
        self._storage = storage
        self._files = files
        self._notes = notes

    def read(self, done: Callable[[Paper], None], failed: Callable[[str], None]) -> None:
        """Save what was typed, then read the paper of the open document; dropped if another one is open by then."""
        note = self._notes.open_note
        if note is None:
            return
        self._notes.flush()
        note_id = note.note.note_id
        self._storage.submit(
            lambda repositories: read_paper(repositories, note_id),
            lambda paper: done(paper) if self._is_open(note_id) else None,
            lambda error: failed(_sentence(error)),
        )

    def write(
        self, paper: Paper, form: str, path: Path, done: Callable[[Path], None], failed: Callable[[str], None]
    ) -> None:
        """Write the paper as `docx` or `pdf`."""
        self._files.submit(
            lambda _repositories: write_paper(paper, form, path),
            lambda _nothing: done(path),
            lambda error: failed(_sentence(error)),
        )

    def _is_open(self, note_id: str) -> bool:
        note = self._notes.open_note
        return note is not None and note.note.note_id == note_id


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, WardNoteError) else _BUG
