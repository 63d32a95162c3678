"""The steps of a conversion, each called in a process of its own (see `isolated`); heavy libraries load here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from app.core.errors import ModelFileFault
from app.inference.conversion.isolated import Report
from app.inference.engine import Score


def dequantise(gguf_file: Path, folder: Path, report: Report) -> None:
    """The unquantised parent of a GGUF file, as a Hugging Face folder."""
    from app.inference.conversion.gguf_source import GgufSource
    from app.inference.conversion.huggingface_folder import write_huggingface_folder

    write_huggingface_folder(GgufSource(gguf_file), folder, report)


def score_parent(folder: Path, text: str, report: Report) -> Score:
    """How the unquantised parent reads a text, in float32 with plain transformers."""
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    from app.inference.scoring import score_logits

    report(0.1)
    model = AutoModelForCausalLM.from_pretrained(
        folder, torch_dtype=torch.float32, low_cpu_mem_usage=True, trust_remote_code=False, use_safetensors=True
    ).eval()
    report(0.6)
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text, add_special_tokens=False).ids
    with torch.inference_mode():
        return score_logits(ids, model(torch.tensor([ids]), use_cache=False).logits[0].numpy())


def quantise_for_bigdl(parent: Path, folder: Path, kind: str, head: str, report: Report) -> None:
    """An INT4 folder (`sym_int4`: blocks of 64) with the tokenizer beside it; `head` is int4 or float32."""
    import torch
    from bigdl.llm.transformers import AutoModelForCausalLM

    report(0.1)
    model = AutoModelForCausalLM.from_pretrained(
        str(parent),
        load_in_low_bit=kind,
        optimize_model=True,
        torch_dtype=torch.float32,
        trust_remote_code=False,
        use_safetensors=True,
        modules_to_not_convert=["lm_head"] if head == "float32" else None,
    )
    report(0.7)
    model.save_low_bit(str(folder))
    shutil.copy(parent / "tokenizer.json", folder / "tokenizer.json")
    _forget_origin(folder / "config.json")


def _forget_origin(config: Path) -> None:
    """The library writes where the parent lay; a prepared folder may be carried to another machine."""
    values = json.loads(config.read_text())
    values.pop("_name_or_path", None)
    config.write_text(json.dumps(values, indent=1))


def convert_for_openvino(gguf_file: Path, folder: Path, report: Report) -> str:
    """An OpenVINO IR folder from a GGUF file, made by GenAI itself; returns what its weights are."""
    import openvino_genai

    from app.inference.conversion.gguf_requantise import needs_requantising, requantise, weights_name

    folder.mkdir(parents=True, exist_ok=True)
    readable = folder / "model.gguf"
    if needs_requantising(gguf_file):
        requantise(gguf_file, readable, lambda fraction: report(0.6 * fraction))
    else:
        shutil.copy(gguf_file, readable)
    report(0.6)
    name = weights_name(readable)
    openvino_genai.LLMPipeline(str(readable), "CPU", enable_save_ov_model=True)
    readable.unlink()
    if not (folder / "openvino_model.xml").exists():
        raise ModelFileFault("OpenVINO 未能从该 GGUF 文件生成模型，请检查文件是否受支持")
    return name


def read_chat_template(folder: Path) -> str:
    """The template of a Hugging Face folder: its own file, or the entry of tokenizer_config.json."""
    own = folder / "chat_template.jinja"
    if own.exists():
        return own.read_text(encoding="utf-8")
    config = folder / "tokenizer_config.json"
    template = json.loads(config.read_text(encoding="utf-8")).get("chat_template", "") if config.exists() else ""
    return template if isinstance(template, str) else ""
