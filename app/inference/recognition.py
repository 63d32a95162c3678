"""What a hospital's model is, told from its files: its form, which of them belong to it, whether it can be used."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.errors import ModelFileFault, UsageFault
from app.inference.catalog import SourceKind
from app.inference.conversion import steps
from app.inference.conversion.adopted import refuse_incomplete
from app.inference.conversion.isolated import isolated

# A longer context costs memory that a ward's note never needs.
_MOST_CONTEXT = 8192
_USUAL_CONTEXT = 4096
_ENDINGS: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.HUGGINGFACE: (".json", ".jinja", ".safetensors"),
    SourceKind.INT4_FOLDER: (".json", ".jinja", ".bin"),
    SourceKind.IR_FOLDER: (".json", ".jinja", ".xml", ".bin"),
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A model that is not in the catalog yet. `files` are those that a loader may read, all in `folder`."""

    kind: SourceKind
    folder: Path
    files: tuple[Path, ...]
    context_tokens: int
    has_template: bool


def recognise(path: Path, report: Callable[[float], None]) -> Recognised:
    """Look at a GGUF file or a model's folder.

    Raises UsageFault if there is nothing, ModelFileFault for links, for what is no model, and for models that no
    engine here runs.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100  (resolve would follow links)
    try:
        status = path.lstat()
    except OSError:
        raise UsageFault(f"找不到 {path}，请检查路径") from None
    _refuse_link(path, status)
    if stat.S_ISDIR(status.st_mode):
        return _recognise_folder(path)
    if not stat.S_ISREG(status.st_mode) or not _starts_as_gguf(path):
        raise ModelFileFault(f"{path.name} 不是 GGUF 文件；其他格式请指定模型所在的文件夹")
    context, has_template = isolated(steps.inspect_gguf, path, report=report)
    return Recognised(SourceKind.GGUF, path.parent, (path,), min(context, _MOST_CONTEXT), has_template)


def _starts_as_gguf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError as error:
        raise ModelFileFault(f"模型文件 {path.name} 无法读取：{error.strerror}") from error


def _recognise_folder(folder: Path) -> Recognised:
    try:
        paths = {path.name: path for path in sorted(folder.iterdir())}
    except OSError as error:
        raise ModelFileFault(f"文件夹 {folder} 无法读取：{error.strerror}") from error
    config = _read_config(paths)
    kind = _kind_of(folder, paths, config)
    files = tuple(_regular(path for name, path in paths.items() if name.endswith(_ENDINGS[kind])))
    refuse_incomplete(kind, (path.name for path in files), f"文件夹 {folder.name}")
    if kind is SourceKind.HUGGINGFACE:
        _refuse_unusable(folder, files, config)
    return Recognised(kind, folder, files, _context_of(config), bool(steps.read_chat_template(folder)))


def _kind_of(folder: Path, paths: Mapping[str, Path], config: Mapping[str, Any]) -> SourceKind:
    if "openvino_model.xml" in paths:
        return SourceKind.IR_FOLDER
    if "bigdl_transformers_low_bit" in config:
        return SourceKind.INT4_FOLDER
    if config:
        return SourceKind.HUGGINGFACE
    if any(name.endswith(".gguf") for name in paths):
        raise ModelFileFault(f"文件夹 {folder.name} 中有 GGUF 文件，请直接指定其中的一个文件")
    raise ModelFileFault(
        f"无法识别文件夹 {folder.name}：支持 Hugging Face、BigDL INT4、OpenVINO IR 文件夹，以及单个 GGUF 文件"
    )


def _refuse_unusable(folder: Path, files: tuple[Path, ...], config: Mapping[str, Any]) -> None:
    from app.inference.conversion.huggingface_source import old_config

    if not any(path.suffix == ".safetensors" for path in files):
        raise ModelFileFault(f"文件夹 {folder.name} 中没有 safetensors 权重；出于安全，不支持 .bin 权重")
    old_config(config, {})


def _read_config(paths: Mapping[str, Path]) -> Mapping[str, Any]:
    if "config.json" not in paths:
        return {}
    (path,) = _regular([paths["config.json"]])
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileFault("模型文件 config.json 无法读取，或不是有效的 JSON") from error
    return config if isinstance(config, dict) else {}


def _context_of(config: Mapping[str, Any]) -> int:
    trained = config.get("max_position_embeddings")
    return min(trained, _MOST_CONTEXT) if isinstance(trained, int) and trained > 0 else _USUAL_CONTEXT


def _regular(paths: Iterable[Path]) -> Iterator[Path]:
    """The files among the paths. Raises ModelFileFault for a link, a pipe, or an empty file."""
    for path in paths:
        status = path.lstat()
        _refuse_link(path, status)
        if stat.S_ISREG(status.st_mode):
            if status.st_size == 0:
                raise ModelFileFault(f"模型文件 {path.name} 是空的，请重新获取")
            yield path
        elif not stat.S_ISDIR(status.st_mode):
            raise ModelFileFault(f"模型文件 {path.name} 不是普通文件，已拒绝")


def _refuse_link(path: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise ModelFileFault(f"{path.name} 是一个链接，已拒绝，请换成文件本身（例如用 cp -rL 复制）")
