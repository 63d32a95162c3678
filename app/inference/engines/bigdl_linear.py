"""BigDL-LLM's INT4 layers, multiplied by whichever kernel is fastest for the number of rows.

Three kernels, measured on one AVX2 core for 1536 x 1536 weights: torch's own INT4 product (bfloat16 rows) takes 0.33 ms
for one row, 0.44 for four, 0.9 for eight; the library's takes 0.38 ms per row, however many; an ordinary float32
product of weights that are expanded first is twice as fast per row as the first from about 32 rows on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any, Literal, Protocol

import torch
import torch.nn.functional
from bigdl.llm.transformers.low_bit_linear import SYM_INT4, LowBitLinear, ggml

Expansion = Literal["float32", "bfloat16"]

# Rows up to which the INT4 product beats an expansion, in whole models: in bfloat16 64 rows take 373 and 423 ms
# (0.5B), 1293 and 1297 ms (1.5B), 24 rows 151 and 327, 505 and 840.
_FEW_ROWS = {"float32": 32, "bfloat16": 64}
_BLOCK_WEIGHTS = 64
_BLOCK_BYTES = 34
_MIDDLE = 8
_STRIP_WEIGHTS = 1 << 20
_PACKED_AT_ONCE = 1 << 13
_TALLEST_TILE = 64
# How many of the likeliest tokens get exact logits: the INT4 product rounds its results to eight bits.
_EXACT = 32


class Linear(Protocol):
    """A layer, or several that read the same input, as one."""

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """`rows` (n, in) float32 -> (n, out) float32."""


class Expander:
    """Expands packed sym_int4 weights into one buffer that all layers share. Not thread-safe: one per process."""

    def __init__(self, kind: Expansion, threads: int) -> None:
        self.few_rows = _FEW_ROWS[kind]
        self._dtype = torch.bfloat16 if kind == "bfloat16" else torch.float32
        self._threads = threads
        self._buffer = torch.empty(0, dtype=self._dtype)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="expand")

    def reserve(self, count: int) -> None:
        """Make room for a layer of so many weights."""
        if self._buffer.numel() < count:
            self._buffer = torch.empty(count, dtype=self._dtype)

    def linear(self, rows: torch.Tensor, layer: LowBitLinear) -> torch.Tensor:
        """`rows` (n, in) float32 times the layer's weight: (n, out) float32, without bias."""
        weight = self._expand(layer.weight.data, layer.in_len * layer.out_len).view(layer.out_len, layer.in_len)
        return torch.nn.functional.linear(rows.to(self._dtype), weight).float()

    def _expand(self, packed: torch.Tensor, count: int) -> torch.Tensor:
        share = -(-count // self._threads // _STRIP_WEIGHTS) * _STRIP_WEIGHTS
        parts = [(start, min(start + share, count)) for start in range(0, count, share)]
        jobs = [self._pool.submit(self._expand_part, packed.data_ptr(), start, end) for start, end in parts]
        wait(jobs)
        for job in jobs:
            job.result()
        return self._buffer[:count]

    def _expand_part(self, packed: int, start: int, end: int) -> None:
        strip = torch.empty(min(_STRIP_WEIGHTS, end - start))
        for at in range(start, end, _STRIP_WEIGHTS):
            count = min(_STRIP_WEIGHTS, end - at)
            source = packed + at // _BLOCK_WEIGHTS * _BLOCK_BYTES
            ggml.ggml_dequantize_q4_0(ctypes.c_void_p(source), ctypes.c_void_p(strip.data_ptr()), count)
            self._buffer[at : at + count].copy_(strip[:count])


class PackedWeights:
    """sym_int4 layers with the same input, one below the other, in the form of torch's INT4 product."""

    def __init__(self, layers: Sequence[Any]) -> None:
        packed, scales = zip(*(part for layer in layers for part in _parts(layer)), strict=True)
        self._packed = torch.cat(packed)
        self._scales = torch.cat(scales, dim=1)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """`rows` (n, in) -> (n, out) float32, rounded to bfloat16, without bias."""
        product: torch.Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(
            rows.bfloat16(), self._packed, _BLOCK_WEIGHTS, self._scales
        )
        return product.float()


class LowBitGroup:
    """Layers with one input, multiplied as one for few rows, and one after another from expanded weights for many."""

    def __init__(self, layers: Sequence[Any], expander: Expander) -> None:
        self._layers = layers
        self._expander = expander
        self._packed = PackedWeights(layers)
        expander.reserve(max(layer.in_len * layer.out_len for layer in layers))
        biases = [layer.bias for layer in layers]
        self._bias = None if biases[0] is None else torch.cat([bias.data.float() for bias in biases])

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """See Linear."""
        if rows.shape[0] <= self._expander.few_rows:
            product = self._packed(rows)
        else:
            product = torch.cat([self._expander.linear(rows, layer) for layer in self._layers], dim=-1)
        return product if self._bias is None else product.add_(self._bias)


class PlainGroup:
    """Layers of any other kind, with the library's own forward."""

    def __init__(self, layers: Sequence[Any]) -> None:
        self._layers = layers

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """See Linear."""
        return torch.cat([layer(rows[None])[0].float() for layer in self._layers], dim=-1)


class Int4Head:
    """The output head: every logit by the INT4 product, the likeliest again from exact weights and float32 rows."""

    def __init__(self, layer: Any) -> None:
        self._packed = PackedWeights([layer])
        self._blocks = _blocks(layer)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """Logits (n, vocabulary) float32 of `rows` (n, in)."""
        logits = self._packed(rows)
        likeliest = logits.topk(min(_EXACT, logits.shape[-1])).indices
        numbers, scales = _unpacked(self._blocks[likeliest.flatten()])
        weights = (numbers.float() - _MIDDLE) * scales[..., None]
        exact = (weights.view(*likeliest.shape, -1) * rows[:, None]).sum(-1)
        return logits.scatter_(1, likeliest, exact)


def group(layers: Sequence[Any], expander: Expander) -> Linear:
    """The fastest form of these layers, which read the same input."""
    if all(_is_int4(layer) for layer in layers) and len({layer.bias is None for layer in layers}) == 1:
        return LowBitGroup(layers, expander)
    return PlainGroup(layers)


def head(layer: Any) -> Linear:
    """The fastest form of an output head."""
    return Int4Head(layer) if _is_int4(layer) and layer.bias is None else PlainGroup([layer])


def _is_int4(layer: Any) -> bool:
    """It can be packed: whole blocks, and whole tiles of every processor."""
    whole = isinstance(layer, LowBitLinear) and layer.in_len % _BLOCK_WEIGHTS == layer.out_len % _TALLEST_TILE == 0
    return whole and layer.qtype == SYM_INT4


def _blocks(layer: Any) -> torch.Tensor:
    """The stored bytes (out, in / 64, 34): of each block a float16 scale and 64 numbers of four bits."""
    stored: torch.Tensor = layer.weight.data.view(torch.uint8)
    return stored.view(layer.out_len, layer.in_len // _BLOCK_WEIGHTS, _BLOCK_BYTES)


def _unpacked(blocks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers 0-15 (out, in / 64, 64) uint8 and scales (out, in / 64) float32."""
    scales = blocks[..., :2].contiguous().view(torch.float16)[..., 0].float()
    pairs = blocks[..., 2:]
    return torch.cat([pairs & 15, pairs >> 4], dim=-1), scales


def _parts(layer: Any) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Pieces of a layer's rows, packed, with scales and zero points (in / 64, rows, 2); pieces bound the memory."""
    parts = []
    for blocks in torch.split(_blocks(layer), _PACKED_AT_ONCE):
        numbers, scales = _unpacked(blocks)
        packed = _pack(numbers.flatten(1))
        pairs = torch.stack([scales, torch.zeros_like(scales)], dim=-1).transpose(0, 1)
        parts.append((packed, pairs.bfloat16().contiguous()))
    return parts


def _pack(numbers: torch.Tensor) -> torch.Tensor:
    """Numbers 0-15 (out, in) uint8 in the order that torch's product wants: torch does it, but takes a minute."""
    tall = _tile_rows()
    if not tall:
        packed: torch.Tensor = torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers.int(), 1)
        return packed
    return _tiled(numbers, tall).view(numbers.shape[0], numbers.shape[1] // 2)


def _tiled(numbers: torch.Tensor, tall: int) -> torch.Tensor:
    """Tiles of `tall` rows, column by column: each byte has a row of the upper half low, one of the lower half high."""
    upper, lower = numbers.view(-1, 2, tall // 2, numbers.shape[1]).unbind(1)
    return (lower << 4 | upper).transpose(1, 2).contiguous()


@cache
def _tile_rows() -> int:
    """The height of this processor's tiles, found by trying; 0 if torch does it in another way here."""
    numbers = torch.arange(128 * 64).mul(7).remainder(16).to(torch.uint8).view(128, 64)
    wanted = torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers.int(), 1).flatten()
    return next((tall for tall in (_TALLEST_TILE, 32) if torch.equal(_tiled(numbers, tall).flatten(), wanted)), 0)
