"""A Hugging Face folder of a tiny language model, as newer libraries write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from app.inference.conversion.gguf_source import GgufSource, Vocabulary
from app.inference.conversion.tokenizer_json import build_tokenizer
from app.inference.files import describe_files
from app.inference.prepared import CheckedFile
from tests.helpers.catalog_models import CHATML
from tests.helpers.tiny_gguf import SPECIAL, Tiny, tokens_and_merges, write_tiny_gguf


def write_tiny_huggingface(folder: Path, tiny: Tiny | None = None, **config: Any) -> tuple[CheckedFile, ...]:
    """Write the folder and describe its files; `config` replaces entries of config.json (None leaves one out)."""
    tiny = tiny or Tiny("qwen2")
    folder.mkdir(parents=True)
    gguf_file = folder.with_suffix(".gguf")
    weights = write_tiny_gguf(gguf_file, tiny)
    written = {**GgufSource(gguf_file).config(), "tie_word_embeddings": tiny.tied}
    written |= {"rope_parameters": {"rope_type": "default", "rope_theta": written.pop("rope_theta")}, **config}
    kept = {key: value for key, value in written.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept), encoding="utf-8")
    if tiny.tied:
        del weights["lm_head.weight"]
    stored = {name: weight.astype(np.float16) for name, weight in weights.items()}
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    _write_tokenizer(folder / "tokenizer.json", "qwen2" if tiny.architecture == "qwen2" else "smollm")
    settings = {"chat_template": CHATML, "bos_token": {"content": SPECIAL[0]}, "eos_token": SPECIAL[2]}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    gguf_file.unlink()
    return describe_files(folder)


def _write_tokenizer(path: Path, kind: str) -> None:
    """Merges are pairs, as tokenizers writes them since 0.20."""
    tokens, merges = tokens_and_merges()
    special = tuple(range(len(tokens) - len(SPECIAL), len(tokens)))
    document = json.loads(build_tokenizer(Vocabulary(tuple(tokens), tuple(merges), special, kind)).to_str())
    document["model"]["merges"] = [merge.split(" ") for merge in merges]
    path.write_text(json.dumps(document), encoding="utf-8")
