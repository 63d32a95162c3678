"""Which database files are encrypted, told by the files themselves, and connections to either kind.

SQLCipher begins a file with 16 bytes in the clear, its salt. A key with all its bits random needs no salt, so a salt of
our own says what the file is and which secret opens it: a mark, and the secret's id. So a missing key is told apart
from damage, a moved or restored file finds its key, and nobody has to remember what a folder is.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from pathlib import Path

from app.core.errors import DatabaseFault
from app.core.recovery_code import RecoverySecret
from app.storage.driver import sqlite3
from app.storage.faults import translated
from app.storage.key_store import KeyPlace, KeyStore

MARK = b"WNCRYPT1"
PLAIN_MARK = b"SQLite format 3\x00"

_NO_KEY = bytes(32)


class DatabaseKind(Enum):
    """What lies in the database's place. `OTHER`: damaged, or another program's."""

    ABSENT = "absent"
    PLAIN = "plain"
    ENCRYPTED = "encrypted"
    OTHER = "other"


class KeyMissing(DatabaseFault):
    """The file is encrypted and this user has no key to it; nothing is wrong with the file."""

    def __init__(self, key_id: str) -> None:
        """`key_id`: of the secret that would open it."""
        super().__init__(
            "病历数据库是加密的，而这个用户在本机没有它的密钥：请用恢复码找回（wardnote db recover，或在窗口中输入）。"
            "数据库没有改动。"
        )
        self.key_id = key_id


class CodeRefused(DatabaseFault):
    """A recovery code that is whole, and another data folder's."""


def kind_of(path: Path) -> DatabaseKind:
    """Look at the file's first bytes. Raises DatabaseFault if it may not be read."""
    if not path.exists() or path.stat().st_size == 0:
        return DatabaseKind.ABSENT
    header = _header(path)
    if header.startswith(MARK):
        return DatabaseKind.ENCRYPTED
    return DatabaseKind.PLAIN if header == PLAIN_MARK else DatabaseKind.OTHER


def key_id_of(path: Path) -> str | None:
    """The id of the secret that opens this file; None if it is not encrypted."""
    header = _header(path)
    return header[len(MARK) :].hex() if header.startswith(MARK) else None


def secret_of(path: Path, keys: KeyStore) -> RecoverySecret | None:
    """The secret that opens this file, None if it needs none. Raises KeyMissing; may block as KeyStore does."""
    key_id = key_id_of(path)
    if key_id is None:
        return None
    secret = keys.load(key_id)
    if secret is None:
        raise KeyMissing(key_id)
    return secret


def encryption_sentence(path: Path, keys: KeyStore) -> str:
    """Whether an existing file is encrypted, and where this user has its key. May block as KeyStore does."""
    key_id = key_id_of(path)
    if key_id is None:
        return "没有加密：能读到文件的人就能读到病历"
    found = keys.find(key_id)
    return f"已加密，{keys.place_sentence(found[1], key_id)}" if found else "已加密，这个用户在本机没有密钥"


def recover(path: Path, secret: RecoverySecret, keys: KeyStore) -> KeyPlace:
    """Keep the secret of this file for this user, who has read it from the recovery code; where it is kept.

    Raises CodeRefused if it is another file's. May block as KeyStore does.
    """
    if secret.key_id != key_id_of(path):
        raise CodeRefused("这不是这个数据文件夹的恢复码：请检查恢复码和数据文件夹是否选对。数据库没有改动。")
    return keys.save(secret, path.parent)


def unfinished_of(path: Path) -> Path:
    """Where a conversion writes, while it alone can use the database."""
    return path.with_name(f"{path.name}.converting")


def remove_unfinished(path: Path) -> None:
    """Remove what a conversion left that was cut off. Only while no conversion can run: with the database open."""
    unfinished = unfinished_of(path)
    for rest in (unfinished, unfinished.with_name(f"{unfinished.name}-journal")):
        with suppress(OSError):
            rest.unlink(missing_ok=True)


def connect(path: Path, secret: RecoverySecret | None, busy_timeout_s: float = 0.0) -> sqlite3.Connection:
    """Connect to an existing file with the key that it needs. Transactions are begun by the caller alone."""
    connection = sqlite3.connect(_uri(path, "rw"), uri=True, timeout=busy_timeout_s, isolation_level=None)
    if secret is not None:
        _give_key(connection, key_text(secret))
    return connection


def key_text(secret: RecoverySecret) -> str:
    """The key and the salt as SQLCipher takes them where it is to derive nothing."""
    return f"x'{secret.key.hex()}{MARK.hex()}{secret.key_id}'"


def _header(path: Path) -> bytes:
    """The first 16 bytes, read by SQLite itself.

    If this process opened and closed the file on its own, it would lose all locks that it holds on it
    (https://www.sqlite.org/howtocorrupt.html, section 2.2). Of a file that is shorter these bytes are random.
    """
    with translated():
        connection = sqlite3.connect(_uri(path, "ro"), uri=True)
        try:
            _give_key(connection, f"x'{_NO_KEY.hex()}'")
            return bytes.fromhex(connection.execute("PRAGMA cipher_salt").fetchone()[0])
        finally:
            connection.close()


def _give_key(connection: sqlite3.Connection, text: str) -> None:
    # Otherwise the library itself writes about a damaged page to stderr.
    connection.execute("PRAGMA cipher_log_level = NONE").fetchall()
    connection.execute(f'PRAGMA key = "{text}"').fetchall()


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"
