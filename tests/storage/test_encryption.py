"""An encrypted file tells what it is, and opens for whoever has its secret alone."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from app.core.errors import DatabaseFault
from app.core.recovery_code import RecoverySecret
from app.storage.database import Database, create_encrypted
from app.storage.driver import sqlite3
from app.storage.encryption import DatabaseKind, KeyMissing, key_id_of, kind_of
from app.storage.key_store import KeyPlace, KeyStore
from tests.helpers.logs import ExpectedLogs
from tests.helpers.records import a_stay, repositories_in

NAME = "欧阳测试"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "数据 文件夹" / "wardnote.sqlite3"


@pytest.fixture
def secret(path: Path) -> RecoverySecret:
    """Of the encrypted database at `path`."""
    secret = RecoverySecret.new()
    assert create_encrypted(path, secret, KeyStore.of_user()) is KeyPlace.FILE
    return secret


def test_a_new_encrypted_database_is_private_and_durable(path: Path, secret: RecoverySecret) -> None:
    assert kind_of(path) is DatabaseKind.ENCRYPTED and key_id_of(path) == secret.key_id
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(Database.open(path)) as database:
        pragmas = {
            name: database.sql.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert database.sql.execute("PRAGMA cipher_integrity_check").fetchall() == []
        assert database.check().ok


def test_kinds_are_told_by_the_file(tmp_path: Path) -> None:
    assert kind_of(tmp_path / "none") is DatabaseKind.ABSENT
    (tmp_path / "empty").touch()
    assert kind_of(tmp_path / "empty") is DatabaseKind.ABSENT
    Database.open(tmp_path / "plain").close()
    assert kind_of(tmp_path / "plain") is DatabaseKind.PLAIN and key_id_of(tmp_path / "plain") is None
    (tmp_path / "other").write_bytes(b"x" * 4096)
    assert kind_of(tmp_path / "other") is DatabaseKind.OTHER


def test_looking_at_a_file_gives_no_lock_away(path: Path, secret: RecoverySecret) -> None:
    """A process that opens and closes a file loses every lock that it has on it, unless SQLite does it."""
    with closing(Database.open(path)) as database, database.transaction():
        assert kind_of(path) is DatabaseKind.ENCRYPTED
        with closing(sqlite3.connect(path)):
            assert key_id_of(path) == secret.key_id
        code = f"import fcntl; fcntl.lockf(open({str(path)!r}, 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)"
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert "BlockingIOError" in ended.stderr


def test_without_its_secret_it_is_closed_and_untouched(path: Path, secret: RecoverySecret) -> None:
    KeyStore.of_user().forget(secret.key_id)
    KeyStore.of_user().save(RecoverySecret.new(), path.parent)
    content = path.read_bytes()
    with pytest.raises(KeyMissing, match=r"加密.*恢复码") as raised:
        Database.open(path)
    assert raised.value.key_id == secret.key_id
    assert [file.read_bytes() for file in path.parent.iterdir()] == [content]


def test_it_opens_wherever_it_is_moved(path: Path, secret: RecoverySecret, tmp_path: Path) -> None:
    shutil.move(path.parent, tmp_path / "elsewhere")
    with closing(Database.open(tmp_path / "elsewhere" / path.name)) as database:
        assert database.check().ok


def test_a_damaged_page_is_damage_and_says_nothing_on_stderr(
    path: Path, secret: RecoverySecret, expected_logs: ExpectedLogs, capfd: pytest.CaptureFixture[str]
) -> None:
    expected_logs.expect("database fault: SQLITE_NOTADB")
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(DatabaseFault, match="已损坏") as raised:
        Database.open(path)
    assert not isinstance(raised.value, KeyMissing)
    assert capfd.readouterr().err == ""
    assert path.read_bytes() == content


def test_a_new_folder_is_encrypted_if_it_shall_be(path: Path) -> None:
    Database.open(path, encrypt_new=True).close()
    assert kind_of(path) is DatabaseKind.ENCRYPTED
    Database.open(path).close()


def test_an_existing_plain_one_stays_plain(path: Path) -> None:
    Database.open(path).close()
    Database.open(path, encrypt_new=True).close()
    assert kind_of(path) is DatabaseKind.PLAIN
    with pytest.raises(FileExistsError):
        create_encrypted(path, RecoverySecret.new(), KeyStore.of_user())


def test_many_first_openers_agree_on_one_secret(tmp_path: Path, expected_logs: ExpectedLogs) -> None:
    expected_logs.tolerate("database fault: SQLITE_BUSY")
    faults: list[Exception] = []

    def open_new(path: Path) -> None:
        try:
            Database.open(path, encrypt_new=True).close()
        except Exception as error:
            faults.append(error)

    for number in range(5):
        path = tmp_path / str(number) / "wardnote.sqlite3"
        threads = [threading.Thread(target=open_new, args=(path,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert len(list(KeyStore.of_user().file_of("x").parent.iterdir())) == 5


def test_an_exchanged_file_is_noticed(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process puts an encrypted file in the plain one's place while this one connects."""
    Database.open(path).close()
    replacement = tmp_path / "other" / "wardnote.sqlite3"
    create_encrypted(replacement, RecoverySecret.new(), KeyStore.of_user())
    import app.storage.database as module

    connect = module.connect

    def connect_late(*arguments: object) -> sqlite3.Connection:
        connection = connect(*arguments)  # type: ignore[arg-type]
        if replacement.exists():
            replacement.replace(path)
        return connection

    monkeypatch.setattr(module, "connect", connect_late)
    with closing(Database.open(path)) as database:
        database.sql.execute("INSERT INTO chain_heads VALUES ('a', 1, '')")
    with closing(Database.open(path)) as database:
        assert database.sql.execute("SELECT table_name FROM chain_heads").fetchall() == [("a",)]


def test_no_plain_text_is_in_any_file(path: Path, secret: RecoverySecret) -> None:
    """With the journals there, and after they are gone."""
    repositories = repositories_in(path.parent)
    a_stay(repositories, NAME)
    files = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert {f"{path.name}-wal", f"{path.name}-shm"} <= set(files)
    repositories.close()
    files["closed"] = path.read_bytes()
    for name, content in files.items():
        for planted in (NAME, "心血管内科", "CREATE TABLE", "SQLite format"):
            assert planted.encode() not in content, name
        assert secret.code.encode() not in content and secret.key not in content and secret.value not in content
