from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.settings.file import DAMAGED, NEWER, UNREADABLE, VERSION, Settings, SettingsFile
from tests.helpers.logs import ExpectedLogs


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def test_what_is_saved_is_loaded(path: Path) -> None:
    assert SettingsFile(path).load() == Settings()
    SettingsFile(path).save(Settings({"geometry": "AAA="}, keys={"search": "F9"}))
    assert SettingsFile(path).load() == Settings({"geometry": "AAA="}, keys={"search": "F9"})
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        '{"version": 1}',
        '{"version": "x", "window": {}}',
        '{"version": 1, "window": {"a": 3}}',
        '{"version": 1, "window": {}, "keys": ["F9"]}',
        '{"version": 1, "window": {}, "keys": {"search": 9}}',
    ],
)
def test_a_damaged_file_is_set_aside(path: Path, text: str, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("set aside")
    path.write_text(text, encoding="utf-8")
    settings = SettingsFile(path)
    assert settings.load() == Settings()
    assert settings.trouble == DAMAGED
    assert path.with_suffix(".damaged").read_text(encoding="utf-8") == text
    settings.save(Settings({"a": "b"}))
    assert SettingsFile(path).load() == Settings({"a": "b"})


def test_a_file_from_before_keys_could_be_changed_is_read(path: Path) -> None:
    path.write_text('{"version": 1, "window": {"geometry": "AAA="}}', encoding="utf-8")
    assert SettingsFile(path).load() == Settings({"geometry": "AAA="})


def test_a_newer_programs_file_is_left_alone(path: Path) -> None:
    text = json.dumps({"version": VERSION + 1, "window": {"a": "b"}, "more": [1]})
    path.write_text(text, encoding="utf-8")
    settings = SettingsFile(path)
    assert settings.load() == Settings()
    assert settings.trouble == NEWER
    settings.save(Settings({"a": "c"}))
    assert path.read_text(encoding="utf-8") == text


def test_a_place_that_cannot_be_written_is_no_failure(tmp_path: Path, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("cannot be kept")
    SettingsFile(tmp_path / "missing" / "settings.json").save(Settings())


def test_a_place_that_cannot_be_read_is_no_failure(path: Path, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("cannot be read")
    path.mkdir()
    settings = SettingsFile(path)
    assert settings.load() == Settings()
    assert settings.trouble == UNREADABLE
    settings.save(Settings())
    assert path.is_dir()
