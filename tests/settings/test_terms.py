from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault
from app.settings.terms import HOSPITAL_FILE, diagnosis_table

HEADER = "名称,别名,ICD-10,危急\n"


def test_a_hospitals_file_adds_to_our_table(tmp_path: Path) -> None:
    ours = len(diagnosis_table(tmp_path))
    (tmp_path / HOSPITAL_FILE).write_text(HEADER + "本院特有病,特有,,是\n", encoding="utf-8-sig")
    table = diagnosis_table(tmp_path)
    entry = table.find("特有")
    assert (len(table), entry and entry.must_not_miss) == (ours + 1, True)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "一,二\n".encode(), "名称,别名,ICD-10,危急\n胃炎\n".encode()])
def test_a_broken_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / HOSPITAL_FILE).write_bytes(content)
    with pytest.raises(EnvironmentFault, match=HOSPITAL_FILE):
        diagnosis_table(tmp_path)
