"""No test sees the user's own data; the prepared models are lent to the tests that are marked `models`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CACHE_VARIABLE = "WARDNOTE_CACHE"
REAL_CACHE = Path(os.environ.get(CACHE_VARIABLE) or "~/.cache/wardnote").expanduser().absolute()


@pytest.fixture(autouse=True)
def own_folders(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default data folder and cache of this test, and of every program that it starts."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config-home"))
    # No test asks or changes the key store of whoever runs it.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    lent = request.node.get_closest_marker("models") is not None
    monkeypatch.setenv(CACHE_VARIABLE, str(REAL_CACHE if lent else tmp_path / "cache"))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A throwaway folder for `--data-dir`, not made yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where a test leaves what a person may want to see afterwards (screenshots, logs)."""
    folder = Path(__file__).resolve().parents[2] / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder
