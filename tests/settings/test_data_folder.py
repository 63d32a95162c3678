"""A folder that cannot hold the ward's data is refused before anything is written there."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from app.settings.data_folder import examine, is_on_network

Usage = namedtuple("Usage", "total used free")


def test_a_new_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    found = examine(f"  {tmp_path / '内科 数据' / '一病区'} ")
    assert (found.folder, found.fault, found.used) == (tmp_path / "内科 数据" / "一病区", "", False)
    assert found.folder.is_dir() and list(found.folder.iterdir()) == []


def test_a_folder_with_data_is_used_on(tmp_path: Path) -> None:
    (tmp_path / "wardnote.sqlite3").write_bytes(b"")
    assert examine(str(tmp_path)).used


@pytest.mark.parametrize("text", ["", "   ", "a\0b"])
def test_no_place_at_all(text: str) -> None:
    assert examine(text).fault == "请写明数据文件夹的位置。"


def test_a_file_or_a_place_below_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "是一个文件，不是文件夹" in examine(str(tmp_path / "file")).fault
    assert "不能写入" in examine(str(tmp_path / "file" / "data")).fault


def test_what_the_system_does_not_let_write_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert "不能写入（Permission denied）：请另选文件夹，或请信息科开放权限。" in examine(str(tmp_path)).fault


def test_a_disk_that_is_too_full_is_said_with_its_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**11, 10**11, 3 * 10**8))
    assert "只剩 0.3 GB，至少需要 1 GB" in examine(str(tmp_path)).fault


def mounted(monkeypatch: pytest.MonkeyPatch, *mounts: tuple[str, str, str]) -> None:
    parts = [SimpleNamespace(mountpoint=place, fstype=kind, opts=opts) for place, kind, opts in mounts]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: parts)  # noqa: A006


@pytest.mark.parametrize(
    ("folder", "remote"),
    [
        ("/srv/ward/data", True),
        ("/srv/ward", True),
        ("/srv/wardnote", False),
        ("/srv/ward/local/data", False),
        ("/var/lib/ward", False),
        ("/mnt/z/data", True),
        ("//server/share/data", True),
        ("\\\\server\\share\\data", True),
    ],
)
def test_shares_are_recognised_by_their_mount(folder: str, remote: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(
        monkeypatch,
        ("/", "ext4", "rw"),
        ("/srv/ward", "nfs4", "rw"),
        ("/srv/ward/local", "ext4", "rw"),
        ("/mnt/z", "NTFS", "rw,remote"),
    )
    assert is_on_network(Path(folder)) is remote


def test_a_share_is_refused_and_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, (str(tmp_path), "cifs", "rw"))
    found = examine(str(tmp_path / "data"))
    assert "在网络共享上" in found.fault and not found.folder.exists()
