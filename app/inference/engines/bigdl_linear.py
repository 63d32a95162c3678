"""BigDL-LLM's INT4 layers, multiplied by whichever kernel is fastest for the number of rows.

Three kernels, measured on one AVX2 core for 1536 x 1536 weights: torch's own INT4 product (bfloat16 rows) takes 0.33 ms
for one row, 0.44 for four, 0.9 for eight; the library's takes 0.38 ms per row, however many; an ordinary float32
product of weights that are expanded first is twice as fast per row as the first from about 32 rows on. Where the
processor multiplies smaller numbers, 883 rows of 1536 x 8960 take 123 ms in bfloat16 and 73 in int8 (two cores).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from threading import Barrier
from typing import Any, Literal, Protocol

import torch
import torch.nn.functional
from bigdl.llm.transformers.low_bit_linear import SYM_INT4, LowBitLinear, ggml

Expansion = Literal["float32", "bfloat16", "int8"]

# Rows up to which the INT4 product beats an expansion, in whole models: in bfloat16 64 rows take 373 and 423 ms
# (0.5B), 1293 and 1297 ms (1.5B), 24 rows 151 and 327, 505 and 840; in int8 both are even at about 48.
_FEW_ROWS = {"float32": 32, "bfloat16": 64, "int8": 48}
_BLOCK_WEIGHTS = 64
_BLOCK_BYTES = 34
_MIDDLE = 8
_MOST = 127
_TINY = torch.finfo(torch.float32).tiny
# Where a layer narrows, what enters it has columns of a hundred times the others' size: it is rounded to eight bits in
# so many groups of columns. The 0.5B reads cases with 1.187 times its parent's perplexity in bfloat16, 1.202 without
# groups, 1.196 with four, 1.192 with eight.
_GROUPS = 8
# Columns from which on eight bits cost a model less than 1 % of perplexity (896: 0.4, 1536: 0.6; 576: 3, with
# log-likelihoods moved by half a nat).
_BEARS_INT8 = 768
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
    """Multiplies many rows: the packed weights are expanded into one buffer that all layers share.

    In `int8` a layer's weights have one scale for each row, and what they are multiplied with has its own (Dettmers et
    al. 2022, without the columns apart). Not thread-safe: one per process.
    """

    def __init__(self, kind: Expansion, threads: int) -> None:
        self.few_rows = _FEW_ROWS[kind]
        self._dtype: torch.dtype = getattr(torch, kind)
        self._buffer = torch.empty(0, dtype=self._dtype)
        self._pool = _lone_workers(threads)

    def reserve(self, count: int) -> None:
        """Make room for a layer of so many weights."""
        if self._buffer.numel() < count:
            self._buffer = torch.empty(count, dtype=self._dtype)

    def linear(self, rows: torch.Tensor, layer: LowBitLinear) -> torch.Tensor:
        """`rows` (n, in) float32 times the layer's weight: (n, out) float32, without bias."""
        if self._dtype is torch.int8:
            return self._int8_linear(rows, layer)
        weight = self._room(layer)
        self._expand(layer, lambda at, part: weight[at : at + len(part)].copy_(part))
        return torch.nn.functional.linear(rows.to(self._dtype), weight).float()

    def _int8_linear(self, rows: torch.Tensor, layer: LowBitLinear) -> torch.Tensor:
        groups, scales = _groups(layer), _row_scales(layer)
        factors, weights = 1 / scales[:, None], self._room(layer).view(groups, layer.out_len, -1)

        def keep(at: int, part: torch.Tensor) -> None:
            whole = part.mul_(factors[at : at + len(part)]).round_()
            weights[:, at : at + len(part)] = whole.view(len(part), groups, -1).transpose(0, 1)

        self._expand(layer, keep)
        parts = rows.view(len(rows), groups, -1).transpose(0, 1)
        steps = parts.abs().amax(2, keepdim=True).div_(_MOST).clamp_(min=_TINY)
        numbers = (parts / steps).round_().to(torch.int8).contiguous()
        total = torch.zeros(len(rows), layer.out_len)
        for number, weight, step in zip(numbers, weights, steps, strict=True):
            total.addcmul_(torch._int_mm(number, weight.t()).float(), step)
        return total.mul_(scales)

    def _room(self, layer: LowBitLinear) -> torch.Tensor:
        return self._buffer[: layer.in_len * layer.out_len].view(layer.out_len, layer.in_len)

    def _expand(self, layer: LowBitLinear, keep: Callable[[int, torch.Tensor], object]) -> None:
        """Give `keep`, in several threads, all rows of a layer's weight in float32: the first's number, some rows."""
        height = max(1, _STRIP_WEIGHTS // layer.in_len)
        starts = range(0, layer.out_len, height)
        jobs = [self._pool.submit(lambda at: keep(at, _expanded(layer, at, height)), at) for at in starts]
        wait(jobs)
        for job in jobs:
            job.result()


def _lone_workers(threads: int) -> ThreadPoolExecutor:
    """Threads that each compute alone. torch's main thread keeps its team of so many.

    By torch's default each would have a team of its own. OpenMP then counts more threads than processors, and lets
    the main thread's team sleep between any two steps of a product: a token took half as long again, and more.
    """
    pool = ThreadPoolExecutor(threads, "expand", _compute_alone)
    everyone = Barrier(threads)
    wait([pool.submit(everyone.wait) for _ in range(threads)])
    torch.set_num_threads(threads)
    return pool


def _compute_alone() -> None:
    """For this thread, from its first question on: torch keeps what it then finds."""
    torch.set_num_threads(1)
    torch.get_num_threads()


def _expanded(layer: LowBitLinear, at: int, height: int) -> torch.Tensor:
    """Up to `height` rows (n, in) float32 of a layer's weight, from row `at` on."""
    rows = torch.empty(min(height, layer.out_len - at), layer.in_len)
    source = layer.weight.data.data_ptr() + at * layer.in_len // _BLOCK_WEIGHTS * _BLOCK_BYTES
    ggml.ggml_dequantize_q4_0(ctypes.c_void_p(source), ctypes.c_void_p(rows.data_ptr()), rows.numel())
    return rows


def _groups(layer: LowBitLinear) -> int:
    """Into how many groups a layer's columns are divided for eight bits."""
    fewest = _GROUPS if layer.in_len > layer.out_len else 1
    return next(count for count in range(fewest, layer.in_len + 1) if layer.in_len % count == 0)


def _row_scales(layer: LowBitLinear) -> torch.Tensor:
    """What a step of eight bits is worth in each row (out) of a layer's weight: a block reaches to eight scales."""
    return _scales(_blocks(layer)).abs().amax(1).mul_(_MIDDLE / _MOST).clamp_(min=_TINY)


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


def fastest_expansion(width: int) -> Expansion:
    """The smallest form that this processor has instructions to multiply and that a model of `width` columns bears."""
    if torch.cpu._is_vnni_supported() and width >= _BEARS_INT8:
        return "int8"
    return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"


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
    pairs = blocks[..., 2:]
    return torch.cat([pairs & 15, pairs >> 4], dim=-1), _scales(blocks)


def _scales(blocks: torch.Tensor) -> torch.Tensor:
    """The scales (out, in / 64) float32."""
    return blocks[..., :2].contiguous().view(torch.float16)[..., 0].float()


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
