"""One window per data folder: a second start brings the first one's window forward and ends."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from app.core.errors import EnvironmentFault

LOCK_FILE = "window.lock"
ANSWER_MS = 3_000
_RAISE = b"raise"
_OPEN = b"open "
_DONE = b"done\n"


class SingleInstance(QObject):
    """Holds the data folder's lock and listens for later starts.

    The lock decides (it is freed by the system when a process dies); the socket only carries the wish.

    Signals:
        raise_wanted: another start asked for this window.
        open_wanted: another start asked for a file or link to be opened here; after `raise_wanted`.
    """

    raise_wanted = Signal()
    open_wanted = Signal(str)

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        """Makes the data folder. Raises EnvironmentFault if that is not possible."""
        super().__init__(parent)
        _make_folder(data_dir)
        self._name = "wardnote-" + hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:24]
        self._lock = QLockFile(str(data_dir / LOCK_FILE))
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def claim(self) -> bool:
        """True if this process is the first; it then listens. Raises EnvironmentFault for an unwritable folder."""
        if self._lock.tryLock(0) or (self._is_left_behind() and self._lock.tryLock(0)):
            QLocalServer.removeServer(self._name)
            self._server.listen(self._name)
            return True
        if self._lock.error() is not QLockFile.LockError.LockFailedError:
            raise EnvironmentFault("数据文件夹不能写入，病程助手无法启动：请检查该文件夹的权限和磁盘空间。")
        return False

    def _is_left_behind(self) -> bool:
        """Windows may give a process the id of one that was killed: its lock then looks like that of this process."""
        owner, _, _ = self._lock.getLockInfo()
        return owner == os.getpid() and self._lock.removeStaleLockFile()

    def ask_first(self, target: str = "") -> bool:
        """Ask the first instance to come forward, and to open a file or link; False if it does not answer."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        wish = (_OPEN + target.encode("utf-8", "surrogateescape") if target else _RAISE) + b"\n"
        answered = socket.waitForConnected(ANSWER_MS) and socket.write(wish) and socket.waitForReadyRead(ANSWER_MS)
        socket.disconnectFromServer()
        return bool(answered)

    def release(self) -> None:
        """Stop listening and free the folder."""
        self._server.close()
        self._lock.unlock()

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda socket=socket: self._on_request(socket))

    def _on_request(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            return
        wish = bytes(socket.readLine().data()).removesuffix(b"\n")
        if wish != _RAISE and not wish.startswith(_OPEN):
            return
        socket.write(_DONE)
        socket.flush()
        self.raise_wanted.emit()
        if wish.startswith(_OPEN):
            self.open_wanted.emit(wish.removeprefix(_OPEN).decode("utf-8", "surrogateescape"))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise EnvironmentFault(f"无法建立数据文件夹 {folder}（{error.strerror}）：请检查路径和权限。") from error
