"""The dequantised parent of a GGUF file, as transformers reads it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from app.inference.conversion import huggingface_folder as module
from app.inference.conversion.gguf_source import GgufSource
from app.inference.conversion.huggingface_folder import write_huggingface_folder
from app.inference.conversion.steps import read_chat_template
from tests.helpers.catalog_models import CHATML
from tests.helpers.tiny_gguf import Tiny, write_tiny_gguf


@pytest.mark.parametrize("shard_bytes", [1 << 30, 20_000])
@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_all_weights_are_in_the_shards_that_the_index_names(
    architecture: str, shard_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SHARD_BYTES", shard_bytes)
    truth = write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(architecture))
    fractions: list[float] = []
    write_huggingface_folder(GgufSource(tmp_path / "tiny.gguf"), tmp_path / "parent", fractions.append)
    index = json.loads((tmp_path / "parent" / "model.safetensors.index.json").read_text())["weight_map"]
    assert index.keys() == truth.keys()
    assert (len(set(index.values())) > 2) == (shard_bytes == 20_000)
    for name, file in index.items():
        np.testing.assert_allclose(load_file(tmp_path / "parent" / file)[name], truth[name], atol=1e-3, err_msg=name)
    assert fractions[-1] == 1.0 and fractions == sorted(fractions)


def test_what_goes_with_the_weights(tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "tiny.gguf")
    source = GgufSource(tmp_path / "tiny.gguf")
    write_huggingface_folder(source, tmp_path / "parent", lambda fraction: None)
    assert json.loads((tmp_path / "parent" / "config.json").read_text()) == source.config()
    assert Tokenizer.from_file(str(tmp_path / "parent" / "tokenizer.json")).encode("the").tokens == ["th", "e"]
    assert read_chat_template(tmp_path / "parent") == CHATML


def test_a_templates_special_tokens_are_those_of_the_file(tmp_path: Path) -> None:
    template = "{{ bos_token }}{{ messages[0].content }}"
    write_tiny_gguf(
        tmp_path / "tiny.gguf",
        Tiny(omit=frozenset({"chat_template"}), change=lambda writer: writer.add_chat_template(template)),
    )
    write_huggingface_folder(GgufSource(tmp_path / "tiny.gguf"), tmp_path / "parent", lambda fraction: None)
    assert read_chat_template(tmp_path / "parent").startswith("{%- set bos_token = '<|endoftext|>' -%}")
