"""Model files that are cut short or changed, through the real command line and the real engines: one clear sentence."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app.infra.paths import Paths

pytestmark = pytest.mark.models

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "resources/samples/02_cardiology.json"
SMALL = "smollm2-135m"
CUT_BYTES = 40_000_000


def wardnote(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([ROOT / ".venv/bin/wardnote", *arguments], capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def prepared() -> Path:
    """The folder of the small model: its source, and what was made of it for each engine."""
    (folder,) = Paths.resolve(None).models.glob(f"{SMALL}-*")
    return folder


def write_catalog(data_dir: Path, file: Path, sha256: str) -> None:
    """A hospital's catalog with one GGUF."""
    (data_dir / "catalog").mkdir(parents=True)
    (data_dir / "catalog" / "own.toml").write_text(
        f"""[[model]]
name = "own"
languages = ["en"]

[model.source]
kind = "gguf"
path = "{file.parent}"
file = "{file.name}"
size = {file.stat().st_size}
sha256 = "{sha256}"
""",
        encoding="utf-8",
    )


@pytest.mark.parametrize("hash_is_right", [True, False])
def test_a_cut_gguf_is_refused_by_name(
    hash_is_right: bool, prepared: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = prepared.glob("*.gguf")
    with source.open("rb") as whole:
        (cut := tmp_path / "cut.gguf").write_bytes(whole.read(CUT_BYTES))
    write_catalog(data_dir, cut, hashlib.sha256(cut.read_bytes() if hash_is_right else b"").hexdigest())
    monkeypatch.setenv("WARDNOTE_CACHE", str(tmp_path / "cache"))
    done = wardnote("models", "prepare", "own", "--data-dir", data_dir)
    assert done.returncode == 3
    assert f"cut.gguf {'无法读取' if hash_is_right else '的校验值不符'}" in done.stderr
    asked = wardnote("suggest", "--case", CASE, "--models", "own", "--data-dir", data_dir)
    assert (asked.returncode, asked.stderr.count("\n")) == (3, 1)
    assert "wardnote models prepare own" in asked.stderr


@pytest.mark.parametrize(("engine", "file"), [("bigdl", "pytorch_model.bin"), ("openvino", "openvino_model.bin")])
def test_a_flipped_byte_in_a_prepared_file_fails_the_run(
    engine: str, file: str, prepared: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "cache" / "models" / prepared.name / engine
    shutil.copytree(prepared / engine, copy)
    with (copy / file).open("r+b") as weights:
        weights.seek(1_000_000)
        byte = weights.read(1)[0]
        weights.seek(1_000_000)
        weights.write(bytes([byte ^ 1]))
    monkeypatch.setenv("WARDNOTE_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "out.json"
    done = wardnote(
        "suggest", "--case", CASE, "--models", SMALL, "--engine", engine, "--output", out, "--data-dir", data_dir
    )
    assert done.returncode == 3
    (run,) = json.loads(out.read_text(encoding="utf-8"))["runs"]
    assert (run["status"], run["text"]) == ("failed", "")
    assert f"{file} 的校验值不符" in run["error"]
    assert run["error"] in done.stderr
