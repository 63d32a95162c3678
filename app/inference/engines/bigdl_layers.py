"""A decoder's layers and its head, in whichever form is fastest for their weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch.nn.functional import rms_norm, silu

from app.inference.engines.bigdl_attention import Attention
from app.inference.engines.int4_blocks import is_int4
from app.inference.engines.int4_graphs import GraphBuilder, Position

Head = Callable[[torch.Tensor], torch.Tensor]


class Layer(Protocol):
    """One layer of a decoder."""

    def __call__(self, rows: torch.Tensor, start: int) -> torch.Tensor:
        """What it makes (n, hidden) of `rows` (n, hidden), all float32, which follow `start` tokens in its cache."""


class PlainLayer:
    """Torch's operations, and the library's own products."""

    def __init__(self, layer: Any, attention: Attention, epsilon: float) -> None:
        self._layer = layer
        self._attention = attention
        self._epsilon = epsilon

    def __call__(self, rows: torch.Tensor, start: int) -> torch.Tensor:
        """See Layer."""
        own, mlp = self._layer.self_attn, self._layer.mlp
        normed = _normed(rows, self._layer.input_layernorm, self._epsilon)
        qkv = torch.cat([_own_product(normed, part) for part in (own.q_proj, own.k_proj, own.v_proj)], dim=-1)
        rows = rows + _own_product(self._attention(qkv, start), own.o_proj)
        normed = _normed(rows, self._layer.post_attention_layernorm, self._epsilon)
        gated = silu(_own_product(normed, mlp.gate_proj)).mul_(_own_product(normed, mlp.up_proj))
        return rows + _own_product(gated, mlp.down_proj)


class Int4Layer:
    """One graph over INT4 blocks; with torch's attention between two, the 1.5B wrote a seventh slower."""

    def __init__(self, layer: Any, attention: Attention, epsilon: float) -> None:
        own, mlp, hidden = layer.self_attn, layer.mlp, layer.self_attn.o_proj.out_len
        self._position = Position()
        graph = GraphBuilder(hidden)
        normed = graph.norm(graph.rows, layer.input_layernorm.weight.data, epsilon)
        qkv = graph.product(normed, [own.q_proj, own.k_proj, own.v_proj])
        mixed = graph.attention(qkv, attention, self._position)
        rows = graph.sum(graph.rows, graph.product(mixed, [own.o_proj]))
        normed = graph.norm(rows, layer.post_attention_layernorm.weight.data, epsilon)
        gated = graph.gated(graph.product(normed, [mlp.gate_proj, mlp.up_proj]))
        self._graph = graph.build(graph.sum(rows, graph.product(gated, [mlp.down_proj])), hidden)

    def __call__(self, rows: torch.Tensor, start: int) -> torch.Tensor:
        """See Layer."""
        self._position.set(start, rows.shape[0])
        return self._graph(rows)


def fastest_layer(layer: Any, attention: Attention, epsilon: float) -> Layer:
    """The fastest form of transformers' decoder layer, whose linear layers may be of any kind."""
    own, mlp = layer.self_attn, layer.mlp
    parts = [own.q_proj, own.k_proj, own.v_proj, own.o_proj, mlp.gate_proj, mlp.up_proj, mlp.down_proj]
    return (Int4Layer if all(map(is_int4, parts)) else PlainLayer)(layer, attention, epsilon)


def fastest_head(norm: Any, layer: Any, epsilon: float) -> Head:
    """What makes logits (n, vocabulary) of the rows (n, hidden) after the last layer, in its fastest form."""
    if not is_int4(layer):
        return lambda rows: _own_product(_normed(rows, norm, epsilon), layer)
    graph = GraphBuilder(layer.in_len)
    return graph.build(graph.product(graph.norm(graph.rows, norm.weight.data, epsilon), [layer]), layer.out_len)


def _normed(rows: torch.Tensor, norm: Any, epsilon: float) -> torch.Tensor:
    return rms_norm(rows, (rows.shape[-1],), norm.weight.data, epsilon)


def _own_product(rows: torch.Tensor, layer: Any) -> torch.Tensor:
    """By the library's own forward."""
    product: torch.Tensor = layer(rows[None])[0]
    return product.float()
