"""A decoder for the Llama family (Llama, Qwen2, Mistral) over the weights that BigDL-LLM loads.

The library's own forward spends more time between its kernels than in them, and its optimised Llama sees later tokens.
This one owns the key-value cache, so that a changed prompt is read from the change on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from app.inference.engines.bigdl_attention import Attention, Heads, rotations
from app.inference.engines.bigdl_layers import Layer, fastest_head, fastest_layer

# So many rows at once may come out as they would one by one.
FEW_ROWS = 8
# Lengths of a cache on which it is tried whether they do.
_TRIED = (1, 60, 600, 2000)


class Decoder:
    """One sequence with its cache. To be used inside `torch.inference_mode`, from one thread.

    `length` is how many tokens the cache holds; setting it lower forgets those behind. `model` is transformers'
    LlamaForCausalLM, Qwen2ForCausalLM or MistralForCausalLM with any linear layers; `capacity` in tokens.
    """

    def __init__(self, model: Any, capacity: int) -> None:
        config = model.config
        self.length = 0
        self.layers = config.num_hidden_layers
        self._embedding: torch.Tensor = model.model.embed_tokens.weight.data
        heads = _heads(config)
        # Room for the other one of a pair. Memory is taken by what is written, not by what is reserved.
        room = capacity + 1
        self._cache = torch.empty(self.layers, 2, heads.kv_heads, room, heads.size)
        turned = rotations(config.rope_theta, heads.size, room)
        self._layers = [
            fastest_layer(layer, Attention(heads, turned, cache), config.rms_norm_eps)
            for layer, cache in zip(model.model.layers, self._cache, strict=True)
        ]
        self._head = fastest_head(model.model.norm, model.lm_head, config.rms_norm_eps)

    def embed(self, ids: list[int]) -> torch.Tensor:
        """The input rows (n, hidden) of tokens."""
        return self._embedding[torch.tensor(ids)].float()

    def layer(self, number: int, rows: torch.Tensor) -> torch.Tensor:
        """One layer over rows that follow the cache, whose keys and values it writes; `advance` comes after all."""
        return self._layers[number](rows, self.length)

    def advance(self, count: int) -> None:
        """All layers have seen `count` more tokens."""
        self.length += count

    def logits(self, rows: torch.Tensor) -> torch.Tensor:
        """Logits (n, vocabulary) after the last layer."""
        return self._head(rows)

    def step(self, ids: list[int], *, in_pairs: bool = False) -> torch.Tensor:
        """Read a few more tokens; the logits (n, vocabulary) after each of them.

        `in_pairs`: rows are computed two and two, and so each comes out, to the last bit, as among a few.
        """
        computed = paired if in_pairs else _plainly
        rows = self.embed(ids)
        for layer in self._layers:
            rows = computed(layer, rows, self.length)
        self.advance(len(ids))
        return computed(self._head, rows)

    @torch.inference_mode()
    def rows_are_alike(self) -> bool:
        """Whether on this processor a few rows come out as each does in a pair, found by trying. Forgets all."""
        self.length = 0
        generator = torch.Generator().manual_seed(0)
        self._cache[0, :, :, : _TRIED[-1]].normal_(generator=generator)
        rows = torch.randn(FEW_ROWS, self._embedding.shape[1], generator=generator)
        starts = [start for start in _TRIED if start + FEW_ROWS < self._cache.shape[3]]
        logits_alike = _alike(lambda some, start: self._head(some), rows, 0)
        return logits_alike and all(_alike(self._layers[0], rows, start) for start in starts)


def _plainly(part: Callable[..., torch.Tensor], rows: torch.Tensor, *start: int) -> torch.Tensor:
    return part(rows, *start)


def paired(part: Callable[..., torch.Tensor], rows: torch.Tensor, *start: int) -> torch.Tensor:
    """What `part` makes of rows, of which the last has a copy beside it if it would be alone.

    ONNX Runtime multiplies two rows at once, and one that is left by other instructions, with other last bits: with
    AVX2 that of one row, with AVX512 that of any odd number.
    """
    if rows.shape[0] % 2 == 0:
        return part(rows, *start)
    return part(torch.cat([rows, rows[-1:]]), *start)[:-1]


def _alike(part: Layer, rows: torch.Tensor, start: int) -> bool:
    alone = torch.cat([paired(part, rows[row : row + 1], start + row) for row in range(FEW_ROWS)])
    counts = range(2, FEW_ROWS + 1)
    return all(torch.equal(paired(part, rows[:count], start), alone[:count]) for count in counts)


def _heads(config: Any) -> Heads:
    size = config.hidden_size // config.num_attention_heads
    return Heads(config.num_attention_heads, config.num_key_value_heads, size, _window(config))


def _window(config: Any) -> int | None:
    """How far back a token sees; Qwen2 has a window in its configuration that it does not use."""
    used = getattr(config, "use_sliding_window", True)
    return (getattr(config, "sliding_window", None) or None) if used else None
