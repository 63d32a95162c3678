"""`demo` through the command line: real processes and database, scripted models, everything marked."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path

import pytest

from app.cli.main import run
from app.core.events import EventKind
from app.core.notes import DIFFERENTIAL
from app.infra.paths import Paths
from app.storage.database import Database
from tests.helpers.records import a_stay, repositories_in


def no_window(paths: Paths, arguments: argparse.Namespace) -> int:
    raise AssertionError("no window was asked for")


def wardnote(*arguments: str | Path) -> int:
    return run([*map(str, arguments)], no_window)


def test_a_demonstration_has_what_was_asked_for_and_can_be_exported(
    data_dir: Path, tmp_path: Path, qapp: object, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["demo", "--encounters", "24", "--events", "240", "--data-dir", data_dir, "--json"]
    assert wardnote(*command) == 0
    assert json.loads(capsys.readouterr().out) == {"encounters": 24, "generations": 72, "events": 240}
    assert wardnote("feedback", "list", "--data-dir", data_dir, "--json") == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert sum(counts.values()) == 240 and set(counts) == {kind.value for kind in EventKind}
    with closing(Database.open(Paths.resolve(data_dir).database)) as database:
        assert database.check().ok
        names = {
            (row["sample"], row["name"].endswith("（示例）")) for row in database.sql.query("SELECT * FROM patients")
        }
        texts = [json.loads(row["sections"]) for row in database.sql.query("SELECT sections FROM notes")]
    assert names == {(1, True)}
    assert sum("**" in text[DIFFERENTIAL.key] for text in texts) == counts["backfill"]
    assert (
        wardnote("feedback", "export", "--format", "trl-dpo", "--output", tmp_path / "out", "--data-dir", data_dir) == 0
    )
    assert (tmp_path / "out" / "manifest.json").exists()


def test_real_patients_are_never_mixed_with_samples(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repositories = repositories_in(data_dir)
    a_stay(repositories)
    repositories.close()
    assert wardnote("demo", "--encounters", "1", "--events", "1", "--data-dir", data_dir) == 2
    assert "真实患者" in capsys.readouterr().err


def test_the_usual_data_folder_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert wardnote("demo", "--encounters", "1", "--events", "1") == 2
    assert "--data-dir" in capsys.readouterr().err


def test_none_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        wardnote("demo", "--encounters", "0", "--events", "1")
    assert "--encounters" in capsys.readouterr().err
