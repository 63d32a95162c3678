"""The one SQLite file, opened so that what is acknowledged survives a kill.

WAL with synchronous=FULL: a commit is on the disk before it is told. A connection belongs to the thread that opened it,
and there is one writing connection per process. A file that is newer, damaged or another program's is refused before
anything in it is changed. Whether a file is encrypted it tells itself; this is the one door to both kinds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import sqlite_utils

from app.core.errors import DatabaseFault
from app.core.recovery_code import RecoverySecret
from app.storage.check import CheckReport, check
from app.storage.driver import sqlite3
from app.storage.encryption import DatabaseKind, connect, kind_of, remove_unfinished, secret_of
from app.storage.faults import BUSY_SENTENCE, CORRUPT_SENTENCE, DatabaseBusy, damage_if_refused, translated
from app.storage.key_store import KeyPlace, KeyStore
from app.storage.migrations import MIGRATIONS, SCHEMA_VERSION, history, migrate, user_version

APPLICATION_ID = 0x57524E54
BUSY_TIMEOUT_S = 2.0
WAL_RETRY_S = 0.05


class Database:
    """An open database at the present schema. Errors of the environment come out as DatabaseFault."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use `open`; the connection must be at the present schema."""
        self.sql = sqlite_utils.Database(connection)
        self._connection = connection

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        keys: KeyStore | None = None,
        encrypt_new: bool = False,
    ) -> Database:
        """Open the file, creating or migrating it as needed. `keys` are the user's own if not given.

        A file that is made is encrypted if `encrypt_new`; its secret is then in the key store.
        Raises DatabaseFault if it is damaged, newer than this program, another program's, read-only, or if its folder
        cannot be made; DatabaseBusy if another process keeps it locked for longer than the timeout; KeyMissing if it is
        encrypted and `keys` has not the secret.
        """
        keys = keys or KeyStore.of_user()
        if encrypt_new and kind_of(path) is DatabaseKind.ABSENT:
            with suppress(FileExistsError):
                create_encrypted(path, RecoverySecret.new(), keys)
        _prepare_file(path)
        deadline = time.monotonic() + busy_timeout_s
        while True:
            try:
                return _connected(path, secret_of(path, keys), busy_timeout_s)
            except DatabaseBusy:
                # SQLite's own timeout does not cover the change to WAL, which two first openers both ask for.
                if time.monotonic() >= deadline:
                    raise
                time.sleep(WAL_RETRY_S)

    @property
    def schema_version(self) -> int:
        """How many migrations the file has taken."""
        return user_version(self.sql)

    @contextmanager
    def transaction(self) -> Iterator[sqlite_utils.Database]:
        """All of the block's writes or none of them; on the disk when the block has ended.

        Takes the write lock at once, so that what the block reads cannot change under it. Nests (as a savepoint).
        """
        with translated():
            if self._connection.in_transaction:
                with self.sql.atomic():
                    yield self.sql
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.sql
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()
                raise

    @contextmanager
    def snapshot(self) -> Iterator[sqlite_utils.Database]:
        """Reads that all see one state of the file, whatever another process writes meanwhile."""
        with translated():
            if self._connection.in_transaction:
                yield self.sql
                return
            self._connection.execute("BEGIN")
            try:
                yield self.sql
            finally:
                self._connection.rollback()

    def check(self) -> CheckReport:
        """Look at every page and every row; raises DatabaseFault only if the file cannot be read at all."""
        with self.snapshot() as sql:
            return check(sql)

    def interrupt(self) -> None:
        """Abort the statement that is running; the one method that another thread may call."""
        self._connection.interrupt()

    def close(self) -> None:
        """Close the connection."""
        with translated():
            self._connection.close()


def create_encrypted(path: Path, secret: RecoverySecret, keys: KeyStore) -> KeyPlace:
    """Make a new encrypted database, once its secret is kept; where that is. The file appears whole or not at all.

    Raises FileExistsError if there is a database, EnvironmentFault if the secret or the file cannot be kept.
    """
    if kind_of(path) is not DatabaseKind.ABSENT:
        raise FileExistsError(path)
    unfinished = path.with_name(f"{path.name}.{secret.key_id}.new")
    place = keys.save(secret, path.parent)
    try:
        _prepare_file(unfinished)
        with closing(_connected(unfinished, secret, BUSY_TIMEOUT_S)):
            pass
        _put_in_place(unfinished, path)
    except BaseException:
        keys.forget(secret.key_id)
        raise
    finally:
        unfinished.unlink(missing_ok=True)
    return place


def _put_in_place(unfinished: Path, path: Path) -> None:
    """Give the file its name, unless another program was faster."""
    try:
        # An empty file is what a start that was cut off leaves.
        if path.exists() and path.stat().st_size == 0:
            path.unlink()
        # Neither replaces a file.
        (os.rename if os.name == "nt" else os.link)(unfinished, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise DatabaseFault(f"无法在数据文件夹 {path.parent} 中建立数据库：请检查该文件夹的权限和磁盘空间。") from error


def _prepare_file(path: Path) -> None:
    """Make the folder and an empty file, both for this user only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseFault(
            f"无法在数据文件夹 {path.parent} 中建立数据库：请检查该文件夹的权限和磁盘空间，或用 --data-dir 另选一处。"
        ) from error
    if not path.is_file():
        raise DatabaseFault(f"数据库的位置 {path} 不是一个普通文件：请移走它，或用 --data-dir 另选数据文件夹。")


def _connected(path: Path, secret: RecoverySecret | None, busy_timeout_s: float) -> Database:
    with translated():
        before = _identity(path)
        connection = connect(path, secret, busy_timeout_s)
        try:
            database = _opened(connection)
            # From here on the file cannot be exchanged; before, another process may have put a new one in its place.
            if _identity(path) != before:
                raise DatabaseBusy(BUSY_SENTENCE)
            remove_unfinished(path)
            return database
        except BaseException:
            connection.close()
            raise


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _opened(connection: sqlite3.Connection) -> Database:
    database = Database(connection)
    with database.snapshot() as sql:
        _refuse_foreign_or_newer(sql)
    # The journal mode first: it cannot change once a transaction has begun.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    with database.transaction() as sql:
        # Again under the lock: another process may have created or migrated the file in between.
        _refuse_foreign_or_newer(sql)
        if user_version(sql) < SCHEMA_VERSION:
            sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrate(sql, datetime.now(UTC))
    return database


def _refuse_foreign_or_newer(sql: sqlite_utils.Database) -> None:
    with damage_if_refused():
        application_id = sql.execute("PRAGMA application_id").fetchone()[0]
        version = user_version(sql)
        empty = sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if empty and version == 0 and application_id in (0, APPLICATION_ID):
        return
    if application_id != APPLICATION_ID:
        raise DatabaseFault("这个文件不是病程助手的数据库，程序没有改动它：请检查数据文件夹是否选对。")
    steps = history(sql)
    if version > SCHEMA_VERSION:
        raise DatabaseFault(_newer_sentence(steps, version))
    if [name for name, _ in steps] != [migration.name for migration in MIGRATIONS[:version]]:
        raise DatabaseFault(CORRUPT_SENTENCE)


def _newer_sentence(steps: list[tuple[str, str]], version: int) -> str:
    needed = steps[-1][1] if len(steps) == version else f"（数据格式 {version}）"
    return f"数据库由更新的病程助手 {needed} 写过，本程序打不开，也没有改动它：请安装 {needed} 或更新的版本。"
