"""Writing a hospital's model into its catalog: one TOML file per model, with the hash of every file."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from app.core.errors import EnvironmentFault, ModelFileFault, UsageFault
from app.inference.catalog import NAME, CatalogModel, SourceKind, models_in
from app.inference.files import sha256_of
from app.inference.prepared import CheckedFile
from app.inference.recognition import Recognised


def entry_name(wanted: str | None, path: Path, known: Collection[str]) -> str:
    """The name under which a model is added: as wanted, or made from its path. Raises UsageFault if it cannot be."""
    stem = path.name.removesuffix(".gguf")
    name = wanted if wanted is not None else _plain(stem)
    if not NAME.fullmatch(name):
        raise UsageFault("模型名只能由字母、数字、点、下划线和连字符组成，不超过 64 个字符：请用 --name 指定")
    if name in known:
        raise UsageFault(f"模型目录中已有名为 {name} 的模型：请用 --name 另取一个名字")
    return name


def _plain(text: str) -> str:
    """A path's name in the characters that a model's name may have."""
    ascii_only = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[^a-z0-9._-]+", "-", ascii_only).strip("-._")[:64]


def hashed(model: Recognised, report: Callable[[float], None]) -> tuple[CheckedFile, ...]:
    """Its files with size and hash; `report` takes the fraction of bytes read."""
    sizes = {path: path.stat().st_size for path in model.files}
    total, done = max(sum(sizes.values()), 1), 0

    def count(read: int) -> None:
        nonlocal done
        done += read
        report(min(done / total, 1.0))

    try:
        return tuple(CheckedFile(str(path), sha256_of(path, count), size) for path, size in sizes.items())
    except OSError as error:
        raise ModelFileFault(f"模型文件无法读取：{error.strerror}") from error


def write_entry(catalog: Path, name: str, title: str, model: Recognised, files: tuple[CheckedFile, ...]) -> Path:
    """Write `<catalog>/<name>.toml`, whole or not at all. Raises UsageFault if it exists, EnvironmentFault."""
    target = catalog / f"{name}.toml"
    if target.exists():
        raise UsageFault(f"{target} 已经存在：请用 --name 另取一个名字")
    return write_text(catalog, name, toml_entry(name, title, model, files))


def write_text(catalog: Path, name: str, text: str) -> Path:
    """Write `<catalog>/<name>.toml`, whole or not at all. Raises UsageFault, EnvironmentFault."""
    target = catalog / f"{name}.toml"
    temporary = catalog / f".{name}.partial"
    try:
        catalog.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(target)
    except UnicodeEncodeError as error:
        raise UsageFault("模型路径含有无法识别的字符，请改名后重试") from error
    except OSError as error:
        raise EnvironmentFault(f"无法写入 {target}（{error.strerror}），请检查权限和磁盘空间") from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return target


def toml_entry(name: str, title: str, model: Recognised, files: tuple[CheckedFile, ...]) -> str:
    """The catalog's text for one model."""
    head = f"""[[model]]
name = {_quoted(name)}
title = {_quoted(title)}
languages = ["zh"]
context_tokens = {model.context_tokens}

[model.source]
kind = {_quoted(model.kind)}
path = {_quoted(str(model.folder))}
"""
    return head + "".join(_file_table(file) for file in files)


def entry_toml(model: CatalogModel) -> str:
    """A model's entry for another machine, which has its source nowhere: that is told by its hashes alone."""
    head = f"""[[model]]
name = {_quoted(model.name)}
title = {_quoted(model.title)}
base = {_quoted(model.base)}
licence = {_quoted(model.licence)}
languages = [{", ".join(map(_quoted, model.languages))}]
context_tokens = {model.context_tokens}
engine = {_quoted(model.engine)}
weights = {_quoted(model.weights)}
demonstration = {str(model.demonstration).lower()}
chat_template = {_quoted(model.chat_template)}

[model.source]
kind = {_quoted(model.kind)}
"""
    return head + "".join(_file_table(file, model.folder) for file in model.files)


def read_entry(text: str, path: Path, store: Path) -> CatalogModel:
    """The one model of an entry that was made by `entry_toml`. Raises ModelFileFault."""
    models = models_in(text, path, store)
    if len(models) != 1 or models[0].served or models[0].kind is SourceKind.SCRIPTED:
        raise ModelFileFault(f"模型目录 {path.name} 应只含一个可在本机运行的模型")
    return models[0]


def _file_table(file: CheckedFile, folder: Path | None = None) -> str:
    path = Path(file.path)
    name = _quoted(path.relative_to(folder).as_posix() if folder else path.name)
    return f"\n[[model.source.files]]\nfile = {name}\nsize = {file.size}\nsha256 = {_quoted(file.sha256)}\n"


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's, but that TOML wants DEL escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
