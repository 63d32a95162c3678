"""Taking the models of a pack into this machine's store: checked file by file, gone on with after an interruption."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.core.errors import EnvironmentFault, ModelFileFault
from app.inference.catalog import Catalog, CatalogModel
from app.inference.catalog_entry import read_entry, write_text
from app.inference.files import check_files
from app.inference.packs.container import PackReader, opened
from app.inference.packs.manifest import MANIFEST_NAME, MAX_MANIFEST_BYTES, PackedFolder, PackedModel, PackManifest
from app.inference.packs.signature import MAX_SIGNATURE_BYTES, SIGNATURE_NAME, PackTrust
from app.inference.prepared import CheckedFile
from app.inference.store import MANIFEST, model_folder, prepared_folder, read_manifest

_CHUNK = 1 << 22
# Left free for the database and the system, which share the disk.
_RESERVE = 256 << 20


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack whose manifest and signature were checked; its files are checked as they are copied.

    `signer` is the public key that signed it, empty if none did (and the policy allows that).
    """

    path: Path
    manifest: PackManifest
    signer: str


def read_pack(path: Path, trust: PackTrust) -> Pack:
    """Look into a pack, quickly. Raises UsageFault if nothing is there, ModelFileFault for what is not to be taken."""
    with opened(path) as reader:
        data = _read(reader, MANIFEST_NAME, MAX_MANIFEST_BYTES)
        signature = _read(reader, SIGNATURE_NAME, MAX_SIGNATURE_BYTES) if reader.has(SIGNATURE_NAME) else None
        signer = trust.check(data, signature, path.name)
        return Pack(path, PackManifest.parse(data, path.name), signer)


def install_pack(
    pack: Pack, catalog: Catalog, store: Path, hospital: Path, report: Callable[[str, float], None]
) -> tuple[str, ...]:
    """Install every model of a pack; the names of those that were not there yet.

    `hospital` is the folder for entries of models that `catalog` lacks; `report` takes a model's name and the
    fraction of the whole that is done, and may raise to stop. Whatever stops it, the same call goes on from there.
    No loader sees a file before its hash was right. Raises ModelFileFault for a file that is not what the manifest
    says, or for a model that is another one than this machine's of that name; EnvironmentFault for a full disk.
    """
    targets = [(packed, _catalogued(packed, catalog, store, hospital)) for packed in pack.manifest.models]
    steps = [_Step(packed, one, store, model) for packed, model in targets for one in packed.folders]
    _require_space(store, sum(step.missing_bytes for step in steps))
    with opened(pack.path) as reader:
        progress = _Progress(pack.manifest.size, report)
        new = [step.packed.name for step in steps if step.install(reader, progress)]
    known = {model.name for model in catalog.models}
    for packed in pack.manifest.models:
        if packed.name not in known:
            write_text(hospital, packed.name, packed.entry)
    return tuple(dict.fromkeys(new))


def _catalogued(packed: PackedModel, catalog: Catalog, store: Path, hospital: Path) -> CatalogModel:
    """The model as this machine knows it, or as the pack's entry describes it."""
    known = {model.name: model for model in catalog.models}.get(packed.name)
    model = known or read_entry(packed.entry, hospital / f"{packed.name}.toml", store)
    if model.name != packed.name or model.source_sha256 != packed.source_sha256:
        raise ModelFileFault(
            f"本机已有另一个名为 {packed.name} 的模型：请先移除它（wardnote models remove {packed.name}）"
        )
    return model


class _Progress:
    def __init__(self, total: int, report: Callable[[str, float], None]) -> None:
        self._total = max(total, 1)
        self._done = 0
        self._report = report

    def add(self, model: str, count: int) -> None:
        self._done += count
        self._report(model, min(self._done / self._total, 1.0))


