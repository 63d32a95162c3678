"""The real program on an encrypted data folder: nothing that was written about a patient can be read in any file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.inference.engines.scripted import Script
from app.storage.encryption import DatabaseKind, kind_of
from tests.helpers.records import repositories_in
from tests.helpers.screen import wait_for
from tests.helpers.scripted_catalog import add_scripted_models, program_environment

ROOT = Path(__file__).resolve().parents[2]
NAME, MRN, ANSWER = "欧阳测绘", "ZY7340911", "1. 测绘性肺炎"
POLICY = """
[data]
encrypted = {encrypted}
[first_start]
models = "later"
calibrate = false
sample = false
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Everything that a program may write to lies under `tmp_path`."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    return program_environment(HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "tmp"))


def wardnote(environment: dict[str, str], data_dir: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "app", *arguments, "--data-dir", str(data_dir)]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def forms(text: str) -> set[bytes]:
    """A text as a file may hold it."""
    escaped = json.dumps(text)[1:-1]
    return {text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")} | {escaped.encode()}


def files_with(folder: Path, *texts: str) -> set[str]:
    wanted = set().union(*map(forms, texts))
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)) for file in files if any(form in file.read_bytes() for form in wanted)}


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_planted_name_is_in_no_file(
    encrypted: bool, tmp_path: Path, data_dir: Path, environment: dict[str, str]
) -> None:
    data_dir.mkdir()
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY.format(encrypted=json.dumps(encrypted)))
    environment["WARDNOTE_POLICY"] = str(policy)
    add_scripted_models(data_dir, {"one": Script(ANSWER)})
    case = {
        "patient": {"name": NAME, "mrn": MRN, "sex": "男", "age": "65岁"},
        "chief_complaint": NAME,
        "case_features": MRN,
    }
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case), encoding="utf-8")
    assert "测绘性肺炎" in wardnote(environment, data_dir, "suggest", "--case", str(file))
    file.unlink()
    assert (kind_of(data_dir / "wardnote.sqlite3") is DatabaseKind.ENCRYPTED) == encrypted
    window = [sys.executable, "-m", "app", "--data-dir", str(data_dir), "--verbose"]
    process = subprocess.Popen(window, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    log = data_dir / "logs" / "wardnote.log"
    try:
        wait_for(lambda: "the window is open" in log.read_text(encoding="utf-8"), "the window", 60)
        # Whoever closes a database last takes its journal away: that is to be the window, which is killed.
        wait_for(lambda: list(data_dir.glob("*-wal")), "the window's own connection", 60)
        edit_behind_the_window(data_dir)
    finally:
        process.kill()
        process.wait()
    assert list(data_dir.glob("*-wal")), "the journal of a program that was killed"
    found = files_with(tmp_path, NAME, MRN, "测绘性肺炎", "监护测绘")
    scripts = {str(Path("data", "catalog", "one.json"))}
    assert bool(found - scripts) == (not encrypted), found
    assert found - scripts <= {str(file.relative_to(tmp_path)) for file in data_dir.glob("wardnote.sqlite3*")}
    repositories = repositories_in(data_dir)
    (summary,) = repositories.encounters.summaries()
    assert summary.patient.name == NAME and repositories.database.check().ok
    repositories.close()


def edit_behind_the_window(data_dir: Path) -> None:
    """Another program writes into the same journal while the window is open."""
    repositories = repositories_in(data_dir)
    (summary,) = repositories.encounters.summaries()
    assert summary.note_id is not None
    note = repositories.notes.get(summary.note_id)
    repositories.notes.save(note.note_id, {**note.sections, "plan": "监护测绘"}, note.recorded_at)
    repositories.close()
