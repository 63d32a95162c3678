from __future__ import annotations

import argparse
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cli.main import run
from app.core.entities import Encounter, Patient, Sex
from app.infra.paths import Paths
from app.storage.database import Database
from app.storage.driver import sqlite3
from app.storage.encounters import EncounterRepository

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
