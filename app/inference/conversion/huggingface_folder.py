"""A Hugging Face folder from a GGUF file: float16 safetensors, config, tokenizer, chat template."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from app.inference.conversion.gguf_source import GgufSource
from app.inference.conversion.tokenizer_json import build_tokenizer

_SHARD_BYTES = 1 << 30


def write_huggingface_folder(source: GgufSource, folder: Path, report: Callable[[float], None]) -> None:
    """Write the dequantised parent of a model; `report` takes the fraction of layers written.

    Weights are float16: their error (2^-11 relative) is far below that of the 4-bit file they come from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_weights(source, folder, report)
    (folder / "config.json").write_text(json.dumps(source.config(), indent=1))
    vocabulary = source.vocabulary()
    build_tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(source.chat_template, encoding="utf-8")
    tokens = {
        "bos_token": vocabulary.tokens[source.bos_token_id],
        "eos_token": vocabulary.tokens[source.eos_token_id],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(tokens), encoding="utf-8")


def _write_weights(source: GgufSource, folder: Path, report: Callable[[float], None]) -> None:
    total = source.tensor_count
    shard: dict[str, NDArray[np.float16]] = {}
    index: dict[str, str] = {}
    shards = 0
    for done, (name, weight) in enumerate(source.weights()):
        shard[name] = weight.astype(np.float16)
        index[name] = f"model-{shards:05d}.safetensors"
        if sum(array.nbytes for array in shard.values()) > _SHARD_BYTES:
            save_file(shard, folder / index[name], metadata={"format": "pt"})
            shard, shards = {}, shards + 1
        report((done + 1) / total)
    if shard:
        save_file(shard, folder / f"model-{shards:05d}.safetensors", metadata={"format": "pt"})
    listing = {"metadata": {}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(listing))
