"""A decoder for the Llama family (Llama, Qwen2, Mistral) over the weights that BigDL-LLM loads.

The library's own forward spends more time between its kernels than in them, and its optimised Llama sees later tokens.
This one owns the key-value cache, so that a changed prompt is read from the change on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import silu

from app.inference.engines.bigdl_attention import KeyValueCache
from app.inference.engines.bigdl_linear import Expander, Linear, group, head


@dataclass(frozen=True, slots=True)
class _Layer:
    before_attention: torch.Tensor
    qkv: Linear
    out: Linear
    before_mlp: torch.Tensor
    gate_up: Linear
    down: Linear


class Decoder:
    """One sequence with its cache. To be used inside `torch.inference_mode`, from one thread.

    `length` is how many tokens the cache holds; setting it lower forgets those behind. `model` is transformers'
    LlamaForCausalLM, Qwen2ForCausalLM or MistralForCausalLM with any linear layers; `capacity` in tokens.
    """

    def __init__(self, model: Any, expander: Expander, capacity: int) -> None:
        config = model.config
        self.length = 0
        self.layers = config.num_hidden_layers
        self._heads, self._kv_heads = config.num_attention_heads, config.num_key_value_heads
        self._head_size = config.hidden_size // self._heads
        self._epsilon = config.rms_norm_eps
        self._embedding: torch.Tensor = model.model.embed_tokens.weight.data
        self._layers = [_layer(layer, expander) for layer in model.model.layers]
        self._norm = model.model.norm.weight.data
        self._head = head(model.lm_head)
        self._cos, self._sin = _rotations(config.rope_theta, self._head_size, capacity)
        self._cache = KeyValueCache(
            self.layers, self._heads, self._kv_heads, self._head_size, capacity, _window(config)
        )

    def embed(self, ids: list[int]) -> torch.Tensor:
        """The input rows (n, hidden) of tokens."""
        return self._embedding[torch.tensor(ids)].float()

    def layer(self, number: int, rows: torch.Tensor) -> torch.Tensor:
        """One layer over rows that follow the cache, whose keys and values it writes; `advance` comes after all."""
        layer = self._layers[number]
        rows = rows + layer.out(self._attend(number, layer.qkv(self._normed(rows, layer.before_attention))))
        gate, up = layer.gate_up(self._normed(rows, layer.before_mlp)).chunk(2, dim=-1)
        return rows + layer.down(silu(gate).mul_(up))

    def advance(self, count: int) -> None:
        """All layers have seen `count` more tokens."""
        self.length += count

    def logits(self, rows: torch.Tensor) -> torch.Tensor:
        """Logits (n, vocabulary) after the last layer."""
        return self._head(self._normed(rows, self._norm))

    def step(self, ids: list[int]) -> torch.Tensor:
        """Read a few more tokens; the logits (n, vocabulary) after each of them."""
        rows = self.embed(ids)
        for number in range(self.layers):
            rows = self.layer(number, rows)
        self.advance(len(ids))
        return self.logits(rows)

    def _normed(self, rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.rms_norm(rows, (rows.shape[-1],), weight, self._epsilon)

    def _attend(self, number: int, qkv: torch.Tensor) -> torch.Tensor:
        count, end = qkv.shape[0], self.length + qkv.shape[0]
        heads = qkv.view(count, self._heads + 2 * self._kv_heads, self._head_size).transpose(0, 1)
        cos, sin = self._cos[self.length : end], self._sin[self.length : end]
        rotated = _rotated(heads[: self._heads + self._kv_heads], cos, sin)
        queries, keys, values = rotated[: self._heads], rotated[self._heads :], heads[self._heads + self._kv_heads :]
        mixed = self._cache.attend(number, self.length, queries, keys, values)
        return mixed.transpose(0, 1).reshape(count, -1)


def _layer(layer: Any, expander: Expander) -> _Layer:
    attention, mlp = layer.self_attn, layer.mlp
    return _Layer(
        before_attention=layer.input_layernorm.weight.data,
        qkv=group([attention.q_proj, attention.k_proj, attention.v_proj], expander),
        out=group([attention.o_proj], expander),
        before_mlp=layer.post_attention_layernorm.weight.data,
        gate_up=group([mlp.gate_proj, mlp.up_proj], expander),
        down=group([mlp.down_proj], expander),
    )


def _window(config: Any) -> int:
    """How far back a token sees; Qwen2 has a window in its configuration that it does not use."""
    used = getattr(config, "use_sliding_window", True) and getattr(config, "sliding_window", None)
    return int(used) if used else 1 << 62


def _rotations(theta: float, size: int, capacity: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and signed sines (capacity, size) of rotary positions (Su et al. 2021), in Hugging Face's layout."""
    frequencies = theta ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
    angles = torch.outer(torch.arange(capacity, dtype=torch.float32), frequencies)
    sines = angles.sin()
    return angles.cos().repeat(1, 2), torch.cat([-sines, sines], dim=-1)


def _rotated(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """`heads` (heads, n, size) turned by the positions of `cos` and `sin` (n, size)."""
    return heads * cos + heads.roll(heads.shape[-1] // 2, dims=-1) * sin
