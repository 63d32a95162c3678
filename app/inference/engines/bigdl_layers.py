"""A decoder's layers and its head, in whichever form is fastest for their weights and the number of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch.nn.functional import rms_norm, silu

from app.inference.engines.int4_blocks import is_int4
from app.inference.engines.int4_graphs import GraphBuilder
from app.inference.engines.int8_expander import Expander

# Multiplies rows (n, in) with a linear layer: (n, out) float32.
Product = Callable[[torch.Tensor, Any], torch.Tensor]
Head = Callable[[torch.Tensor], torch.Tensor]


class Layer(Protocol):
    """One layer without its attention. All rows are float32."""

    def qkv(self, rows: torch.Tensor) -> torch.Tensor:
        """Queries, keys and values beside each other (n, all heads) of `rows` (n, hidden)."""

    def after_attention(self, rows: torch.Tensor, mixed: torch.Tensor) -> torch.Tensor:
        """What the layer makes (n, hidden) of `rows` and of what its attention mixed for them (n, heads)."""


class PlainLayer:
    """Torch's operations, and any product."""

    def __init__(self, layer: Any, epsilon: float, product: Product) -> None:
        self._layer = layer
        self._epsilon = epsilon
        self._product = product

    def qkv(self, rows: torch.Tensor) -> torch.Tensor:
        """See Layer."""
        attention, normed = self._layer.self_attn, _normed(rows, self._layer.input_layernorm, self._epsilon)
        parts = (attention.q_proj, attention.k_proj, attention.v_proj)
        return torch.cat([self._product(normed, part) for part in parts], dim=-1)

    def after_attention(self, rows: torch.Tensor, mixed: torch.Tensor) -> torch.Tensor:
        """See Layer."""
        mlp = self._layer.mlp
        rows = rows + self._product(mixed, self._layer.self_attn.o_proj)
        normed = _normed(rows, self._layer.post_attention_layernorm, self._epsilon)
        gated = silu(self._product(normed, mlp.gate_proj)).mul_(self._product(normed, mlp.up_proj))
        return rows + self._product(gated, mlp.down_proj)


class Int4Layer:
    """Two graphs over INT4 blocks."""

    def __init__(self, layer: Any, epsilon: float) -> None:
        attention, mlp, hidden = layer.self_attn, layer.mlp, layer.self_attn.o_proj.out_len
        before = GraphBuilder(rows=hidden)
        parts = [attention.q_proj, attention.k_proj, attention.v_proj]
        qkv = before.product(before.norm("rows", layer.input_layernorm.weight.data, epsilon), parts)
        self.qkv = before.build(qkv, sum(part.out_len for part in parts))
        after = GraphBuilder(rows=hidden, mixed=attention.o_proj.in_len)
        rows = after.sum("rows", after.product("mixed", [attention.o_proj]))
        normed = after.norm(rows, layer.post_attention_layernorm.weight.data, epsilon)
        gated = after.gated(after.product(normed, [mlp.gate_proj, mlp.up_proj]))
        self.after_attention = after.build(after.sum(rows, after.product(gated, [mlp.down_proj])), hidden)


class ByRows:
    """One form of a layer up to some rows, another for more."""

    def __init__(self, few: Layer, most: int, many: Layer) -> None:
        self._few, self._most, self._many = few, most, many

    def qkv(self, rows: torch.Tensor) -> torch.Tensor:
        """See Layer."""
        return self._form(rows).qkv(rows)

    def after_attention(self, rows: torch.Tensor, mixed: torch.Tensor) -> torch.Tensor:
        """See Layer."""
        return self._form(rows).after_attention(rows, mixed)

    def _form(self, rows: torch.Tensor) -> Layer:
        return self._few if rows.shape[0] <= self._most else self._many


def fastest_layer(layer: Any, epsilon: float, expander: Expander | None) -> Layer:
    """The fastest form of transformers' decoder layer, whose linear layers may be of any kind."""
    attention, mlp = layer.self_attn, layer.mlp
    into = [attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj]
    if not all(map(is_int4, [*into, mlp.gate_proj, mlp.up_proj, mlp.down_proj])):
        return PlainLayer(layer, epsilon, _own_product)
    few = Int4Layer(layer, epsilon)
    return ByRows(few, expander.few_rows, PlainLayer(layer, epsilon, expander.linear)) if expander else few


def fastest_head(norm: Any, layer: Any, epsilon: float) -> Head:
    """What makes logits (n, vocabulary) of the rows (n, hidden) after the last layer, in its fastest form."""
    if not is_int4(layer):
        return lambda rows: _own_product(_normed(rows, norm, epsilon), layer)
    builder = GraphBuilder(rows=layer.in_len)
    return builder.build(builder.product(builder.norm("rows", norm.weight.data, epsilon), [layer]), layer.out_len)


def _normed(rows: torch.Tensor, norm: Any, epsilon: float) -> torch.Tensor:
    return rms_norm(rows, (rows.shape[-1],), norm.weight.data, epsilon)


def _own_product(rows: torch.Tensor, layer: Any) -> torch.Tensor:
    """By the library's own forward."""
    product: torch.Tensor = layer(rows[None])[0]
    return product.float()
