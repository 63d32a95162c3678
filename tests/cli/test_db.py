from __future__ import annotations

import argparse
import io
import json
import os
import pty
import shutil
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cli.main import run
from app.core.entities import Encounter, Patient, Sex
from app.core.recovery_code import RecoverySecret
from app.infra.paths import Paths
from app.storage.database import Database
from app.storage.driver import sqlite3
from app.storage.encounters import EncounterRepository
from app.storage.encryption import DatabaseKind, key_id_of, kind_of
from app.storage.key_store import KeyStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def no_window(paths: Paths, arguments: argparse.Namespace) -> int:
    raise AssertionError("no window was asked for")


@pytest.fixture
def database(data_dir: Path) -> Path:
    path = Paths.resolve(data_dir).database
    with closing(Database.open(path)) as opened:
        encounter = Encounter("e", "p", "1", "65岁", "心内科", "一病区", "3", NOW)
        EncounterRepository(opened).add(Patient("p", "张示例", Sex.MALE), encounter, NOW)
    return path


def check(data_dir: Path, *options: str) -> int:
    return run(["db", "check", "--data-dir", str(data_dir), *options], no_window)


def test_a_sound_database(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(database.parent, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True and report["problems"] == [] and report["rows"]["patients"] == 1
    assert check(database.parent) == 0
    assert capsys.readouterr().out.startswith("数据库完好")


def test_a_row_that_someone_changed_is_found_and_not_shown(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE patients SET name = '李示例'")
    assert check(database.parent, "--json") == 3
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert report["ok"] is False and "patients" in report["problems"][0]
    assert "示例" not in printed.out + printed.err
    assert check(database.parent) == 3
    assert "✗" in capsys.readouterr().out


def db(data_dir: Path, action: str, *options: str) -> int:
    return run(["db", action, "--data-dir", str(data_dir), *options], no_window)


@pytest.fixture
def code(database: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The recovery code of the database, which is encrypted now."""
    assert db(database.parent, "encrypt", "--json") == 0
    return str(json.loads(capsys.readouterr().out)["recovery_code"])


def test_encrypting_shows_the_code_and_where_the_key_is(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert db(database.parent, "encrypt") == 0
    printed = capsys.readouterr()
    where, code = printed.out.splitlines()
    assert "没有可用的系统密钥库" in where and "config-home" in where
    assert "抄写" in printed.err and "残留" in printed.err
    assert db(database.parent, "recovery-code") == 0
    assert capsys.readouterr().out.strip() == code == RecoverySecret.parse(code).code
    assert check(database.parent) == 0
    assert "已加密" in capsys.readouterr().out
    assert db(database.parent, "encrypt") == 3
    assert "已经是加密" in capsys.readouterr().err
    assert "张示例".encode() not in database.read_bytes()


def test_the_code_is_in_no_file_of_the_data_folder(database: Path, code: str) -> None:
    secret = RecoverySecret.parse(code)
    files = [file for file in database.parent.rglob("*") if file.is_file()]
    assert any(file.suffix == ".log" for file in files)
    for file in files:
        for form in (code.encode(), code.replace("-", "").encode(), secret.value, secret.key):
            assert form not in file.read_bytes(), file


def test_decrypting(database: Path, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert db(database.parent, "decrypt") == 0
    assert "能读到文件的人" in capsys.readouterr().out
    assert check(database.parent, "--json") == 0
    assert json.loads(capsys.readouterr().out)["encrypted"] is False
    assert db(database.parent, "recovery-code") == 3
    assert "没有加密" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["check", "decrypt", "recovery-code"])
def test_without_its_key_each_command_says_so(
    database: Path, code: str, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    KeyStore.of_user().forget(RecoverySecret.parse(code).key_id)
    before = {file.name for file in database.parent.iterdir()}
    assert db(database.parent, action) == 3
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if "恢复码找回" in line]) == 1
    assert {file.name for file in database.parent.iterdir()} == before


def test_recovering(
    database: Path, code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    KeyStore.of_user().forget(RecoverySecret.parse(code).key_id)
    for typed, sentence in (("", "36"), (code[:-1] + "*", "不会有"), (RecoverySecret.new().code, "不是这个")):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert db(database.parent, "recover") == 3
        assert sentence in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(code.lower().replace("-", " ") + "\n"))
    assert db(database.parent, "recover") == 0
    assert code not in "".join(capsys.readouterr())
    assert check(database.parent) == 0


def test_at_a_terminal_the_code_is_not_echoed(database: Path, code: str) -> None:
    """A pseudo-terminal shows what a person at it would see."""
    KeyStore.of_user().forget(RecoverySecret.parse(code).key_id)
    command = [sys.executable, "-m", "app", "db", "recover", "--data-dir", str(database.parent)]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    seen = b""
    while "不会显示".encode() not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, code.encode() + b"\n")
    with suppress(OSError):
        while piece := os.read(terminal, 1024):
            seen += piece
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert "恢复码正确" in seen.decode() and code not in seen.decode()


def test_a_backup_is_encrypted_with_the_same_code(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = tmp_path / "backup.sqlite3"
    shutil.copy(database, backup)
    assert db(database.parent, "encrypt", "--json") == 0
    code = json.loads(capsys.readouterr().out)["recovery_code"]
    assert db(database.parent, "encrypt", "--json", "--file", str(backup)) == 0
    assert json.loads(capsys.readouterr().out)["recovery_code"] == code
    assert key_id_of(backup) == key_id_of(database)
    shutil.copy(backup, database)
    assert check(database.parent) == 0


def test_the_policy_makes_a_new_folder_encrypted(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data_dir.mkdir()
    (data_dir / "policy.toml").write_text("[data]\nencrypted = true\n", encoding="utf-8")
    stay = Path(__file__).parents[2] / "resources" / "samples" / "stays"
    first, second = sorted(stay.glob("*.json"))[:2]
    assert run(["import", str(first), "--data-dir", str(data_dir)], no_window) == 0
    assert capsys.readouterr().err.count("recovery-code") == 1
    assert kind_of(data_dir / "wardnote.sqlite3") is DatabaseKind.ENCRYPTED
    assert run(["import", str(second), "--data-dir", str(data_dir)], no_window) == 0
    assert "recovery-code" not in capsys.readouterr().err


def test_without_a_policy_the_command_line_makes_a_plain_one(database: Path) -> None:
    assert kind_of(database) is DatabaseKind.PLAIN
