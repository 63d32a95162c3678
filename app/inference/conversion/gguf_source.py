"""Reading a GGUF file: architecture, configuration, tensors and vocabulary in Hugging Face's terms.

Source: the GGUF specification of ggml; tensor names and dequantisation come from the `gguf` package.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from app.core.errors import ModelFileFault

_TOP_LEVEL = ("model.embed_tokens.weight", "model.norm.weight", "lm_head.weight")
_PER_LAYER = (
    "input_layernorm.weight",
    "post_attention_layernorm.weight",
    "self_attn.q_proj.weight",
    "self_attn.q_proj.bias",
    "self_attn.k_proj.weight",
    "self_attn.k_proj.bias",
    "self_attn.v_proj.weight",
    "self_attn.v_proj.bias",
    "self_attn.o_proj.weight",
    "mlp.gate_proj.weight",
    "mlp.up_proj.weight",
    "mlp.down_proj.weight",
)
_ARCHITECTURES = {
    "llama": ("LlamaForCausalLM", "llama", gguf.MODEL_ARCH.LLAMA),
    "qwen2": ("Qwen2ForCausalLM", "qwen2", gguf.MODEL_ARCH.QWEN2),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A byte-level BPE vocabulary. `special` are the ids of control and user-defined tokens."""

    tokens: tuple[str, ...]
    merges: tuple[str, ...]
    special: tuple[int, ...]
    pre_tokenizer: str


class GgufSource:
    """A GGUF file of an architecture that both engines run (llama, qwen2). Raises ModelFileFault for any other."""

    def __init__(self, path: Path) -> None:
        try:
            self._reader = gguf.GGUFReader(path)
        except (ValueError, IndexError, OSError, KeyError) as error:
            raise ModelFileFault(f"GGUF 文件 {path.name} 无法读取：文件不完整或已损坏，请重新下载") from error
        architecture = str(self._field("general.architecture", ""))
        if architecture not in _ARCHITECTURES:
            raise ModelFileFault(f"GGUF 文件 {path.name} 的结构 {architecture or '未知'} 不受支持（支持 llama、qwen2）")
        self.class_name, self.model_type, self._arch = _ARCHITECTURES[architecture]
        self._prefix = architecture
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        self._names_in_file = gguf.get_tensor_name_map(self._arch, int(self._hyper("block_count")))

    def _field(self, key: str, default: Any = None) -> Any:
        field = self._reader.fields.get(key)
        return default if field is None else field.contents()

    def _hyper(self, key: str, default: Any = None) -> Any:
        return self._field(f"{self._prefix}.{key}", default)

    @property
    def chat_template(self) -> str:
        """The Jinja chat template that came with the model (a program: render it in a sandbox only)."""
        return str(self._field("tokenizer.chat_template", ""))

    @property
    def eos_token_id(self) -> int:
        """The token that ends an answer."""
        return int(self._field("tokenizer.ggml.eos_token_id"))

    @property
    def bos_token_id(self) -> int:
        """The token that begins a text."""
        return int(self._field("tokenizer.ggml.bos_token_id", self.eos_token_id))

    def config(self) -> dict[str, object]:
        """`config.json` of the Hugging Face folder; `rope_theta` at top level, where transformers 4.37 looks."""
        heads = int(self._hyper("attention.head_count"))
        return {
            "architectures": [self.class_name],
            "model_type": self.model_type,
            "hidden_size": int(self._hyper("embedding_length")),
            "intermediate_size": int(self._hyper("feed_forward_length")),
            "num_hidden_layers": int(self._hyper("block_count")),
            "num_attention_heads": heads,
            "num_key_value_heads": int(self._hyper("attention.head_count_kv", heads)),
            "max_position_embeddings": int(self._hyper("context_length")),
            "rope_theta": float(self._hyper("rope.freq_base", 10000.0)),
            "rms_norm_eps": float(self._hyper("attention.layer_norm_rms_epsilon")),
            "vocab_size": len(self._field("tokenizer.ggml.tokens")),
            "hidden_act": "silu",
            # BigDL-LLM does not tie embeddings: the head is always written as a tensor of its own.
            "tie_word_embeddings": False,
            "bos_token_id": self.bos_token_id,
            "eos_token_id": self.eos_token_id,
            "torch_dtype": "float16",
        }

    def vocabulary(self) -> Vocabulary:
        """The tokenizer's raw material."""
        types = self._field("tokenizer.ggml.token_type")
        marked = (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED)
        return Vocabulary(
            tokens=tuple(self._field("tokenizer.ggml.tokens")),
            merges=tuple(self._field("tokenizer.ggml.merges")),
            special=tuple(index for index, kind in enumerate(types) if kind in marked),
            pre_tokenizer=str(self._field("tokenizer.ggml.pre", "")),
        )

    def weights(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Every tensor under its Hugging Face name, dequantised to float32, in row-major (out, in) shape."""
        for name in self._names():
            tensor = self._lookup(name)
            if tensor is not None:
                yield name, self._unpermuted(name, gguf.dequantize(tensor.data, tensor.tensor_type))

    def _names(self) -> Iterator[str]:
        yield from _TOP_LEVEL
        for layer in range(int(self._hyper("block_count"))):
            for suffix in _PER_LAYER:
                yield f"model.layers.{layer}.{suffix}"

    def _lookup(self, name: str) -> gguf.ReaderTensor | None:
        found = self._tensors.get(self._names_in_file.get_name(name, try_suffixes=(".weight", ".bias")) or "")
        if found is None and name == "lm_head.weight":  # tied in the file: the embedding is the head
            return self._tensors.get("token_embd.weight")
        return found

    def _unpermuted(self, name: str, weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """Undo llama.cpp's reordering of q and k rows (its rotary layout), which only Llama models have."""
        if self.model_type != "llama" or not name.endswith(("q_proj.weight", "k_proj.weight")):
            return weight
        key = "attention.head_count" if "q_proj" in name else "attention.head_count_kv"
        heads, rows = int(self._hyper(key)), weight.shape[0]
        halves = weight.reshape(heads, rows // heads // 2, 2, *weight.shape[1:])
        return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weight.shape))
