from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault
from app.storage.pseudonyms import KEY_BYTES, Pseudonyms


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "pseudonym.key"
    first, second = Pseudonyms.load(path), Pseudonyms.load(path)
    assert first.of("patient", "p1") == second.of("patient", "p1")
    assert first.key_id == second.key_id
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_pseudonyms_differ_by_person_kind_and_key() -> None:
    one, other = Pseudonyms(b"1" * KEY_BYTES), Pseudonyms(b"2" * KEY_BYTES)
    made = {one.of("patient", "a"), one.of("patient", "b"), one.of("doctor", "a"), other.of("patient", "a")}
    assert len(made) == 4
    assert one.key_id != other.key_id


def test_a_damaged_key_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_bytes(b"short")
    with pytest.raises(EnvironmentFault, match="已损坏"):
        Pseudonyms.load(path)
    assert path.read_bytes() == b"short"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="假名密钥"):
        Pseudonyms.load(tmp_path / "file" / "pseudonym.key")
