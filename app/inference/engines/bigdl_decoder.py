"""A decoder for the Llama family (Llama, Qwen2, Mistral) over the weights that BigDL-LLM loads.

The library's own forward spends more time between its kernels than in them, and its optimised Llama sees later tokens.
This one owns the key-value cache, so that a changed prompt is read from the change on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch

from app.inference.engines.bigdl_attention import FEW_ROWS, KeyValueCache
from app.inference.engines.bigdl_layers import fastest_head, fastest_layer
from app.inference.engines.int8_expander import Expander


class Decoder:
    """One sequence with its cache. To be used inside `torch.inference_mode`, from one thread.

    `length` is how many tokens the cache holds; setting it lower forgets those behind. `in_pairs`: a single row is
    computed as one of two, and so comes out, to the last bit, as among a few. `model` is transformers'
    LlamaForCausalLM, Qwen2ForCausalLM or MistralForCausalLM with any linear layers; `capacity` in tokens.
    """

    def __init__(self, model: Any, expander: Expander | None, capacity: int) -> None:
        config = model.config
        self.length = 0
        self.in_pairs = False
        self.layers = config.num_hidden_layers
        self._heads, self._kv_heads = config.num_attention_heads, config.num_key_value_heads
        self._head_size = config.hidden_size // self._heads
        self._embedding: torch.Tensor = model.model.embed_tokens.weight.data
        self._layers = [fastest_layer(layer, config.rms_norm_eps, expander) for layer in model.model.layers]
        self._head = fastest_head(model.model.norm, model.lm_head, config.rms_norm_eps)
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
        mixed = self._attend(number, self._computed(layer.qkv, rows))
        return self._computed(layer.after_attention, rows, mixed)

    def advance(self, count: int) -> None:
        """All layers have seen `count` more tokens."""
        self.length += count

    def logits(self, rows: torch.Tensor) -> torch.Tensor:
        """Logits (n, vocabulary) after the last layer."""
        return self._computed(self._head, rows)

    def step(self, ids: list[int]) -> torch.Tensor:
        """Read a few more tokens; the logits (n, vocabulary) after each of them."""
        rows = self.embed(ids)
        for number in range(self.layers):
            rows = self.layer(number, rows)
        self.advance(len(ids))
        return self.logits(rows)

    @cached_property
    def rows_are_alike(self) -> bool:
        """Whether on this processor a few rows come out as each does in a pair, found by trying."""
        layer, generator = self._layers[0], torch.Generator().manual_seed(0)
        rows = torch.randn(FEW_ROWS, self._embedding.shape[1], generator=generator)
        mixed = torch.randn(FEW_ROWS, self._heads * self._head_size, generator=generator)
        return _alike(layer.qkv, rows) and _alike(layer.after_attention, rows, mixed) and _alike(self._head, rows)

    def _computed(self, part: Callable[..., torch.Tensor], *rows: torch.Tensor) -> torch.Tensor:
        if self.in_pairs and rows[0].shape[0] == 1:
            return part(*(row.expand(2, -1) for row in rows))[:1]
        return part(*rows)

    def _attend(self, number: int, qkv: torch.Tensor) -> torch.Tensor:
        count, end = qkv.shape[0], self.length + qkv.shape[0]
        heads = qkv.view(count, self._heads + 2 * self._kv_heads, self._head_size).transpose(0, 1)
        cos, sin = self._cos[self.length : end], self._sin[self.length : end]
        rotated = _rotated(heads[: self._heads + self._kv_heads], cos, sin)
        queries, keys, values = rotated[: self._heads], rotated[self._heads :], heads[self._heads + self._kv_heads :]
        mixed = self._cache.attend(number, self.length, queries, keys, values)
        return mixed.transpose(0, 1).reshape(count, -1)


def _alike(part: Callable[..., torch.Tensor], *rows: torch.Tensor) -> bool:
    pairs = [part(*(of[row : row + 1].expand(2, -1) for of in rows))[:1] for row in range(FEW_ROWS)]
    counts = range(2, FEW_ROWS + 1)
    return all(torch.equal(part(*(of[:count] for of in rows)), torch.cat(pairs[:count])) for count in counts)


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
