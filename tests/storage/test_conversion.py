"""Encrypting and decrypting: the same rows in the other kind of file, or the old file."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import forkserver
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from app.core.errors import DatabaseFault, EnvironmentFault
from app.core.recovery_code import RecoverySecret
from app.storage import conversion
from app.storage.conversion import decrypt, encrypt
from app.storage.database import Database
from app.storage.driver import sqlite3
from app.storage.encryption import CodeRefused, DatabaseKind, KeyMissing, key_id_of, kind_of, recover
from app.storage.faults import DatabaseBusy
from app.storage.key_store import KeyPlace, KeyStore
from tests.helpers.logs import ExpectedLogs
from tests.helpers.records import a_full_comparison, a_stay, repositories_in

NAME = "欧阳测试"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A plain database with two stays."""
    repositories = repositories_in(tmp_path / "data")
    for number in range(2):
        a_full_comparison(repositories, a_stay(repositories, NAME, f"{number}床"))
    repositories.close()
    return tmp_path / "data" / "wardnote.sqlite3"


def content(path: Path) -> dict[str, list[Any]]:
    """Every row of every table, and the schema."""
    with closing(Database.open(path)) as database, database.snapshot() as sql:
        assert database.check().ok
        entries = sql.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        tables = [name for kind, name, _ in entries if kind == "table"]
        rows = {name: sql.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
        return {**rows, "": [*entries, database.schema_version]}


def test_there_and_back_every_row_is_the_same(path: Path) -> None:
    before, keys, secret = content(path), KeyStore.of_user(), RecoverySecret.new()
    assert NAME.encode() in path.read_bytes()
    assert encrypt(path, secret, keys) is KeyPlace.FILE
    assert kind_of(path) is DatabaseKind.ENCRYPTED and key_id_of(path) == secret.key_id
    assert sorted(file.name for file in path.parent.iterdir()) == ["pseudonym.key", path.name]
    assert NAME.encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert content(path) == before
    decrypt(path, keys)
    assert kind_of(path) is DatabaseKind.PLAIN
    assert content(path) == before
    assert keys.load(secret.key_id) == secret, "backups may need it"


def test_what_is_so_already_is_told(path: Path) -> None:
    keys = KeyStore.of_user()
    with pytest.raises(DatabaseFault, match="没有加密"):
        decrypt(path, keys)
    encrypt(path, RecoverySecret.new(), keys)
    before, other = path.read_bytes(), RecoverySecret.new()
    with pytest.raises(DatabaseFault, match="已经是加密"):
        encrypt(path, other, keys)
    assert keys.load(other.key_id) is None
    assert path.read_bytes() == before


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_a_database_in_use_is_left_alone(path: Path, is_encrypted: bool, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("database fault: SQLITE_BUSY")
    keys, secret = KeyStore.of_user(), RecoverySecret.new()
    if is_encrypted:
        encrypt(path, secret, keys)
    with closing(Database.open(path)) as window:
        with pytest.raises(DatabaseBusy, match="占用"):
            decrypt(path, keys) if is_encrypted else encrypt(path, secret, keys)
        window.sql.execute("INSERT INTO chain_heads VALUES ('a', 1, '')")
    assert (kind_of(path) is DatabaseKind.ENCRYPTED) == is_encrypted
    with closing(Database.open(path)) as database:
        assert database.sql.execute("SELECT count(*) FROM chain_heads WHERE table_name = 'a'").fetchone() == (1,)


def test_a_database_with_problems_is_not_converted(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE patients SET name = 'x'")
    before = path.read_bytes()
    with pytest.raises(DatabaseFault, match="db check"):
        encrypt(path, RecoverySecret.new(), KeyStore.of_user())
    assert path.read_bytes() == before


def test_a_copy_that_differs_is_thrown_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = conversion._export

    def bad_export(source: sqlite3.Connection, target: Path, secret: RecoverySecret | None) -> None:
        export(source, target, secret)
        with closing(conversion.connect(target, secret)) as copy:
            query = "SELECT sql FROM sqlite_master WHERE name = 'generations_no_update'"
            (trigger,) = copy.execute(query).fetchone()
            copy.execute("DROP TRIGGER generations_no_update")
            copy.execute("UPDATE generations SET ttft_ms = ttft_ms + 1 WHERE seq = 5")
            copy.execute(trigger)

    before, keys, secret = content(path), KeyStore.of_user(), RecoverySecret.new()
    monkeypatch.setattr(conversion, "_export", bad_export)
    with pytest.raises(DatabaseFault, match="不一致"):
        encrypt(path, secret, keys)
    assert kind_of(path) is DatabaseKind.PLAIN and keys.load(secret.key_id) is None
    assert content(path) == before


def test_a_failure_forgets_no_secret_that_was_kept_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the data folder's, and this a backup of it."""
    keys, secret = KeyStore.of_user(), RecoverySecret.new()
    keys.save(secret, path.parent)
    monkeypatch.setattr(conversion, "_differs", lambda source, copy: True)
    with pytest.raises(DatabaseFault, match="不一致"):
        encrypt(path, secret, keys)
    assert keys.load(secret.key_id) == secret


def test_a_secret_that_cannot_be_kept_changes_nothing(path: Path) -> None:
    keys = KeyStore(path.parent / "keys")
    with pytest.raises(EnvironmentFault, match="数据文件夹"):
        encrypt(path, RecoverySecret.new(), keys)
    assert kind_of(path) is DatabaseKind.PLAIN
    assert not (path.parent / "keys").exists()


def test_the_code_opens_it_for_another_user(path: Path, tmp_path: Path) -> None:
    before, secret = content(path), RecoverySecret.new()
    encrypt(path, secret, KeyStore(tmp_path / "of another"))
    with pytest.raises(KeyMissing):
        Database.open(path)
    with pytest.raises(CodeRefused, match="不是这个数据文件夹"):
        recover(path, RecoverySecret.new(), KeyStore.of_user())
    with pytest.raises(KeyMissing):
        Database.open(path)
    assert recover(path, RecoverySecret.parse(secret.code.lower()), KeyStore.of_user()) is KeyPlace.FILE
    assert content(path) == before


# What a kill at each line of the conversion leaves.

STRIDE = 6


@pytest.fixture
def fork_server() -> Iterator[None]:
    yield
    forkserver._forkserver._stop()


@pytest.mark.usefixtures("fork_server")
@pytest.mark.parametrize("kind", [DatabaseKind.PLAIN, DatabaseKind.ENCRYPTED])
def test_a_kill_at_any_line_leaves_one_whole_database(path: Path, kind: DatabaseKind) -> None:
    survives(path, kind, STRIDE)


@pytest.mark.long
@pytest.mark.usefixtures("fork_server")
@pytest.mark.parametrize("kind", [DatabaseKind.PLAIN, DatabaseKind.ENCRYPTED])
def test_a_kill_at_every_line(path: Path, kind: DatabaseKind) -> None:
    survives(path, kind, 1)


def survives(path: Path, kind: DatabaseKind, stride: int) -> None:
    """Kill the conversion of this kind of file later and later, until one comes to its end."""
    secret, before = RecoverySecret.new(), content(path)
    if kind is DatabaseKind.ENCRYPTED:
        encrypt(path, secret, KeyStore.of_user())
    killed, swapped = 0, False
    while killed_at(path, RecoverySecret.new(), 1 + killed * stride):
        killed += 1
        assert content(path) == before, f"killed at line {killed * stride}"
        assert sorted(file.name for file in path.parent.iterdir()) == ["pseudonym.key", path.name]
        if kind_of(path) is not kind:
            swapped = True
            convert(path, secret)
    assert kind_of(path) is not kind
    assert killed > 5 and swapped
    print(f"\n{killed} kills")


def convert(path: Path, secret: RecoverySecret) -> None:
    if kind_of(path) is DatabaseKind.PLAIN:
        encrypt(path, secret, KeyStore.of_user())
    else:
        decrypt(path, KeyStore.of_user())


def killed_at(path: Path, secret: RecoverySecret, line: int) -> bool:
    """Convert in another process, killed at its nth line; False if it came to its end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.storage.test_conversion"])
    child = context.Process(target=convert_until, args=(path, secret.code, line))
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def convert_until(path: Path, code: str, line: int) -> None:
    """Die when the conversion reaches its nth line; one that it comes to again does not count."""
    reached = set()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != conversion.__file__:
            return None
        reached.add(frame.f_lineno)
        if len(reached) == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    convert(path, RecoverySecret.parse(code))
