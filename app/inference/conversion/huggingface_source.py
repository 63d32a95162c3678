"""A hospital's Hugging Face folder, made ready for the libraries that read it here.

transformers 4.37, tokenizers 0.15 and BigDL-LLM are older than many models: what newer versions write differently is
written as these read it, and what they would silently leave out is refused.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import safetensors
from tokenizers import Tokenizer

from app.core.errors import ModelFileFault
from app.inference.prepared import CheckedFile

# Families whose layers the BigDL engine drives, without code of their own.
ARCHITECTURES = ("LlamaForCausalLM", "Qwen2ForCausalLM", "MistralForCausalLM")
_NEEDED = ("config.json", "tokenizer.json")
_KEPT = ("tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json")
_EMBEDDING, _HEAD = "model.embed_tokens.weight", "lm_head.weight"


def open_huggingface(files: Sequence[CheckedFile], folder: Path) -> None:
    """Make a folder of links to the checked files, with config and tokenizer as the old libraries read them.

    Files that the catalog does not list are not in it. Raises ModelFileFault for what cannot be used.
    """
    paths = {Path(file.path).name: Path(file.path) for file in files}
    for name in _NEEDED:
        if name not in paths:
            raise ModelFileFault(f"模型文件夹缺少 {name}，请把它加入模型目录")
    folder.mkdir(parents=True, exist_ok=True)
    config = _read_json(paths["config.json"])
    generation = _read_json(paths["generation_config.json"]) if "generation_config.json" in paths else {}
    (folder / "config.json").write_text(json.dumps(old_config(config, generation), indent=1), encoding="utf-8")
    _write_tokenizer(paths["tokenizer.json"], folder / "tokenizer.json")
    for name in set(_KEPT) & set(paths):
        link(paths[name], folder / name)
    shards = [path for name, path in sorted(paths.items()) if name.endswith(".safetensors")]
    _link_weights(shards, folder, tied=config.get("tie_word_embeddings") is True)


def link(source: Path, target: Path) -> None:
    """Let `target` have the content of `source`, copied only where the system allows its users no links (Windows)."""
    for way in (os.symlink, os.link):
        try:
            way(source, target)
            return
        except OSError:
            continue
    shutil.copyfile(source, target)


def old_config(config: Mapping[str, Any], generation: Mapping[str, Any]) -> dict[str, Any]:
    """`config.json` as transformers 4.37 reads it; the head is untied, since BigDL-LLM knows no tied ones."""
    architecture = (config.get("architectures") or ["未知"])[0]
    if architecture not in ARCHITECTURES:
        raise ModelFileFault(f"模型结构 {architecture} 不受支持（支持 {'、'.join(ARCHITECTURES)}）")
    if "quantization_config" in config:
        raise ModelFileFault("这个模型文件夹已经量化过，请换成未量化的原模型，或用 GGUF 文件")
    _refuse_other_heads(config)
    positions = config.get("rope_parameters") or {}
    _refuse_other_positions(positions, config.get("rope_scaling") or {})
    ends = generation.get("eos_token_id", config.get("eos_token_id"))
    theta = config.get("rope_theta", positions.get("rope_theta", 10000.0))
    dropped = ("rope_parameters", "rope_scaling", "auto_map")
    kept = {key: value for key, value in config.items() if key not in dropped}
    dtype = config.get("torch_dtype", config.get("dtype", "float16"))
    return {**kept, "rope_theta": theta, "eos_token_id": ends, "torch_dtype": dtype, "tie_word_embeddings": False}


def _refuse_other_heads(config: Mapping[str, Any]) -> None:
    """transformers 4.37 knows no `head_dim`."""
    try:
        hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileFault("模型的 config.json 不完整（hidden_size、num_attention_heads）") from error
    if (config.get("head_dim") or hidden // heads) * heads != hidden:
        raise ModelFileFault(f"模型的注意力头宽 {config.get('head_dim')} 不受支持")


def _refuse_other_positions(*settings: Mapping[str, Any]) -> None:
    """Scaled positions would be lost without a trace in short texts."""
    for setting in settings:
        kind = setting.get("rope_type", setting.get("type", "default"))
        if kind != "default":
            raise ModelFileFault(f"模型的位置编码扩展 {kind} 不受支持")


def _write_tokenizer(source: Path, target: Path) -> None:
    """tokenizers 0.15 reads merges as `"a b"`; newer versions write pairs."""
    document = _read_json(source)
    model = document.get("model")
    merges = model.get("merges") if isinstance(model, dict) else None
    if isinstance(model, dict) and isinstance(merges, list):
        model["merges"] = [" ".join(merge) if isinstance(merge, list) else merge for merge in merges]
    target.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    try:
        Tokenizer.from_file(str(target))
    except Exception as error:  # the library raises nothing more precise
        raise ModelFileFault(f"分词器文件 {source.name} 已损坏或格式不受支持") from error


def _link_weights(shards: Sequence[Path], folder: Path, *, tied: bool) -> None:
    index: dict[str, str] = {}
    for number, path in enumerate(shards):
        name = f"model-{number:05d}.safetensors"
        link(path, folder / name)
        index |= dict.fromkeys(_tensor_names(path), name)
    if _EMBEDDING not in index:
        raise ModelFileFault("模型文件夹缺少权重（*.safetensors），请把它们加入模型目录")
    if tied and _HEAD not in index:
        _copy_head(folder / index[_EMBEDDING], folder / "head.safetensors")
        index[_HEAD] = "head.safetensors"
    listing = {"metadata": {}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(listing), encoding="utf-8")


def _tensor_names(path: Path) -> list[str]:
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return list(file.keys())
    except safetensors.SafetensorError as error:
        raise ModelFileFault(f"权重文件 {path.name} 已损坏") from error


def _copy_head(shard: Path, target: Path) -> None:
    """The embedding as the head, byte for byte (numpy has no bfloat16).

    A safetensors file is the length of its header (8 bytes, little-endian), the header in JSON, and the data.
    """
    with shard.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[_EMBEDDING]
        begin, end = entry["data_offsets"]
        file.seek(8 + length + begin)
        data = file.read(end - begin)
    described = {"__metadata__": {"format": "pt"}, _HEAD: {**entry, "data_offsets": [0, len(data)]}}
    header = json.dumps(described).encode()
    target.write_bytes(len(header).to_bytes(8, "little") + header + data)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileFault(f"模型文件 {path.name} 不是有效的 JSON") from error
    if not isinstance(document, dict):
        raise ModelFileFault(f"模型文件 {path.name} 不是有效的 JSON 对象")
    return document
