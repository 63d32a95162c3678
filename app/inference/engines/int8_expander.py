"""Many rows times BigDL-LLM's INT4 layers, where the processor multiplies 8-bit whole numbers fastest.

883 rows of 1536 x 8960 take 73 ms in 8 bits, 123 in bfloat16 (two cores with VNNI).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier

import torch
from bigdl.llm.transformers.low_bit_linear import LowBitLinear, ggml

from app.inference.engines.int4_blocks import BLOCK_BYTES, BLOCK_WEIGHTS, MIDDLE, blocks, scales

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


class Expander:
    """Expands packed weights to 8 bits in one buffer that all layers share, and multiplies with them.

    A layer's weights have one scale for each row, and what they are multiplied with has its own (Dettmers et al. 2022,
    without the columns apart). Not thread-safe: one per process.
    """

    # Up to about so many rows the expansion takes longer than it saves, in whole models; measured beside torch's INT4
    # product, not yet beside ONNX Runtime's.
    few_rows = 48

    def __init__(self, threads: int) -> None:
        self._buffer = torch.empty(0, dtype=torch.int8)
        self._pool = _lone_workers(threads)

    def linear(self, rows: torch.Tensor, layer: LowBitLinear) -> torch.Tensor:
        """`rows` (n, in) float32 times the layer's weight, and its bias: (n, out) float32."""
        groups, steps = _groups(layer), _row_scales(layer)
        factors, weights = 1 / steps[:, None], self._room(layer).view(groups, layer.out_len, -1)

        def keep(at: int, part: torch.Tensor) -> None:
            whole = part.mul_(factors[at : at + len(part)]).round_()
            weights[:, at : at + len(part)] = whole.view(len(part), groups, -1).transpose(0, 1)

        self._expand(layer, keep)
        parts = rows.view(len(rows), groups, -1).transpose(0, 1)
        row_steps = parts.abs().amax(2, keepdim=True).div_(_MOST).clamp_(min=_TINY)
        numbers = (parts / row_steps).round_().to(torch.int8).contiguous()
        total = torch.zeros(len(rows), layer.out_len)
        for number, weight, step in zip(numbers, weights, row_steps, strict=True):
            total.addcmul_(torch._int_mm(number, weight.t()).float(), step)
        total.mul_(steps)
        return total if layer.bias is None else total.add_(layer.bias)

    def _room(self, layer: LowBitLinear) -> torch.Tensor:
        if self._buffer.numel() < (count := layer.in_len * layer.out_len):
            self._buffer = torch.empty(count, dtype=torch.int8)
        return self._buffer[:count]

    def _expand(self, layer: LowBitLinear, keep: Callable[[int, torch.Tensor], object]) -> None:
        """Give `keep`, in several threads, all rows of a layer's weight in float32: the first's number, some rows."""
        height = max(1, _STRIP_WEIGHTS // layer.in_len)
        starts = range(0, layer.out_len, height)
        jobs = [self._pool.submit(lambda at: keep(at, _expanded(layer, at, height)), at) for at in starts]
        wait(jobs)
        for job in jobs:
            job.result()


def expander_if_faster(width: int, threads: int) -> Expander | None:
    """One where this processor has instructions for 8 bits and a model of `width` columns bears them."""
    return Expander(threads) if torch.cpu._is_vnni_supported() and width >= _BEARS_INT8 else None


def _lone_workers(threads: int) -> ThreadPoolExecutor:
    """Threads that each compute alone. torch's main thread keeps its team of so many.

    By torch's default each would have a team of its own. OpenMP then counts more threads than processors, and lets
    the main thread's team sleep between any two steps of a product.
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
    source = layer.weight.data.data_ptr() + at * layer.in_len // BLOCK_WEIGHTS * BLOCK_BYTES
    ggml.ggml_dequantize_q4_0(ctypes.c_void_p(source), ctypes.c_void_p(rows.data_ptr()), rows.numel())
    return rows


def _groups(layer: LowBitLinear) -> int:
    """Into how many groups a layer's columns are divided for eight bits."""
    fewest = _GROUPS if layer.in_len > layer.out_len else 1
    return next(count for count in range(fewest, layer.in_len + 1) if layer.in_len % count == 0)


def _row_scales(layer: LowBitLinear) -> torch.Tensor:
    """What a step of eight bits is worth in each row (out) of a layer's weight: a block reaches to eight scales."""
    return scales(blocks(layer)).abs().amax(1).mul_(MIDDLE / _MOST).clamp_(min=_TINY)
