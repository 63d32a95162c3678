"""How BigDL-LLM stores sym_int4 weights: blocks of 64 numbers of four bits with one scale."""

from __future__ import annotations

from typing import Any

import torch
from bigdl.llm.transformers.low_bit_linear import SYM_INT4, LowBitLinear

BLOCK_WEIGHTS = 64
_BLOCK_BYTES = 34


def is_int4(layer: Any) -> bool:
    """Whether a linear layer's weights are whole blocks of this kind."""
    return isinstance(layer, LowBitLinear) and layer.qtype == SYM_INT4 and layer.in_len % BLOCK_WEIGHTS == 0


def blocks(layer: Any) -> torch.Tensor:
    """The stored bytes (out, in / 64, 34): of each block a float16 scale and 64 numbers of four bits."""
    stored: torch.Tensor = layer.weight.data.view(torch.uint8)
    return stored.view(layer.out_len, layer.in_len // BLOCK_WEIGHTS, _BLOCK_BYTES)


def scales(of: torch.Tensor) -> torch.Tensor:
    """The scales (out, in / 64) float32 of blocks."""
    return of[..., :2].contiguous().view(torch.float16)[..., 0].float()
