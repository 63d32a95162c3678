"""Where this computer keeps the secrets of encrypted data folders: the system's key store, or a file where none works.

The key store is the Credential Locker of Windows, the keychain of macOS or the Secret Service of a Linux desktop. It
may ask its user to unlock it, and may never answer: it is asked in a thread of its own, with a time limit. Where none
works (a Linux without a desktop) the secret is kept in a file that only this user can read, outside the data folder.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TypeVar

from app.core.errors import EnvironmentFault, UsageFault
from app.core.recovery_code import RecoverySecret
from app.infra.paths import user_key_folder

logger = logging.getLogger(__name__)

SERVICE = "wardnote"
TIMEOUT_S = 20.0

T = TypeVar("T")


class KeyPlace(Enum):
    """Where a secret is kept."""

    SYSTEM = "system"
    FILE = "file"


class KeyStore:
    """The secrets that this user of this computer has, by their ids. May block up to the timeout: not for the GUI."""

    def __init__(self, folder: Path, timeout_s: float = TIMEOUT_S) -> None:
        """`folder` holds the files of a computer without a key store; it is made when it is needed."""
        self._folder = folder
        self._timeout_s = timeout_s

    @classmethod
    def of_user(cls) -> KeyStore:
        """The present user's."""
        return cls(user_key_folder())

    def load(self, key_id: str) -> RecoverySecret | None:
        """The secret with that id, if this user has it."""
        found = self.find(key_id)
        return found[0] if found else None

    def find(self, key_id: str) -> tuple[RecoverySecret, KeyPlace] | None:
        """The secret and where it was found; a file comes first, as reading one does not block."""
        for place, read in ((KeyPlace.FILE, self._read_file), (KeyPlace.SYSTEM, self._read_system)):
            secret = _secret(read(key_id), key_id)
            if secret is not None:
                return secret, place
        return None

    def save(self, secret: RecoverySecret, data_dir: Path) -> KeyPlace:
        """Keep it, and read it back. Raises EnvironmentFault if neither place takes it, or only one in the data folder.

        A file that an earlier session left is removed once the key store has the secret.
        """
        if self._write_system(secret) and _secret(self._read_system(secret.key_id), secret.key_id) == secret:
            self._remove_file(secret.key_id)
            return KeyPlace.SYSTEM
        if self._folder.absolute().is_relative_to(data_dir.absolute()):
            raise EnvironmentFault(
                f"本机没有可用的系统密钥库，而密钥文件不能放在数据文件夹里（{self._folder}）：请另选数据文件夹。"
            )
        self._write_file(secret)
        return KeyPlace.FILE

    def place_sentence(self, place: KeyPlace, key_id: str) -> str:
        """Where a secret is kept, in the user's words."""
        if place is KeyPlace.SYSTEM:
            return "密钥保存在系统密钥库中"
        return f"本机没有可用的系统密钥库，密钥保存在只有这个用户能读的文件 {self.file_of(key_id)} 中"

    def forget(self, key_id: str) -> None:
        """Remove the secret from both places, where it is there."""
        self._remove_file(key_id)
        self._ask_system(lambda: _keyring_delete(key_id))

    def file_of(self, key_id: str) -> Path:
        """The file that holds this secret where there is no key store."""
        return self._folder / f"{key_id}.key"

    def _read_file(self, key_id: str) -> str | None:
        try:
            return self.file_of(key_id).read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("the key file cannot be read: %s", type(error).__name__)
            return None

    def _write_file(self, secret: RecoverySecret) -> None:
        path = self.file_of(secret.key_id)
        unfinished = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished.unlink(missing_ok=True)
            with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secret.code + "\n")
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            raise EnvironmentFault(
                f"密钥文件 {path} 无法写入（{error.strerror}），数据库没有改动：请检查权限和磁盘空间。"
            ) from error

    def _remove_file(self, key_id: str) -> None:
        with suppress(OSError):
            self.file_of(key_id).unlink(missing_ok=True)

    def _read_system(self, key_id: str) -> str | None:
        return self._ask_system(lambda: _keyring_get(key_id))

    def _write_system(self, secret: RecoverySecret) -> bool:
        return bool(self._ask_system(lambda: _keyring_set(secret)))

    def _ask_system(self, ask: Callable[[], T]) -> T | None:
        """The answer; None if there is no key store, if it refuses, or if it does not answer in time."""
        answers: list[T] = []

        def asking() -> None:
            try:
                answers.append(ask())
            # A back end is another program's code, and may raise anything.
            except Exception as error:
                logger.info("the system's key store cannot be used: %s", type(error).__name__)

        thread = threading.Thread(target=asking, name="key store", daemon=True)
        thread.start()
        thread.join(self._timeout_s)
        if thread.is_alive():
            logger.warning("the system's key store does not answer")
        return answers[0] if answers else None


def _secret(text: str | None, key_id: str) -> RecoverySecret | None:
    """A kept code, if it is whole and the one that was asked for."""
    if text is None:
        return None
    try:
        secret = RecoverySecret.parse(text)
    except UsageFault:
        logger.warning("a kept key is damaged")
        return None
    return secret if secret.key_id == key_id else None


# Imported when it is needed: looking for back ends takes a moment, and a plain data folder needs none.
def _keyring_get(key_id: str) -> str | None:
    import keyring

    return keyring.get_password(SERVICE, key_id)


def _keyring_set(secret: RecoverySecret) -> bool:
    import keyring

    keyring.set_password(SERVICE, secret.key_id, secret.code)
    return True


def _keyring_delete(key_id: str) -> bool:
    import keyring

    keyring.delete_password(SERVICE, key_id)
    return True