class _Step:
    """One folder of a pack on its way into the store, through a folder beside its place."""

    def __init__(self, packed: PackedModel, folder: PackedFolder, store: Path, model: CatalogModel) -> None:
        self.packed = packed
        self._folder = folder
        self._model = model
        self._target = prepared_folder(store, model, folder.engine)
        self._partial = model_folder(store, model) / f"{self._target.name}.installing"

    @property
    def missing_bytes(self) -> int:
        """How much of it is still to be written."""
        if self._is_there():
            return 0
        return sum(max(0, file.size - _size(self._place(file))) for file in self._folder.files)

    def install(self, reader: PackReader, progress: _Progress) -> bool:
        """Copy, check and put it in its place; False if exactly this is there already."""
        name, size = self.packed.name, sum(file.size for file in self._folder.files)
        if self._is_there() and self._is_sound(self._target) and _matches(self._target, self._folder):
            progress.add(name, size)
            return False
        try:
            for file in self._folder.files:
                _fetch(reader, file, self._place(file), lambda count: progress.add(name, count))
            if not self._is_sound(self._partial):
                shutil.rmtree(self._partial)
                raise ModelFileFault(f"模型包中 {name} 的 {self._folder.engine} 文件夹不完整，已拒绝安装")
            self._swap()
        except OSError as error:
            raise _trouble(error, self._target) from error
        return True

    def _place(self, file: CheckedFile) -> Path:
        return self._partial / Path(file.path).relative_to(self._folder.path)

    def _is_there(self) -> bool:
        """Whether its place has a folder made of the same files, by their names and sizes."""
        paths = {Path(file.path).relative_to(self._folder.path): file.size for file in self._folder.files}
        return all(_size(self._target / path) == size for path, size in paths.items())

    def _is_sound(self, folder: Path) -> bool:
        """Whether its own manifest fits this model and names the very files of the pack, and none outside."""
        ready = read_manifest(folder, self._model)
        packed = {file.path.removeprefix(self._folder.path + "/"): file for file in self._folder.files}
        packed.pop(MANIFEST, None)
        if ready is None or ready.path != "." or len(ready.files) != len(packed):
            return False
        return all((own := packed.get(one.path)) and _same(own, one) for one in ready.files)

    def _swap(self) -> None:
        old = self._target.with_name(f"{self._target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self._target.exists():
            self._target.rename(old)
        self._partial.rename(self._target)
        shutil.rmtree(old, ignore_errors=True)


def _same(one: CheckedFile, other: CheckedFile) -> bool:
    return (one.sha256, one.size) == (other.sha256, other.size)


def _matches(folder: Path, packed: PackedFolder) -> bool:
    there = [CheckedFile(str(folder / one.path[len(packed.path) + 1 :]), one.sha256, one.size) for one in packed.files]
    try:
        check_files(there)
    except ModelFileFault:
        return False
    return True


def _fetch(reader: PackReader, file: CheckedFile, place: Path, count: Callable[[int], None]) -> None:
    """Have a file of the pack at its place, with the right hash, taking over what an earlier try left there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    kept = _size(place)
    if not _copy(reader, file, place, kept, count):
        # What was kept may have suffered when the machine went down: once more, from the beginning.
        place.unlink()
        if kept == 0 or not _copy(reader, file, place, 0, lambda _count: None):
            place.unlink(missing_ok=True)
            raise ModelFileFault(f"模型包中的 {file.path} 校验值不符，模型包已损坏或被改动，已拒绝安装")


def _next(source: IO[bytes], path: str) -> bytes:
    with _reading(path):
        return source.read(_CHUNK)


def _copy(reader: PackReader, file: CheckedFile, place: Path, kept: int, count: Callable[[int], None]) -> bool:
    """Append what is missing after `kept` bytes; whether the whole then has the right size and hash."""
    digest, size = hashlib.sha256(), 0
    with reader.member(file.path) as source, place.open("r+b" if kept else "wb") as target:
        while size < kept and (chunk := target.read(min(_CHUNK, kept - size))):
            digest.update(chunk)
            size += len(chunk)
            count(len(chunk))
        with _reading(file.path):
            source.seek(size)
        while size <= file.size and (chunk := _next(source, file.path)):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            count(len(chunk))
        target.flush()
        os.fsync(target.fileno())
    return (digest.hexdigest(), size) == (file.sha256, file.size)


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """Tells faults of the pack from those of the disk that is written to."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ModelFileFault(f"模型包中的 {path} 已损坏，请重新复制模型包") from error
    except OSError as error:
        raise EnvironmentFault(
            f"读取模型包中断（{error.strerror}）：请检查移动盘或共享文件夹，然后再装一次，会从中断处继续"
        ) from error


def _read(reader: PackReader, path: str, limit: int) -> bytes:
    with reader.member(path) as stream, _reading(path):
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise ModelFileFault(f"模型包中的 {path} 过大，已拒绝读取")
    return data


def _require_space(store: Path, wanted: int) -> None:
    place = store
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if wanted and free < wanted + _RESERVE:
        raise EnvironmentFault(
            f"磁盘空间不足：安装到 {store} 还需要 {(wanted + _RESERVE) / 1e9:.1f} GB，"
            f"现有 {free / 1e9:.1f} GB，请清理后重试"
        )


def _trouble(error: OSError, target: Path) -> EnvironmentFault:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EnvironmentFault("磁盘已满，模型没有装完：已复制的部分保留，腾出空间后再装一次即可继续")
    return EnvironmentFault(f"无法写入 {target}（{error.strerror}），请检查权限，或关闭病程助手后重试")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
