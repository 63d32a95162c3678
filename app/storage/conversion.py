"""From a plain database to an encrypted one and back: a new file, compared row by row, then put in the old one's place.

Whatever interrupts it, the old file or the new one is there whole. Nobody else can use the file meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path

import sqlite_utils

from app.core.errors import DatabaseFault
from app.core.recovery_code import RecoverySecret
from app.storage.check import schema_of
from app.storage.database import Database
from app.storage.driver import sqlite3
from app.storage.encryption import connect, key_id_of, key_text, remove_unfinished, unfinished_of
from app.storage.faults import BUSY_SENTENCE, DatabaseBusy, translated
from app.storage.key_store import KeyPlace, KeyStore

_COPIED = ("application_id", "user_version")


def encrypt(path: Path, secret: RecoverySecret, keys: KeyStore) -> KeyPlace:
    """Encrypt a plain database with a secret that is kept first, unless it is already; where that is.

    Raises DatabaseFault if it is encrypted, damaged or in use, EnvironmentFault if the secret cannot be kept. The old
    file is then as it was.
    """
    with _alone(path, keys, encrypted=False) as source:
        known = keys.find(secret.key_id)
        place = known[1] if known else keys.save(secret, path.parent)
        try:
            # As the next start will find it.
            _replace(source, path, keys.load(secret.key_id))
        except BaseException:
            if not known and key_id_of(path) != secret.key_id:
                keys.forget(secret.key_id)
            raise
    return place


def decrypt(path: Path, keys: KeyStore) -> None:
    """Make an encrypted database a plain one; its secret stays in the key store, as backups may need it.

    Raises DatabaseFault if it is plain, damaged or in use, KeyMissing without its secret. The old file then stays.
    """
    with _alone(path, keys, encrypted=True) as source:
        _replace(source, path, None)


@contextmanager
def _alone(path: Path, keys: KeyStore, *, encrypted: bool) -> Iterator[sqlite3.Connection]:
    """The sound database, without journals, locked against every other process until the end of the block."""
    _require(path, encrypted)
    with closing(Database.open(path, keys=keys)) as database:
        problems = database.check().problems
        if problems:
            raise DatabaseFault(f"数据库有 {len(problems)} 处问题，没有改动：请先运行 wardnote db check 查看。")
        connection: sqlite3.Connection = database.sql.conn
        with translated():
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
            (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            if mode != "delete":
                raise DatabaseBusy(BUSY_SENTENCE)
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            # Another process may have converted it before the lock was taken.
            _require(path, encrypted)
            yield connection


def _require(path: Path, encrypted: bool) -> None:
    if encrypted and key_id_of(path) is None:
        raise DatabaseFault("病历数据库没有加密，没有改动。")
    if not encrypted and key_id_of(path) is not None:
        raise DatabaseFault("病历数据库已经是加密的，没有改动。")


def _replace(source: sqlite3.Connection, path: Path, secret: RecoverySecret | None) -> None:
    unfinished = unfinished_of(path)
    try:
        remove_unfinished(path)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        _export(source, unfinished, secret)
        with closing(connect(unfinished, secret)) as copy:
            _compare(source, copy)
        if os.name == "nt":
            # An open file cannot be replaced there; nor could it be if another process had opened it by now.
            source.close()
        unfinished.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise DatabaseFault(
            f"新的数据库文件 {unfinished} 无法写入（{error.strerror}），原来的没有改动：请检查权限和磁盘空间。"
        ) from error
    finally:
        remove_unfinished(path)


def _export(source: sqlite3.Connection, target: Path, secret: RecoverySecret | None) -> None:
    key = key_text(secret) if secret else ""
    source.execute("ATTACH DATABASE ? AS target KEY ?", (str(target), key))
    try:
        source.execute("PRAGMA target.synchronous = FULL").fetchall()
        source.execute("SELECT sqlcipher_export('target')").fetchall()
        for pragma in _COPIED:
            (value,) = source.execute(f"PRAGMA main.{pragma}").fetchone()
            source.execute(f"PRAGMA target.{pragma} = {value}").fetchall()
    finally:
        source.execute("DETACH DATABASE target")


def _compare(source: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    if _differs(source, copy):
        raise DatabaseFault("新的数据库与原来的不一致，已经放弃，原来的没有改动：请检查磁盘，再试一次。")


def _differs(source: sqlite3.Connection, copy: sqlite3.Connection) -> bool:
    if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        return True
    if copy.execute("PRAGMA cipher_integrity_check").fetchall():
        return True
    if any(_value(source, pragma) != _value(copy, pragma) for pragma in _COPIED):
        return True
    entries = schema_of(sqlite_utils.Database(source))
    if entries != schema_of(sqlite_utils.Database(copy)):
        return True
    tables = [entry[1] for entry in entries if entry[0] == "table"]
    return any(_rows_differ(source, copy, table) for table in tables)


def _rows_differ(source: sqlite3.Connection, copy: sqlite3.Connection, table: str) -> bool:
    query = f'SELECT * FROM "{table}"'
    return any(one != other for one, other in zip_longest(source.execute(query), copy.execute(query)))


def _value(connection: sqlite3.Connection, pragma: str) -> object:
    return connection.execute(f"PRAGMA {pragma}").fetchone()


def _flush_folder(folder: Path) -> None:
    """The new name itself is on the disk, too."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
