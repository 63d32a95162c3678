"""Attention of one layer over the key-value cache of one sequence, by torch; see int4_graphs for ONNX Runtime's."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn.functional import scaled_dot_product_attention


class Heads(NamedTuple):
    """`kv_heads` are each shared by as many of the `heads` (grouped queries); each is of `size` numbers."""

    heads: int
    kv_heads: int
    size: int
    # How many of the last tokens one sees; None: all.
    window: int | None = None

    @property
    def width(self) -> int:
        """Numbers of the queries, keys and values of one token."""
        return (self.heads + 2 * self.kv_heads) * self.size


class Rotations(NamedTuple):
    """Cosines and sines (capacity, size / 2) of rotary positions (Su et al. 2021), in Hugging Face's layout."""

    cos: torch.Tensor
    sin: torch.Tensor


def rotations(theta: float, size: int, capacity: int) -> Rotations:
    """Those of the first `capacity` positions."""
    frequencies = theta ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
    angles = torch.outer(torch.arange(capacity, dtype=torch.float32), frequencies)
    return Rotations(angles.cos(), angles.sin())


class Attention:
    """One layer's. `cache` (2, kv_heads, capacity, size) float32 has its keys and values, at first anything."""

    def __init__(self, heads: Heads, turned: Rotations, cache: torch.Tensor) -> None:
        self.heads = heads
        self.rotations = turned
        self.keys, self.values = cache

    def __call__(self, qkv: torch.Tensor, start: int) -> torch.Tensor:
        """Write the rows from `start` on, and what they see of the cache: (n, heads * size).

        `qkv` (n, width): queries, keys and values beside each other, not yet turned by their positions.
        """
        count, end = qkv.shape[0], start + qkv.shape[0]
        queries, kv_heads = self.heads.heads, self.heads.kv_heads
        heads = qkv.view(count, queries + 2 * kv_heads, self.heads.size).transpose(0, 1)
        turned = _rotated(heads[: queries + kv_heads], self.rotations.cos[start:end], self.rotations.sin[start:end])
        self.keys[:, start:end] = turned[queries:]
        self.values[:, start:end] = heads[queries + kv_heads :]
        mixed = scaled_dot_product_attention(
            turned[None, :queries],
            self.keys[None, :, :end],
            self.values[None, :, :end],
            attn_mask=_seen(start, end, self.heads.window),
            enable_gqa=queries > kv_heads,
        )
        return mixed[0].transpose(0, 1).reshape(count, -1)


def _seen(start: int, end: int, window: int | None) -> torch.Tensor:
    """Which of the first `end` tokens each of those from `start` on may see: (end - start, end)."""
    distance = torch.arange(start, end)[:, None] - torch.arange(end)
    return distance >= 0 if window is None else (distance >= 0) & (distance < window)


def _rotated(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """`heads` (heads, n, size) turned by the positions of `cos` and `sin` (n, size / 2)."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
