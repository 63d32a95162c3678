"""A GGUF file of a tiny language model with known weights, written as llama.cpp's converters write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind
from numpy.typing import NDArray
from tokenizers import pre_tokenizers

from tests.helpers.catalog_models import CHATML

LAYERS, HIDDEN, INNER, HEADS, KV_HEADS = 2, 64, 128, 4, 2
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
Weights = dict[str, NDArray[np.float32]]
Change = Callable[[gguf.GGUFWriter], None]


@dataclass(frozen=True)
class Tiny:
    """What to write. `omit` are keys and tensors left out; `kinds` how tensors are stored (else F32)."""

    architecture: str = "llama"
    tied: bool = True
    omit: frozenset[str] = frozenset()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    change: Change = lambda writer: None


def tokens_and_merges() -> tuple[list[str], list[str]]:
    """About 300 tokens: all bytes, some pairs of letters and of Chinese bytes, and the special ones."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pairs = [(one, other) for one in "Ġtheai" for other in "theans"]
    pairs += [("ç", "Ĺ"), ("ä", "»"), ("è", "Ĥ")]
    merged = list(dict.fromkeys("".join(pair) for pair in pairs))
    return [*alphabet, *merged, *SPECIAL], [" ".join(pair) for pair in pairs]


def true_weights(tiny: Tiny) -> Weights:
    """The tensors by their Hugging Face names; matrices are exact in 4 bits (blocks of 32 and of 64)."""
    random = np.random.default_rng(7)
    vocabulary = len(tokens_and_merges()[0])
    kv = HIDDEN // HEADS * KV_HEADS
    weights: Weights = {"model.embed_tokens.weight": _matrix(random, vocabulary, HIDDEN)}
    for layer in range(LAYERS):
        shapes = {"q": (HIDDEN, HIDDEN), "k": (kv, HIDDEN), "v": (kv, HIDDEN), "o": (HIDDEN, HIDDEN)}
        for name, shape in shapes.items():
            weights[f"model.layers.{layer}.self_attn.{name}_proj.weight"] = _matrix(random, *shape)
            if tiny.architecture == "qwen2" and name != "o":
                bias = random.normal(0, 0.1, shape[0]).astype(np.float16)
                weights[f"model.layers.{layer}.self_attn.{name}_proj.bias"] = bias.astype(np.float32)
        for name, shape in {"gate": (INNER, HIDDEN), "up": (INNER, HIDDEN), "down": (HIDDEN, INNER)}.items():
            weights[f"model.layers.{layer}.mlp.{name}_proj.weight"] = _matrix(random, *shape)
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.layers.{layer}.{name}.weight"] = np.ones(HIDDEN, np.float32)
    weights["model.norm.weight"] = np.ones(HIDDEN, np.float32)
    weights["lm_head.weight"] = (
        weights["model.embed_tokens.weight"] if tiny.tied else _matrix(random, vocabulary, HIDDEN)
    )
    return weights


def _matrix(random: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Multiples of 1/16 from -8/16 to 7/16; each group of 32 holds both ends."""
    values = random.integers(-8, 8, (rows, columns))
    values[:, ::32], values[:, 1::32] = -8, 7
    return (values / 16).astype(np.float32)


def write_tiny_gguf(path: Path, tiny: Tiny | None = None) -> Weights:
    """Write the file; returns the weights that a reader must find."""
    tiny = tiny or Tiny()
    writer = gguf.GGUFWriter(path, tiny.architecture)
    _write_fields(writer, tiny)
    weights = true_weights(tiny)
    for name, weight in weights.items():
        stored = _stored_name(name)
        if stored in tiny.omit or (name == "lm_head.weight" and tiny.tied):
            continue
        data = _permuted(weight, name) if tiny.architecture == "llama" else weight
        kind = tiny.kinds.get(stored, Kind.F32)
        writer.add_tensor(stored, gguf.quantize(data, kind), raw_dtype=kind)
    tiny.change(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return weights


def _write_fields(writer: gguf.GGUFWriter, tiny: Tiny) -> None:
    tokens, merges = tokens_and_merges()
    types = [gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens]
    writers: dict[str, Callable[[], None]] = {
        "file_type": lambda: writer.add_file_type(gguf.LlamaFileType.ALL_F32),
        "context_length": lambda: writer.add_context_length(512),
        "embedding_length": lambda: writer.add_embedding_length(HIDDEN),
        "block_count": lambda: writer.add_block_count(LAYERS),
        "feed_forward_length": lambda: writer.add_feed_forward_length(INNER),
        "head_count": lambda: writer.add_head_count(HEADS),
        "head_count_kv": lambda: writer.add_head_count_kv(KV_HEADS),
        "layer_norm_rms_epsilon": lambda: writer.add_layer_norm_rms_eps(1e-5),
        "freq_base": lambda: writer.add_rope_freq_base(50000.0),
        "model": lambda: writer.add_tokenizer_model("gpt2"),
        "pre": lambda: writer.add_tokenizer_pre("qwen2" if tiny.architecture == "qwen2" else "smollm"),
        "tokens": lambda: writer.add_token_list(tokens),
        "token_type": lambda: writer.add_token_types(types),
        "merges": lambda: writer.add_token_merges(merges),
        "bos_token_id": lambda: writer.add_bos_token_id(tokens.index("<|endoftext|>")),
        "eos_token_id": lambda: writer.add_eos_token_id(tokens.index("<|im_end|>")),
        "chat_template": lambda: writer.add_chat_template(CHATML),
    }
    for key, write in writers.items():
        if key not in tiny.omit:
            write()


def _stored_name(name: str) -> str:
    """llama.cpp's name of a tensor."""
    if not name.startswith("model.layers."):
        known = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
        return known[name.removesuffix(".weight")] + ".weight"
    _, _, layer, rest = name.split(".", 3)
    stem, _, end = rest.rpartition(".")
    known = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
    }
    return f"blk.{layer}.{known[stem]}.{end}"


def _permuted(weight: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """The order of rows that llama.cpp's `LlamaModel.permute` gives to q and k."""
    if "q_proj" not in name and "k_proj" not in name:
        return weight
    heads = HEADS if "q_proj" in name else KV_HEADS
    split = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return split.swapaxes(1, 2).reshape(weight.shape)
