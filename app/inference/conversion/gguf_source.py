"""Reading a GGUF file: architecture, configuration, tensors and vocabulary in Hugging Face's terms.

Source: the GGUF specification of ggml; tensor names and dequantisation come from the `gguf` package.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
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
# More layers than any model of these families has; a broken file may claim billions.
_MOST_LAYERS = 512
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
    """A GGUF file of an architecture that both engines run (llama, qwen2).

    Raises ModelFileFault, here or later, for any other, for a broken file, and for one with parts that would be lost:
    nothing is guessed, since parent and copy would then be wrong alike.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            self._reader = gguf.GGUFReader(path)
        except Exception as error:  # whatever the reader stumbles over is the file's fault
            raise self._fault("无法读取：文件不完整或已损坏，请重新下载") from error
        architecture = str(self._field("general.architecture", ""))
        if architecture not in _ARCHITECTURES:
            raise self._fault(f"的结构 {architecture or '未知'} 不受支持（支持 llama、qwen2）")
        self.class_name, self.model_type, self._arch = _ARCHITECTURES[architecture]
        self._prefix = architecture
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        self._layers = self._count("block_count")
        if self._layers > _MOST_LAYERS:
            raise self._fault(f"的层数 {self._layers} 无效")
        self._names_in_file = gguf.get_tensor_name_map(self._arch, self._layers)
        self._refuse_other_positions()

    def _fault(self, reason: str) -> ModelFileFault:
        return ModelFileFault(f"GGUF 文件 {self._name} {reason}")

    def _field(self, key: str, default: Any = None) -> Any:
        field = self._reader.fields.get(key)
        try:
            return default if field is None else field.contents()
        except Exception as error:
            raise self._fault(f"的字段 {key} 已损坏，请重新下载") from error

    def _required(self, key: str) -> Any:
        value = self._field(key)
        if value is None:
            raise self._fault(f"缺少字段 {key}")
        return value

    def _count(self, key: str, default: int | None = None) -> int:
        name = f"{self._prefix}.{key}"
        value = self._required(name) if default is None else self._field(name, default)
        if not isinstance(value, int) or value <= 0:
            raise self._fault(f"的字段 {name} 无效")
        return value

    def _figure(self, key: str, default: float | None = None) -> float:
        name = f"{self._prefix}.{key}"
        value = self._required(name) if default is None else self._field(name, default)
        if not isinstance(value, int | float) or not 0 < value < math.inf:
            raise self._fault(f"的字段 {name} 无效")
        return float(value)

    def _refuse_other_positions(self) -> None:
        """Scaled positions would be lost without a trace in short texts."""
        scaling = self._field(f"{self._prefix}.rope.scaling.type", "none")
        if scaling != "none":
            raise self._fault(f"的位置编码扩展 {scaling} 不受支持")

    @property
    def chat_template(self) -> str:
        """The Jinja chat template that came with the model (a program: render it in a sandbox only)."""
        return str(self._field("tokenizer.chat_template", ""))

    @property
    def eos_token_id(self) -> int:
        """The token that ends an answer."""
        return self._token("eos", None)

    @property
    def bos_token_id(self) -> int:
        """The token that begins a text."""
        return self._token("bos", self.eos_token_id)

    def _token(self, name: str, default: int | None) -> int:
        key = f"tokenizer.ggml.{name}_token_id"
        value = self._required(key) if default is None else self._field(key, default)
        if not isinstance(value, int) or not 0 <= value < self._vocabulary_size:
            raise self._fault(f"的字段 {key} 无效")
        return value

    @property
    def context_tokens(self) -> int:
        """The longest text that the model was trained for."""
        return self._count("context_length")

    @cached_property
    def _vocabulary_size(self) -> int:
        return len(self._required("tokenizer.ggml.tokens"))

    def config(self) -> dict[str, object]:
        """`config.json` of the Hugging Face folder; `rope_theta` at top level, where transformers 4.37 looks."""
        heads = self._count("attention.head_count")
        return {
            "architectures": [self.class_name],
            "model_type": self.model_type,
            "hidden_size": self._count("embedding_length"),
            "intermediate_size": self._count("feed_forward_length"),
            "num_hidden_layers": self._layers,
            "num_attention_heads": heads,
            "num_key_value_heads": self._count("attention.head_count_kv", heads),
            "max_position_embeddings": self.context_tokens,
            "rope_theta": self._figure("rope.freq_base", 10000.0),
            "rms_norm_eps": self._figure("attention.layer_norm_rms_epsilon"),
            "vocab_size": self._vocabulary_size,
            "hidden_act": "silu",
            # BigDL-LLM does not tie embeddings: the head is always written as a tensor of its own.
            "tie_word_embeddings": False,
            "bos_token_id": self.bos_token_id,
            "eos_token_id": self.eos_token_id,
            "torch_dtype": "float16",
        }

    def vocabulary(self) -> Vocabulary:
        """The tokenizer's raw material."""
        kind = self._required("tokenizer.ggml.model")
        if kind != "gpt2":
            raise self._fault(f"的分词器 {kind} 不受支持（支持字节级 BPE，即 gpt2）")
        types = self._required("tokenizer.ggml.token_type")
        marked = (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED)
        return Vocabulary(
            tokens=tuple(self._required("tokenizer.ggml.tokens")),
            merges=tuple(self._required("tokenizer.ggml.merges")),
            special=tuple(index for index, kind in enumerate(types) if kind in marked),
            pre_tokenizer=str(self._field("tokenizer.ggml.pre", "")),
        )

    def weights(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Every tensor under its Hugging Face name, dequantised to float32, in row-major (out, in) shape."""
        shapes = self._shapes()
        for name, tensor in self._found().items():
            weight = self._expanded(tensor)
            if weight.shape != shapes[_kind_of(name)]:
                raise self._fault(f"的张量 {tensor.name} 形状与配置不符")
            yield name, self._unpermuted(name, weight)

    def check(self) -> None:
        """Raise ModelFileFault for what can be told from the names alone, without reading the weights."""
        self.config()
        self.vocabulary()
        self._found()

    def _found(self) -> dict[str, gguf.ReaderTensor]:
        """The file's tensors by Hugging Face name; every one of them, and none left over."""
        found = {name: self._lookup(name) for name in self._names()}
        unused = set(self._tensors) - {tensor.name for tensor in found.values()}
        if unused:
            raise self._fault(f"含有不受支持的张量 {min(unused)}")
        return found

    def _expanded(self, tensor: gguf.ReaderTensor) -> NDArray[np.float32]:
        try:
            weight: NDArray[np.float32] = gguf.dequantize(tensor.data, tensor.tensor_type)
        except NotImplementedError as error:
            raise self._fault(f"的张量 {tensor.name} 的格式 {tensor.tensor_type.name} 不受支持") from error
        return weight

    @property
    def tensor_count(self) -> int:
        """How many tensors `weights` gives."""
        return len(list(self._names()))

    def _names(self) -> Iterator[str]:
        yield from _TOP_LEVEL
        for layer in range(self._layers):
            for suffix in _PER_LAYER:
                if self.model_type == "qwen2" or not suffix.endswith(".bias"):
                    yield f"model.layers.{layer}.{suffix}"

    def _lookup(self, name: str) -> gguf.ReaderTensor:
        in_file = self._names_in_file.get_name(name, try_suffixes=(".weight", ".bias"))
        if name == "lm_head.weight" and in_file not in self._tensors:  # tied in the file: the embedding is the head
            in_file = "token_embd.weight"
        if in_file not in self._tensors:
            raise self._fault(f"缺少张量 {in_file}")
        return self._tensors[in_file]

    def _shapes(self) -> Mapping[str, tuple[int, ...]]:
        """What each kind of tensor must be, as (out, in)."""
        hidden, inner = self._count("embedding_length"), self._count("feed_forward_length")
        heads = self._count("attention.head_count")
        keys = hidden // heads * self._count("attention.head_count_kv", heads)
        return {
            **dict.fromkeys(_TOP_LEVEL, (self._vocabulary_size, hidden)),
            **dict.fromkeys(("model.norm.weight", *_PER_LAYER[:2]), (hidden,)),
            **dict.fromkeys(("self_attn.q_proj.weight", "self_attn.o_proj.weight"), (hidden, hidden)),
            **dict.fromkeys(("self_attn.k_proj.weight", "self_attn.v_proj.weight"), (keys, hidden)),
            **dict.fromkeys(("self_attn.k_proj.bias", "self_attn.v_proj.bias"), (keys,)),
            "self_attn.q_proj.bias": (hidden,),
            **dict.fromkeys(("mlp.gate_proj.weight", "mlp.up_proj.weight"), (inner, hidden)),
            "mlp.down_proj.weight": (hidden, inner),
        }

    def _unpermuted(self, name: str, weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """Undo llama.cpp's reordering of q and k rows (its rotary layout), which only Llama models have."""
        if self.model_type != "llama" or not name.endswith(("q_proj.weight", "k_proj.weight")):
            return weight
        heads = self._count("attention.head_count")
        if "k_proj" in name:
            heads = self._count("attention.head_count_kv", heads)
        halves = weight.reshape(heads, weight.shape[0] // heads // 2, 2, *weight.shape[1:])
        return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weight.shape))


def _kind_of(name: str) -> str:
    """A tensor's name without its layer."""
    return name.split(".", 3)[3] if name.startswith("model.layers.") else name
