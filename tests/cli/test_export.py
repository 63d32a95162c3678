from __future__ import annotations

import io
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import docx
import pytest

from app.core.entities import Encounter, Patient, Sex
from app.core.notes import COURSE, NoteKind
from app.core.provenance import AiSpan, Origin
from app.infra.paths import Paths
from app.storage.notes import VersionReason
from app.storage.repositories import open_repositories
from tests.helpers.scripted_catalog import program_environment

NOW = datetime.fromisoformat("2026-03-05T10:00:00+08:00")
SENTENCE = "术后恢复顺利<b>。"


@pytest.fixture
def stay(data_dir: Path) -> str:
    """A stay with a discharge record, one sentence of it a model's."""
    paths = Paths.resolve(data_dir)
    with closing(open_repositories(paths.database, paths.pseudonym_key, "医师")) as repositories:
        encounter = Encounter("e1", "p1", "ZY0001", "38岁", "泌尿外科", "一病区", "5", NOW)
        repositories.encounters.add(Patient("p1", "周示例", Sex.MALE), encounter, NOW, sample=True)
        note = repositories.notes.open("e1", NoteKind.DISCHARGE, NOW)
        sections = {**note.sections, COURSE.key: f"行碎石术。\n{SENTENCE}"}
        span = AiSpan(COURSE.key, 6, 6 + len(SENTENCE), SENTENCE, Origin("r", "模型", "1", NOW))
        repositories.notes.checkpoint(note.note_id, sections, VersionReason.SAVED, "医师", NOW, [span])
    return "ZY0001"


def export(data_dir: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "export", *map(str, options), "--data-dir", str(data_dir)],
        env=program_environment(QT_QPA_PLATFORM="offscreen"),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def test_a_word_file_with_the_models_sentence_marked(data_dir: Path, tmp_path: Path, stay: str) -> None:
    out = tmp_path / "record.docx"
    done = export(data_dir, stay, "--format", "docx", "--output", out)
    assert done.returncode == 0, done.stderr
    assert out.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    text = "\n".join(one.text for one in docx.Document(io.BytesIO(out.read_bytes())).paragraphs)
    assert f"［AI］{SENTENCE}" in text and "行碎石术。" in text and "示例病历" in text
    assert not [*tmp_path.glob(".*.tmp")]


def test_a_pdf_of_one_page(data_dir: Path, tmp_path: Path, stay: str) -> None:
    out = tmp_path / "record.pdf"
    done = export(data_dir, "e1", "--format", "pdf", "--output", out)
    assert done.returncode == 0, done.stderr
    data = out.read_bytes()
    assert data.startswith(b"%PDF-") and data.count(b"/Type /Page\n") == 1


@pytest.mark.parametrize(
    ("who", "options", "words"),
    [("ZY9999", (), "没有住院号"), ("ZY0001", ("--kind", "first_progress"), "还没有写首次病程记录")],
)
def test_what_is_not_there_is_said(
    data_dir: Path, tmp_path: Path, stay: str, who: str, options: tuple[str, ...], words: str
) -> None:
    done = export(data_dir, who, "--format", "docx", "--output", tmp_path / "a.docx", *options)
    assert done.returncode == 2 and words in done.stderr
    assert not (tmp_path / "a.docx").exists()


def test_an_impossible_place_is_said(data_dir: Path, tmp_path: Path, stay: str) -> None:
    done = export(data_dir, stay, "--format", "pdf", "--output", tmp_path / "none" / "a.pdf")
    assert done.returncode == 3 and "无法写入" in done.stderr
