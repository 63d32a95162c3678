"""Folders that are ready as they come: what must be in them, and what their weights are."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from app.core.errors import ModelFileFault
from app.inference.catalog import CatalogModel, SourceKind

# Without these an engine cannot load the folder.
NEEDED: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.HUGGINGFACE: ("config.json", "tokenizer.json"),
    SourceKind.INT4_FOLDER: ("config.json", "tokenizer.json", "pytorch_model.bin"),
    SourceKind.IR_FOLDER: tuple(
        f"openvino_{part}.{end}" for part in ("model", "tokenizer", "detokenizer") for end in ("xml", "bin")
    ),
}
_BITS = {"u4": 4, "i4": 4, "nf4": 4, "u8": 8, "i8": 8, "f16": 16, "bf16": 16, "f32": 32}
_CONSTANT = re.compile(r'<data element_type="(\w+)"[^>]*? size="(\d+)"')


def refuse_incomplete(kind: SourceKind, names: Iterable[str], where: str) -> None:
    """Raise ModelFileFault naming the first file that a folder of this kind lacks."""
    present = set(names)
    lacking = [name for name in NEEDED.get(kind, ()) if name not in present]
    if lacking:
        raise ModelFileFault(f"{where} 缺少文件 {lacking[0]}，请补全")


def adopted_weights(model: CatalogModel) -> str:
    """What the weights of an INT4 or IR folder are, for the generation's metadata. Raises ModelFileFault."""
    try:
        if model.kind is SourceKind.INT4_FOLDER:
            config = json.loads((model.folder / "config.json").read_text(encoding="utf-8"))
            return str(config["bigdl_transformers_low_bit"])
        return _ir_weights((model.folder / "openvino_model.xml").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileFault(f"模型 {model.name} 的文件夹 {model.folder.name} 不是 {model.kind} 格式") from error


def _ir_weights(xml: str) -> str:
    """Its kinds of constants by how many values they hold: `int4 u4+i8` where most are 4-bit.

    The largest, which is the embedding, is not counted: INT4 models commonly keep it in more bits. Kinds that hold
    less than a 16th are scales and norms (a group of 32 weights has one scale).
    """
    constants = [(int(size) * 8 // _BITS[kind], kind) for kind, size in _CONSTANT.findall(xml) if kind in _BITS]
    values: Counter[str] = Counter()
    for count, kind in sorted(constants)[:-1]:
        values[kind] += count
    if not values:
        raise ValueError("no weights")
    kinds = [kind for kind, count in values.most_common() if count * 16 > values.total()]
    bits = _BITS[kinds[0]]
    return f"{f'int{bits}' if bits < 16 else 'float'} {'+'.join(kinds)}"
