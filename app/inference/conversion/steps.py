"""The steps of a conversion, each called in a process of its own (see `isolated`); heavy libraries load here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.core.errors import ModelFileFault
from app.inference.catalog import Weights
from app.inference.chat_template import with_special_tokens
from app.inference.conversion.isolated import Report
from app.inference.engine import Score
from app.inference.prepared import CheckedFile


def inspect_gguf(gguf_file: Path, report: Report) -> tuple[int, bool]:
    """The context of a GGUF file in tokens, and if it has a template. Raises ModelFileFault if it cannot be used."""
    from app.inference.conversion.gguf_source import GgufSource

    source = GgufSource(gguf_file)
    source.check()
    return source.context_tokens, bool(source.chat_template)


def dequantise(gguf_file: Path, folder: Path, report: Report) -> None:
    """The unquantised parent of a GGUF file, as a Hugging Face folder."""
    from app.inference.conversion.gguf_source import GgufSource
    from app.inference.conversion.huggingface_folder import write_huggingface_folder

    write_huggingface_folder(GgufSource(gguf_file), folder, report)


def open_parent(files: Sequence[CheckedFile], folder: Path, report: Report) -> None:
    """A hospital's Hugging Face folder, as the libraries here read it."""
    from app.inference.conversion.huggingface_source import open_huggingface

    open_huggingface(files, folder)


def score_parent(folder: Path, text: str, report: Report) -> Score:
    """How the unquantised parent reads a text, in float32 with plain transformers.

    Raises ModelFileFault if weights are missing or left over: the library would fill them with random values.
    """
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    from app.inference.scoring import score_logits

    report(0.1)
    model, loaded = AutoModelForCausalLM.from_pretrained(
        folder,
        torch_dtype=torch.float32,
        low_cpu_mem_usage=True,
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
    )
    _refuse_partly_loaded(loaded)
    model.eval()
    report(0.6)
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text, add_special_tokens=False).ids
    with torch.inference_mode():
        return score_logits(ids, model(torch.tensor([ids]), use_cache=False).logits[0].numpy())


def _refuse_partly_loaded(loaded: dict[str, Any]) -> None:
    for kind, words in (("missing_keys", "缺少"), ("unexpected_keys", "含有不受支持的"), ("mismatched_keys", "不符的")):
        if loaded[kind]:
            raise ModelFileFault(f"模型{words}权重 {sorted(map(str, loaded[kind]))[0]}，请检查模型文件是否完整")


def quantise_for_bigdl(parent: Path, folder: Path, kind: str, head: str, report: Report) -> None:
    """A folder of this kind (`sym_int4`: blocks of 64; `sym_int8`; `bf16`) with the tokenizer beside it.

    `head` is float32, or as the rest. The embedding, of which a token reads one row, is float16: in float32 it was half
    of a small model's folder.
    """
    import torch
    from bigdl.llm.transformers import AutoModelForCausalLM

    report(0.1)
    model = AutoModelForCausalLM.from_pretrained(
        str(parent),
        load_in_low_bit=kind,
        optimize_model=True,
        torch_dtype=torch.bfloat16 if kind == "bf16" else torch.float32,
        trust_remote_code=False,
        use_safetensors=True,
        modules_to_not_convert=["lm_head"] if head == "float32" else None,
    )
    if kind != "bf16":
        model.get_input_embeddings().to(torch.float16)
    report(0.7)
    model.save_low_bit(str(folder))
    shutil.copy(parent / "tokenizer.json", folder / "tokenizer.json")
    _forget_origin(folder / "config.json")


def _forget_origin(config: Path) -> None:
    """The library writes where the parent lay; a prepared folder may be carried to another machine."""
    values = json.loads(config.read_text())
    values.pop("_name_or_path", None)
    config.write_text(json.dumps(values, indent=1))


def convert_for_openvino(gguf_file: Path, folder: Path, weights: Weights, report: Report) -> None:
    """An OpenVINO IR folder from a GGUF file, made by GenAI itself; 4-bit ones are compressed after it."""
    import openvino_genai

    from app.inference.conversion.gguf_requantise import needs_requantising, requantise

    folder.mkdir(parents=True, exist_ok=True)
    readable = folder / "model.gguf"
    if weights is not Weights.INT4 or needs_requantising(gguf_file):
        requantise(gguf_file, readable, lambda fraction: report(0.6 * fraction), weights)
    else:
        shutil.copy(gguf_file, readable)
    report(0.6)
    try:
        openvino_genai.LLMPipeline(str(readable), "CPU", enable_save_ov_model=True)
    except Exception as error:  # the library lets its containers' errors through
        raise ModelFileFault(f"OpenVINO 无法读取 GGUF 文件 {gguf_file.name}，请检查文件是否受支持") from error
    readable.unlink()
    if not (folder / "openvino_model.xml").exists():
        raise ModelFileFault(f"OpenVINO 未能从 GGUF 文件 {gguf_file.name} 生成模型，请检查文件是否受支持")


def compress_for_openvino(source: Path, folder: Path, report: Report) -> str:
    """The IR folder `source` with its matrices in 4 bits; returns what they are."""
    from app.inference.conversion.ir_weights import MODEL, compress

    name = compress(source, folder)
    for file in source.iterdir():
        if file.stem != Path(MODEL).stem:
            shutil.copy(file, folder / file.name)
    return name


def read_chat_template(folder: Path) -> str:
    """The template of a Hugging Face folder (its own file, or an entry of tokenizer_config.json), or nothing.

    The special tokens that it names are bound to their texts. Raises ModelFileFault for files that cannot be read.
    """
    own, config = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    try:
        settings = json.loads(config.read_text(encoding="utf-8")) if config.exists() else {}
        template = own.read_text(encoding="utf-8") if own.exists() else settings.get("chat_template", "")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise ModelFileFault(f"模型文件夹 {folder.name} 的对话模板或 tokenizer_config.json 无法读取") from error
    if isinstance(template, list):  # several, by name
        template = next((one.get("template", "") for one in template if one.get("name") == "default"), "")
    tokens = {name: _token_text(settings.get(name)) for name in ("bos_token", "eos_token", "unk_token", "pad_token")}
    return with_special_tokens(template, tokens) if isinstance(template, str) else ""


def _token_text(value: object) -> str:
    """A token is written as its text, or as a table with it."""
    text = value.get("content") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""
