from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.bootstrap import choose_models, sample_encounters
from app.core.recovery_code import RecoverySecret
from app.inference.engines.scripted import Script
from app.infra.paths import Paths
from app.storage.database import create_encrypted
from app.storage.key_store import KeyStore
from tests.helpers.screen import wait_for
from tests.helpers.scripted_catalog import ALLOW_SCRIPTED, PRESET, add_scripted_models

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "transformers", "bigdl", "openvino", "openvino_genai", "gguf", "accelerate")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "data", tmp_path / "cache")


def test_the_gui_process_imports_no_native_engine() -> None:
    code = f"import sys, app.bootstrap; print([name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "[]", result.stderr


def test_without_prepared_models_the_window_has_none_and_no_complaint(paths: Paths) -> None:
    assert choose_models(paths, "auto") == ((), "")


def test_a_wrong_catalog_is_said_and_keeps_the_note_side_alive(paths: Paths) -> None:
    paths.hospital_catalog.mkdir(parents=True)
    (paths.hospital_catalog / "own.toml").write_text("[[model", encoding="utf-8")
    models, trouble = choose_models(paths, "auto")
    assert models == ()
    assert "own.toml" in trouble


def test_models_come_in_the_order_of_the_catalog(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALLOW_SCRIPTED.items():
        monkeypatch.setenv(name, value)
    add_scripted_models(paths.data_dir, {"b": Script("x"), "a": Script("y")})
    models, trouble = choose_models(paths, "auto")
    assert [model.identity.model for model in models] == ["b", "a"]
    assert trouble == ""


def test_the_samples_are_ten_and_of_different_wards() -> None:
    samples = sample_encounters()
    assert len(samples) == 10
    assert len({sample.department for sample in samples}) == 10


def environment(**changes: str | None) -> dict[str, str]:
    wanted: dict[str, str | None] = {**os.environ, **PRESET, **changes}
    return {name: value for name, value in wanted.items() if value is not None}


def test_without_a_screen_the_program_says_what_to_do(paths: Paths) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "app", "--data-dir", str(paths.data_dir)],
        env=environment(DISPLAY=None, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=None),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 3
    assert "wardnote suggest" in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_without_the_key_the_program_asks_and_its_end_leaves_everything(paths: Paths) -> None:
    secret = RecoverySecret.new()
    create_encrypted(paths.database, secret, KeyStore.of_user())
    KeyStore.of_user().forget(secret.key_id)
    before = paths.database.read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--data-dir", str(paths.data_dir)],
        env=environment(QT_QPA_PLATFORM="offscreen"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = paths.logs / "wardnote.log"
    wait_for(lambda: log.exists() and "the key of the database is missing" in log.read_text(), "the question", 60)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 3
    assert errors.count("恢复码") == 1 and "Traceback" not in errors
    assert paths.database.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("database", [None, b"this is no database" * 100], ids=["fresh", "corrupt"])
def test_the_program_starts_and_ends_in_order(paths: Paths, database: bytes | None) -> None:
    if database is not None:
        paths.data_dir.mkdir()
        paths.database.write_bytes(database)
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--data-dir", str(paths.data_dir)],
        env=environment(QT_QPA_PLATFORM="offscreen"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    marker = paths.data_dir / "pseudonym.key" if database is None else paths.data_dir / "window.lock"
    deadline = time.monotonic() + 30
    while not marker.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (0, -signal.SIGTERM) if database else process.returncode == 0, errors
    assert b"Traceback" not in errors
    if database is not None:
        assert paths.database.read_bytes() == database, "a corrupt file is never overwritten"
