"""SQLite's errors in the user's words. Programming errors (bad SQL, broken constraints) keep their own type."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.errors import DatabaseFault
from app.storage.driver import sqlite3

logger = logging.getLogger(__name__)

CORRUPT_SENTENCE = (
    "病历数据库已损坏，程序没有改动它：请先把整个数据文件夹复制保存，再用最近一次的备份替换数据库文件，或请信息科协助。"
)
BUSY_SENTENCE = "病历数据库正被另一个程序占用，这一次没有写入：请稍候重试，或关闭其他正在使用它的病程助手。"

_PRIMARY_CODE = 0xFF

_SENTENCES = {
    sqlite3.SQLITE_FULL: "磁盘已满，内容未能写入数据库：请清理磁盘空间后重试，已保存的内容没有损失。",
    sqlite3.SQLITE_READONLY: "病历数据库是只读的，内容未能写入：请检查数据文件夹的写入权限后重试。",
    sqlite3.SQLITE_PERM: "没有权限使用病历数据库：请检查数据文件夹的访问权限后重试。",
    sqlite3.SQLITE_CANTOPEN: "无法打开病历数据库：请检查数据文件夹是否存在、是否有权限、磁盘是否已满。",
    sqlite3.SQLITE_IOERR: "读写病历数据库时磁盘出错：请检查磁盘空间与硬盘状况后重试，已保存的内容没有损失。",
    sqlite3.SQLITE_INTERRUPT: "数据库操作在程序退出时被中止，这一次没有写入。",
    sqlite3.SQLITE_CORRUPT: CORRUPT_SENTENCE,
    sqlite3.SQLITE_NOTADB: CORRUPT_SENTENCE,
}


class DatabaseBusy(DatabaseFault):
    """Another process held the lock for the whole of the busy timeout; the same work may succeed a moment later."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn an SQLite error that the environment caused into a DatabaseFault."""
    try:
        yield
    except UnicodeDecodeError as error:
        # The driver cannot even read SQLite's message, which quotes a damaged schema.
        logger.warning("database fault: schema is no text")
        raise DatabaseFault(CORRUPT_SENTENCE) from error
    except sqlite3.Error as error:
        fault = fault_of(error)
        if fault is None:
            raise
        logger.warning("database fault: %s", getattr(error, "sqlite_errorname", type(error).__name__))
        raise fault from error


@contextmanager
def damage_if_refused() -> Iterator[None]:
    """For statements that are right whatever the file holds: if SQLite refuses one, the file's header is damaged."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not is_refused_statement(error):
            raise
        raise DatabaseFault(CORRUPT_SENTENCE) from error


def is_refused_statement(error: sqlite3.Error) -> bool:
    """SQLite did not accept the statement itself (no such table or column, unknown file format)."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def fault_of(error: sqlite3.Error) -> DatabaseFault | None:
    """The fault that an SQLite error means, or None where it is a bug of this program."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # The driver's own error for a TEXT value that is no UTF-8; the program writes none.
        return DatabaseFault(CORRUPT_SENTENCE) if "decode to UTF-8" in str(error) else None
    primary = code & _PRIMARY_CODE
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusy(BUSY_SENTENCE)
    sentence = _SENTENCES.get(primary)
    return DatabaseFault(sentence) if sentence else None
