"""What is brought from outside to be opened: a stay in a file, or a link to a patient. Nothing is stored unasked."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from PySide6.QtCore import QObject, Signal

from app.controllers.autosave import local_now
from app.core.errors import UsageFault, WardNoteError
from app.core.stay import Stay
from app.storage.repositories import Repositories
from app.storage.stay_import import import_stay
from app.workers.storage_thread import StorageThread

SCHEME = "wardnote"
MAX_BYTES = 16 << 20
_BUG = "程序内部出错，没有打开：请重试；若反复出现，请联系信息科。"


class ArrivalController(QObject):
    """Opens files and links that the desktop hands over.

    Signals:
        stay_read: a Stay that a file holds; `take` stores it, if the doctor wants that.
        found: the id of the encounter to be opened; after the commit, if it was stored first.
        failed: a sentence.
    """

    stay_read = Signal(object)
    found = Signal(str)
    failed = Signal(str)

    def __init__(self, storage: StorageThread, actor: str, parent: QObject | None = None) -> None:
        """`actor` is the doctor in whose name a stay is stored."""
        super().__init__(parent)
        self._storage = storage
        self._actor = actor

    def set_actor(self, actor: str) -> None:
        """In whose name stays are stored from now on."""
        self._actor = actor

    def open(self, target: str) -> None:
        """Open `wardnote://patient/<住院号>`, or read the file of that path."""
        if target.startswith(f"{SCHEME}:"):
            self._storage.submit(lambda repositories: _find(repositories, target), self.found.emit, self._on_failed)
        else:
            self._storage.submit(lambda _: read_stay(Path(target)), self.stay_read.emit, self._on_failed)

    def take(self, stay: Stay) -> None:
        """Store a stay that was read, and have it opened."""
        actor, now = self._actor, local_now()
        self._storage.submit(
            lambda repositories: import_stay(repositories, stay, actor, now), self.found.emit, self._on_failed
        )

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(str(error) if isinstance(error, WardNoteError) else _BUG)


def read_stay(path: Path) -> Stay:
    """The stay in a file. Raises UsageFault."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageFault(f"{path.name} 过大，不像是一次住院的病历。")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageFault(f"{path.name} 不是 UTF-8 编码的病历文件。") from error
    except OSError as error:
        raise UsageFault(f"{path.name} 无法读取：{error.strerror}。") from error
    return Stay.parse(text)


def linked_mrn(link: str) -> str:
    """The 住院号 of a link. Raises UsageFault for one of another form."""
    parts = urlsplit(link)
    mrn = unquote(parts.path.strip("/"))
    if parts.scheme != SCHEME or parts.netloc != "patient" or not mrn or "/" in mrn:
        raise UsageFault(f"链接不认识：应为 {SCHEME}://patient/住院号。")
    return mrn


def _find(repositories: Repositories, link: str) -> str:
    mrn = linked_mrn(link)
    stays = [one.encounter for one in repositories.encounters.summaries() if one.encounter.mrn == mrn]
    if not stays:
        raise UsageFault("链接中的住院号不在患者列表中。")
    return max(stays, key=lambda encounter: encounter.admitted_at).encounter_id
