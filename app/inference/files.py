"""Hashes of model files: checked before any native loader sees a file (malformed files crash those)."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.errors import ModelFileFault
from app.inference.prepared import CheckedFile, PreparedModel

_CHUNK = 1 << 22


def sha256_of(path: Path, report: Callable[[int], None] | None = None) -> str:
    """SHA-256 (hex) of a file; `report` takes the number of bytes read in each step."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if report:
                report(len(chunk))
    return digest.hexdigest()


def describe_files(folder: Path) -> tuple[CheckedFile, ...]:
    """Every file below a folder, with size and hash, sorted by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(CheckedFile(str(path), sha256_of(path), path.stat().st_size) for path in paths)


def check_files(
    files: Sequence[CheckedFile], remedy: str = "请重新获取", report: Callable[[float], None] | None = None
) -> None:
    """Raise ModelFileFault, naming the file, the reason and the remedy, unless every file is what it was.

    `report` takes the fraction of the bytes that are read.
    """
    total, done = max(sum(file.size for file in files), 1), 0

    def count(read: int) -> None:
        nonlocal done
        done += read
        if report:
            report(min(done / total, 1.0))

    for file in files:
        check_size(file, remedy)
        _check_hash(Path(file.path), file, remedy, count)


def verify_files(model: PreparedModel) -> None:
    """`check_files` of a prepared model."""
    check_files(model.files, f"请运行 wardnote models prepare {model.identity.model}")


def check_size(expected: CheckedFile, remedy: str = "请重新获取") -> None:
    """As `check_files` for one file, without reading it: is it there, a file itself, and of the right size?"""
    path = Path(expected.path)
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelFileFault(f"模型文件 {path.name} 不存在，{remedy}") from error
    except OSError as error:
        raise ModelFileFault(f"模型文件 {path.name} 无法读取：{error.strerror}") from error
    if stat.S_ISLNK(status.st_mode):
        raise ModelFileFault(f"模型文件 {path.name} 是一个链接，已拒绝加载，请换成文件本身")
    if not stat.S_ISREG(status.st_mode):
        raise ModelFileFault(f"模型文件 {path.name} 不是普通文件，已拒绝加载")
    if status.st_size != expected.size:
        raise ModelFileFault(
            f"模型文件 {path.name} 大小不符（应为 {expected.size} 字节，实为 {status.st_size} 字节），{remedy}"
        )


def _check_hash(path: Path, expected: CheckedFile, remedy: str, count: Callable[[int], None]) -> None:
    try:
        found = sha256_of(path, count)
    except OSError as error:
        raise ModelFileFault(f"模型文件 {path.name} 无法读取：{error.strerror}") from error
    if found != expected.sha256:
        raise ModelFileFault(f"模型文件 {path.name} 的校验值不符，文件已损坏或被改动，已拒绝加载，{remedy}")
