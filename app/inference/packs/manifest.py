"""What is in a pack: models with their catalog entries, and every file with its size and hash."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from app.core.errors import ModelFileFault
from app.inference.catalog import ENGINES, NAME
from app.inference.prepared import CheckedFile

FORMAT = "wardnote-model-pack/1"
MANIFEST_NAME = "pack.json"
# A manifest of thousands of files is smaller.
MAX_MANIFEST_BYTES = 16 << 20
_HEX = frozenset("0123456789abcdef")
# A name that Windows can write too; no part is a way out of the folder.
_FORBIDDEN = frozenset('\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class PackedFolder:
    """One model made ready for one engine. `path` is its folder in the pack, and so begin the paths of `files`."""

    engine: str
    path: str
    files: tuple[CheckedFile, ...]


@dataclass(frozen=True, slots=True)
class PackedModel:
    """One model; `entry` is its catalog entry (TOML), `source_sha256` what that entry's files hash to."""

    name: str
    title: str
    licence: str
    demonstration: bool
    source_sha256: str
    entry: str
    folders: tuple[PackedFolder, ...]

    @property
    def files(self) -> tuple[CheckedFile, ...]:
        """The files of all its folders."""
        return tuple(file for folder in self.folders for file in folder.files)


@dataclass(frozen=True, slots=True)
class PackManifest:
    """What `pack.json` says. `made_with` is the version of the program that made it."""

    made_with: str
    models: tuple[PackedModel, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for model in self.models for file in model.files)

    def to_bytes(self) -> bytes:
        """The text that is signed, the same for the same pack."""
        document = {"format": FORMAT, **asdict(self)}
        return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes, where: str) -> PackManifest:
        """Raises ModelFileFault for anything but a manifest whose paths stay inside the pack."""
        try:
            document = json.loads(data.decode())
            if document["format"] != FORMAT:
                raise ModelFileFault(f"模型包 {where} 的格式 {document['format']!r} 不认识，请用同版本的程序制作")
            manifest = cls(_text(document["made_with"]), tuple(_model(raw) for raw in document["models"]))
            if not manifest.models or len({model.name for model in manifest.models}) != len(manifest.models):
                raise ValueError("models")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelFileFault(f"模型包 {where} 的清单 {MANIFEST_NAME} 已损坏，请重新复制模型包") from error
        return manifest


def _model(raw: dict[str, Any]) -> PackedModel:
    model = PackedModel(
        name=_text(raw["name"]),
        title=_text(raw["title"]),
        licence=_text(raw["licence"]),
        demonstration=bool(raw["demonstration"]),
        source_sha256=_text(raw["source_sha256"]),
        entry=_text(raw["entry"]),
        folders=tuple(_folder(one) for one in raw["folders"]),
    )
    engines = [folder.engine for folder in model.folders]
    if not NAME.fullmatch(model.name) or not engines or len(set(engines)) != len(engines):
        raise ValueError("model")
    return model


def _folder(raw: dict[str, Any]) -> PackedFolder:
    folder = PackedFolder(_text(raw["engine"]), _inside(raw["path"]), tuple(_file(one) for one in raw["files"]))
    if folder.engine not in ENGINES or not all(file.path.startswith(folder.path + "/") for file in folder.files):
        raise ValueError("folder")
    if len({file.path.lower() for file in folder.files}) != len(folder.files):
        raise ValueError("files")
    return folder


def _file(raw: dict[str, Any]) -> CheckedFile:
    file = CheckedFile(_inside(raw["path"]), _text(raw["sha256"]), raw["size"])
    if type(file.size) is not int or file.size < 0 or len(file.sha256) != 64 or not set(file.sha256) <= _HEX:
        raise ValueError("file")
    return file


def _inside(path: object) -> str:
    text = _text(path)
    parts = text.split("/")
    plain = not _FORBIDDEN & set(text) and all(character >= " " for character in text)
    if not plain or any(part in ("", ".", "..") or part.endswith((".", " ")) for part in parts):
        raise ValueError("path")
    return str(PurePosixPath(text))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value
