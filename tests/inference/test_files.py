"""No loader sees a file that is missing, changed, a link or a pipe; the sentence names it and why."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import ModelFileFault
from app.inference.engines.scripted import Script, scripted_model
from app.inference.files import check_files, describe_files, sha256_of, verify_files
from app.inference.prepared import CheckedFile

CONTENT = b"weights " * 1000


@pytest.fixture
def file(tmp_path: Path) -> CheckedFile:
    path = tmp_path / "model.bin"
    path.write_bytes(CONTENT)
    return CheckedFile(str(path), hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def link(path: Path) -> None:
    elsewhere = path.with_name("elsewhere.bin")
    elsewhere.write_bytes(CONTENT)
    path.symlink_to(elsewhere)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "不存在": Path.unlink,
    f"大小不符（应为 {len(CONTENT)} 字节，实为 5 字节）": lambda path: path.write_bytes(b"short"),
    "校验值不符": flip,
    "是一个链接": lambda path: swap(path, link),
    "不是普通文件": lambda path: swap(path, os.mkfifo),
    "不是普通文件，已拒绝加载": lambda path: swap(path, Path.mkdir),
}


def test_an_untouched_file_passes(file: CheckedFile) -> None:
    check_files([file, file])


@pytest.mark.parametrize("reason", DAMAGE)
def test_a_damaged_file_is_named_with_the_reason(reason: str, file: CheckedFile) -> None:
    DAMAGE[reason](Path(file.path))
    with pytest.raises(ModelFileFault) as caught:
        check_files([file])
    assert str(caught.value).startswith("模型文件 model.bin ") and reason in str(caught.value)


def test_a_dangling_link_is_a_link(file: CheckedFile) -> None:
    path = Path(file.path)
    swap(path, lambda path: path.symlink_to(path.with_name("nowhere")))
    with pytest.raises(ModelFileFault, match="是一个链接"):
        check_files([file])


def test_a_name_that_no_system_takes_is_no_crash(file: CheckedFile) -> None:
    with pytest.raises(ModelFileFault, match="无法读取"):
        check_files([replace(file, path=f"/{'x' * 300}")])


def test_the_first_wrong_file_is_named(file: CheckedFile, tmp_path: Path) -> None:
    other = replace(file, path=str(tmp_path / "tokenizer.json"))
    with pytest.raises(ModelFileFault, match=r"tokenizer\.json 不存在"):
        check_files([file, other])


def test_a_prepared_models_files_are_checked(tmp_path: Path) -> None:
    model = scripted_model(tmp_path / "script.json", Script("好"))
    verify_files(model)
    flip(tmp_path / "script.json")
    with pytest.raises(ModelFileFault, match=r"script\.json 的校验值不符"):
        verify_files(model)


def test_a_folder_is_described_so_that_it_can_be_checked(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two").write_bytes(b"22")
    (tmp_path / "one").write_bytes(b"1")
    files = describe_files(tmp_path)
    assert [Path(one.path).name for one in files] == ["two", "one"]
    assert files[1] == CheckedFile(str(tmp_path / "one"), hashlib.sha256(b"1").hexdigest(), 1)
    check_files(files)


def test_progress_counts_the_bytes(file: CheckedFile) -> None:
    steps: list[int] = []
    assert sha256_of(Path(file.path), steps.append) == file.sha256
    assert sum(steps) == len(CONTENT)
