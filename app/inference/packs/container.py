"""The two forms of a pack: a folder, or one file (ZIP without compression: weights do not compress)."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from app.core.errors import ModelFileFault, UsageFault

SUFFIX = ".wnpack"
# Ours are stored; who packs one again may have compressed it.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = stat.S_IFREG | 0o644


class PackReader(Protocol):
    """Reads members of a pack by their path."""

    def has(self, path: str) -> bool:
        """Whether there is such a member."""
        ...

    @contextmanager
    def member(self, path: str) -> Iterator[IO[bytes]]:
        """A member, from its beginning. Raises ModelFileFault if it is not there or no file of its own."""
        ...


class PackWriter(Protocol):
    """Writes members, in any order."""

    @contextmanager
    def member(self, path: str) -> Iterator[IO[bytes]]:
        """A new member."""
        ...


@contextmanager
def opened(path: Path) -> Iterator[PackReader]:
    """The pack at a path. Raises UsageFault if nothing is there, ModelFileFault if it is no pack."""
    if path.is_dir():
        yield _FolderReader(path)
    elif not path.is_file():
        raise UsageFault(f"没有找到模型包 {path}")
    else:
        with _zip(path) as archive:
            yield _ZipReader(path.name, archive)


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ModelFileFault(f"{path.name} 不是模型包，或没有复制完整，请重新复制") from error
    except OSError as error:
        raise ModelFileFault(f"模型包 {path.name} 无法读取：{error.strerror}") from error
    with archive:
        yield archive


class _FolderReader:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, path: str) -> bool:
        return os.path.lexists(self._folder / path)

    @contextmanager
    def member(self, path: str) -> Iterator[IO[bytes]]:
        file = self._folder / path
        try:
            if not stat.S_ISREG(file.lstat().st_mode):
                raise ModelFileFault(f"模型包中的 {path} 不是普通文件，已拒绝安装")
            stream = file.open("rb")
        except OSError as error:
            raise _lacking(self._folder.name, path) from error
        with stream:
            yield stream


class _ZipReader:
    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self._name = name
        self._archive = archive

    def has(self, path: str) -> bool:
        return path in self._archive.namelist()

    @contextmanager
    def member(self, path: str) -> Iterator[IO[bytes]]:
        try:
            if self._archive.getinfo(path).compress_type not in _METHODS:
                raise NotImplementedError
            stream = self._archive.open(path)
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise _lacking(self._name, path) from error
        with stream:
            yield stream


def _lacking(pack: str, path: str) -> ModelFileFault:
    return ModelFileFault(f"模型包 {pack} 中没有可读的 {path}，请重新复制模型包")


@contextmanager
def folder_writer(folder: Path) -> Iterator[PackWriter]:
    """Writes a folder pack into a folder that exists."""
    yield _FolderWriter(folder)


@contextmanager
def file_writer(path: Path) -> Iterator[PackWriter]:
    """Writes a pack as one file."""
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
        yield _ZipWriter(archive)


class _FolderWriter:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def member(self, path: str) -> Iterator[IO[bytes]]:
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as stream:
            yield stream


class _ZipWriter:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextmanager
    def member(self, path: str) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(path, _DATE)
        info.external_attr = _MODE << 16
        with self._archive.open(info, "w", force_zip64=True) as stream:
            yield stream
