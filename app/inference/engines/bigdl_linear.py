"""BigDL-LLM's INT4 linear layers, with a fast path for long inputs.

The library's native kernel costs the same per row however many rows there are. From a few rows on it is cheaper to
expand the 4-bit weights once and use an ordinary matrix product. Measured for a (8960, 1536) layer, 256 rows, two
AVX512-BF16 cores: native 320 ms, expanded to float32 98 ms, expanded to bfloat16 26 ms. The library has the float32
path too, but takes it on one kind of processor only, from 512 rows on, and allocates its buffers anew for each call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from types import MethodType
from typing import Any, Literal

import torch
import torch.nn.functional
from bigdl.llm.transformers.low_bit_linear import SYM_INT4, LowBitLinear, ggml

Expansion = Literal["native", "float32", "bfloat16"]

# Rows from which an expansion beats the native kernel (measured; far apart, so one figure serves all machines).
_MINIMUM_ROWS = {"native": 1 << 62, "float32": 32, "bfloat16": 8}
_BLOCK_WEIGHTS = 64
_BLOCK_BYTES = 34
_STRIP_WEIGHTS = 1 << 18


class Expander:
    """Expands packed sym_int4 weights into one buffer that all layers share. Not thread-safe: one per process."""

    def __init__(self, kind: Expansion, threads: int, largest: int) -> None:
        self.minimum_rows = _MINIMUM_ROWS[kind]
        self._dtype = torch.bfloat16 if kind == "bfloat16" else torch.float32
        self._threads = threads
        self._buffer = torch.empty(largest if kind != "native" else 0, dtype=self._dtype)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="expand")

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


def install_fast_path(model: torch.nn.Module, kind: Expansion, threads: int) -> None:
    """Give every sym_int4 layer but the head a forward that expands for long inputs.

    The head is left out: it reads one row per token, and its expansion would be the largest buffer of all.
    """
    layers = [layer for name, layer in _low_bit_layers(model) if name != "lm_head" and layer.qtype == SYM_INT4]
    if not layers or kind == "native":
        return
    expander = Expander(kind, threads, max(layer.in_len * layer.out_len for layer in layers))
    for layer in layers:
        layer.forward = MethodType(_forward(expander, layer.forward), layer)


def _low_bit_layers(model: torch.nn.Module) -> Iterator[tuple[str, Any]]:
    for name, module in model.named_modules():
        if isinstance(module, LowBitLinear):
            yield name, module


def _forward(expander: Expander, native: Any) -> Any:
    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        count = x.numel() // self.in_len
        if count < expander.minimum_rows:
            result: torch.Tensor = native(x)
            return result
        result = expander.linear(x.reshape(count, self.in_len), self).view(*x.shape[:-1], self.out_len)
        return result if self.bias is None else result + self.bias

    return forward
