"""Templates: read when they are wanted, so that a file that the ward edits counts at once; saved in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.errors import WardNoteError
from app.core.templates import NoteTemplate
from app.settings.templates import load_templates, save_template
from app.workers.storage_thread import StorageThread

_BUG = "程序内部出错，模板没有读取或保存；若反复出现，请联系信息科。"


class TemplateController(QObject):
    """The templates in force.

    Signals:
        loaded: tuple[NoteTemplate, ...], tuple[str, ...]; a sentence for each file that cannot be used.
        failed: a sentence.
    """

    loaded = Signal(object, object)
    failed = Signal(str)

    def __init__(self, storage: StorageThread, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._storage = storage
        self._data_dir = data_dir

    def load(self) -> None:
        """Read all files."""
        self._storage.submit(
            lambda _repositories: load_templates(self._data_dir),
            lambda found: self.loaded.emit(*found),
            self._on_failed,
        )

    def save(self, template: NoteTemplate) -> None:
        """Keep a template in the ward's folder and read all files again."""
        folder = self._data_dir
        self._storage.submit(lambda _: save_template(folder, template), lambda _: self.load(), self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(str(error) if isinstance(error, WardNoteError) else _BUG)
