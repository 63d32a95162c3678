from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault
from app.core.notes import NoteKind
from app.core.templates import NoteTemplate
from app.settings.templates import FOLDER, load_templates, save_template

TEMPLATE = NoteTemplate("../术后 / 第1天", "普外科", NoteKind.DAILY_PROGRESS, {"condition": "切口："})


def test_a_saved_template_counts_and_stays_in_its_folder(tmp_path: Path) -> None:
    before, _ = load_templates(tmp_path)
    save_template(tmp_path, TEMPLATE)
    save_template(tmp_path, TEMPLATE)
    after, troubles = load_templates(tmp_path)
    assert {one.key for one in after} - {one.key for one in before} == {TEMPLATE.key}
    assert troubles == ()
    assert [path.parent for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / FOLDER]


def test_a_bad_file_is_named_and_the_others_count(tmp_path: Path) -> None:
    save_template(tmp_path, TEMPLATE)
    (tmp_path / FOLDER / "bad.toml").write_text("[[template", encoding="utf-8")
    (tmp_path / FOLDER / "gbk.toml").write_bytes("模板".encode("gbk"))
    found, troubles = load_templates(tmp_path)
    assert TEMPLATE in found
    assert len(troubles) == 2
    assert all(name in said for name, said in zip(("bad.toml", "gbk.toml"), troubles, strict=True))


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("no folder")
    with pytest.raises(EnvironmentFault, match="没有保存"):
        save_template(tmp_path, TEMPLATE)
