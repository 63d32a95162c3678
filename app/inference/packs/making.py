"""Making a pack from models that are ready on this machine."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import app
from app.core.errors import EnvironmentFault, ModelFileFault, UsageFault
from app.inference.catalog import CatalogModel
from app.inference.catalog_entry import entry_toml
from app.inference.packs.container import SUFFIX, PackWriter, file_writer, folder_writer
from app.inference.packs.manifest import MANIFEST_NAME, PackedFolder, PackedModel, PackManifest
from app.inference.packs.signature import SIGNATURE_NAME, sign
from app.inference.prepared import CheckedFile
from app.inference.store import MANIFEST, Manifest, manifest_text, prepared_folder, read_manifest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class _Part:
    """One file of a pack: its place in it, and where its bytes are."""

    file: CheckedFile
    source: Path | bytes


def make_pack(
    models: Sequence[CatalogModel],
    store: Path,
    output: Path,
    report: Callable[[float], None],
    *,
    engine: str | None = None,
    key: Ed25519PrivateKey | None = None,
) -> PackManifest:
    """Write a pack of prepared models, for one engine or for each that is ready: whole or not at all.

    `output` is a new folder, or one new file if it ends with `.wnpack`. Every file is hashed on its way.
    Raises UsageFault if it exists, EnvironmentFault if a model is not ready or the disk does not take it,
    ModelFileFault if a prepared file has changed.
    """
    if output.exists():
        raise UsageFault(f"{output} 已经存在，请另取一个名字")
    packed = [_packed(model, store, engine) for model in models]
    manifest = PackManifest(app.__version__, tuple(model for model, _ in packed))
    parts = [part for _, found in packed for part in found]
    data = manifest.to_bytes()
    with _new(output) as writer:
        _write(writer, MANIFEST_NAME, data)
        if key is not None:
            _write(writer, SIGNATURE_NAME, sign(data, key))
        _copy_all(writer, parts, max(manifest.size, 1), report)
    return manifest


def _packed(model: CatalogModel, store: Path, engine: str | None) -> tuple[PackedModel, list[_Part]]:
    if model.served:
        raise UsageFault(f"模型 {model.name} 在院内服务器上，没有可以打包的文件")
    found = []
    for name in model.engines:
        folder = prepared_folder(store, model, name)
        ready = read_manifest(folder, model)
        if ready is not None and engine in (None, name):
            found.append((name, _parts(folder, ready, f"{model.name}/{name}")))
    if not found:
        where = f"（引擎 {engine}）" if engine else ""
        raise EnvironmentFault(f"模型 {model.name} 尚未准备好{where}，请先运行 wardnote models prepare {model.name}")
    folders = tuple(PackedFolder(name, f"{model.name}/{name}", _files(parts)) for name, parts in found)
    described = PackedModel(
        name=model.name,
        title=model.title,
        licence=model.licence,
        demonstration=model.demonstration,
        source_sha256=model.source_sha256,
        entry=entry_toml(model),
        folders=folders,
    )
    return described, [part for _, parts in found for part in parts]


def _files(parts: Sequence[_Part]) -> tuple[CheckedFile, ...]:
    return tuple(part.file for part in parts)


def _parts(folder: Path, ready: Manifest, place: str) -> list[_Part]:
    """The files of a prepared folder, and a manifest in which all lie beside it, wherever they lay here."""
    base = folder / ready.path
    inside = [replace(file, path=(folder / file.path).relative_to(base).as_posix()) for file in ready.files]
    text = manifest_text(replace(ready, path=".", files=tuple(inside))).encode()
    own = CheckedFile(f"{place}/{MANIFEST}", hashlib.sha256(text).hexdigest(), len(text))
    parts = [_Part(replace(file, path=f"{place}/{file.path}"), base / file.path) for file in inside]
    return [*parts, _Part(own, text)]


@contextmanager
def _new(output: Path) -> Iterator[PackWriter]:
    """A writer to a partial pack that gets its name when everything is in it, and is removed otherwise."""
    partial = output.with_name(f".{output.name}.partial")
    as_file = output.name.endswith(SUFFIX)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        _remove(partial)
        if not as_file:
            partial.mkdir()
        with file_writer(partial) if as_file else folder_writer(partial) as writer:
            yield writer
        partial.rename(output)
    except OSError as error:
        raise EnvironmentFault(f"无法写入模型包 {output}（{error.strerror}），请检查权限和磁盘空间") from error
    finally:
        _remove(partial)


def _remove(partial: Path) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    with suppress(OSError):
        partial.unlink()


def _write(writer: PackWriter, path: str, data: bytes) -> None:
    with writer.member(path) as stream:
        stream.write(data)


def _copy_all(writer: PackWriter, parts: Sequence[_Part], total: int, report: Callable[[float], None]) -> None:
    done = 0
    for part in parts:
        if isinstance(part.source, bytes):
            _write(writer, part.file.path, part.source)
        else:
            _copy(writer, part.file, part.source)
        done += part.file.size
        report(done / total)


def _copy(writer: PackWriter, file: CheckedFile, source: Path) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        stream = source.open("rb")
    except OSError as error:
        raise ModelFileFault(f"模型文件 {source.name} 无法读取：{error.strerror}") from error
    with stream, writer.member(file.path) as target:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    if (digest.hexdigest(), size) != (file.sha256, file.size):
        raise ModelFileFault(f"模型文件 {source.name} 的校验值不符，文件已损坏或被改动，请重新准备这个模型")
