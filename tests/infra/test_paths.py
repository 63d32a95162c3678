from __future__ import annotations

from pathlib import Path

import pytest

from app.infra.paths import CACHE_VARIABLE, Paths, default_cache


def test_a_given_data_folder_holds_everything_of_the_ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    paths = Paths.resolve(tmp_path / "data")
    of_the_ward = [paths.database, paths.pseudonym_key, paths.hospital_catalog, paths.logs]
    assert all(path.parent == tmp_path / "data" for path in of_the_ward)
    assert paths.models == tmp_path / "cache" / "models"
    assert paths.calibration == tmp_path / "cache" / "calibration.json"


def test_the_defaults_are_in_the_users_own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    paths = Paths.resolve()
    assert paths.cache_dir == tmp_path / ".cache" / "wardnote"
    assert paths.data_dir.is_relative_to(tmp_path)
    assert not paths.data_dir.exists(), "resolving creates nothing"


def test_relative_folders_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Paths.resolve(Path("here")).data_dir == tmp_path / "here"


def test_on_windows_models_lie_in_the_local_part_of_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name, appauthor: f"C:/local/{name}/Cache")
    assert default_cache("win32") == "C:/local/wardnote/Cache"
    assert default_cache("linux") == "~/.cache/wardnote"
