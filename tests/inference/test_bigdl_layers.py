"""BigDL's INT4 layers by our forms of them: each says what the stored blocks say."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from bigdl.llm.transformers.low_bit_linear import SYM_INT4, FP4Params, LowBitLinear
from torch.nn.functional import silu

from app.inference.engines.bigdl_attention import Attention, Heads, rotations
from app.inference.engines.bigdl_decoder import FEW_ROWS, _alike, paired
from app.inference.engines.bigdl_layers import Int4Layer, PlainLayer, fastest_head, fastest_layer
from app.inference.engines.int4_graphs import GraphBuilder, Position, share_threads

share_threads(2)

HIDDEN, INNER, EPSILON, TOKENS = 128, 320, 1e-6, 300
THETA = 10_000.0
FORM = Heads(heads=4, kv_heads=2, size=32)
KEYS = FORM.kv_heads * FORM.size


def layer(wide: int, high: int, seed: int = 1, bias: bool = False) -> LowBitLinear:
    generator = torch.Generator().manual_seed(seed)
    made = LowBitLinear(wide, high, SYM_INT4, bias=bias, mp_group=None)
    weights = torch.randn(high, wide, generator=generator) * wide**-0.5
    made.weight = FP4Params(weights, requires_grad=False, qtype=SYM_INT4).quantize("cpu")
    if bias:
        made.bias.data = torch.randn(high, generator=generator)
    return made


def norm(seed: int) -> Any:
    return SimpleNamespace(weight=torch.nn.Parameter(torch.rand(HIDDEN, generator=torch.Generator().manual_seed(seed))))


def decoder_layer() -> Any:
    """The parts of a Qwen2 layer, queries, keys and values with biases."""
    attention = SimpleNamespace(
        q_proj=layer(HIDDEN, HIDDEN, 1, bias=True),
        k_proj=layer(HIDDEN, KEYS, 2, bias=True),
        v_proj=layer(HIDDEN, KEYS, 3, bias=True),
        o_proj=layer(HIDDEN, HIDDEN, 4),
    )
    mlp = SimpleNamespace(
        gate_proj=layer(HIDDEN, INNER, 5), up_proj=layer(HIDDEN, INNER, 6), down_proj=layer(INNER, HIDDEN, 7)
    )
    norms = {"input_layernorm": norm(8), "post_attention_layernorm": norm(9)}
    return SimpleNamespace(self_attn=attention, mlp=mlp, **norms)


@pytest.fixture(autouse=True)
def as_the_engine_computes() -> Iterator[None]:
    with torch.inference_mode():
        yield


def rows(count: int, wide: int = HIDDEN, seed: int = 2) -> torch.Tensor:
    return torch.randn(count, wide, generator=torch.Generator().manual_seed(seed))


def stored(of: LowBitLinear) -> torch.Tensor:
    """The weights (out, in) as blocks of a float16 scale and 64 numbers, eight in the middle, low halves first."""
    blocks = of.weight.data.view(torch.uint8).view(of.out_len, of.in_len // 64, 34)
    scales = blocks[..., :2].contiguous().view(torch.float16).float()
    pairs = blocks[..., 2:].int()
    return ((torch.cat([pairs % 16, pairs // 16], dim=-1) - 8) * scales).view(of.out_len, of.in_len)


def unpacked(of: Any) -> Any:
    """A decoder layer whose linear layers say in float32 what the stored blocks say."""
    groups = {
        name: SimpleNamespace(**{part: linear(packed) for part, packed in vars(getattr(of, name)).items()})
        for name in ("self_attn", "mlp")
    }
    return SimpleNamespace(**{**vars(of), **groups})


def linear(of: LowBitLinear) -> torch.nn.Linear:
    made = torch.nn.Linear(of.in_len, of.out_len, bias=of.bias is not None)
    made.weight.data = stored(of)
    if of.bias is not None:
        made.bias.data = of.bias.data
    return made


def product(entering: torch.Tensor, of: LowBitLinear) -> torch.Tensor:
    return entering @ stored(of).T + (0 if of.bias is None else of.bias)


def normed(entering: torch.Tensor, by: Any) -> torch.Tensor:
    return entering / (entering.square().mean(-1, keepdim=True) + EPSILON).sqrt() * by.weight.data


def wanted(of: Any, entering: torch.Tensor, form: Heads = FORM) -> torch.Tensor:
    """A layer by its definition."""
    own, mlp, seen = of.self_attn, of.mlp, normed(entering, of.input_layernorm)
    qkv = torch.cat([product(seen, part) for part in (own.q_proj, own.k_proj, own.v_proj)], dim=-1)
    after = entering + product(mixed(qkv, form), own.o_proj)
    seen = normed(after, of.post_attention_layernorm)
    gated = silu(product(seen, mlp.gate_proj)) * product(seen, mlp.up_proj)
    return after + product(gated, mlp.down_proj)


def mixed(qkv: torch.Tensor, form: Heads = FORM) -> torch.Tensor:
    """Attention of a text's tokens by its definition: (n, heads * size)."""
    sizes = [count * form.size for count in (form.heads, form.kv_heads, form.kv_heads)]
    queries, keys, values = (part.unflatten(-1, (-1, form.size)).transpose(0, 1) for part in qkv.split(sizes, -1))
    group, distance = form.heads // form.kv_heads, torch.arange(len(qkv))[:, None] - torch.arange(len(qkv))
    hidden = (distance < 0) | (distance >= (form.window or len(qkv)))
    scores = turned(queries) @ turned(keys).repeat_interleave(group, 0).mT / form.size**0.5
    weights = scores.masked_fill(hidden, float("-inf")).softmax(-1)
    return (weights @ values.repeat_interleave(group, 0)).transpose(0, 1).flatten(1)


def turned(heads: torch.Tensor) -> torch.Tensor:
    """The first half of each head and its second are a complex number's parts; the angle grows with the position."""
    first, second = heads.double().chunk(2, dim=-1)
    speeds = THETA ** -(torch.arange(FORM.size // 2, dtype=torch.float64) / (FORM.size // 2))
    angles = torch.arange(heads.shape[1])[:, None] * speeds
    by = torch.complex(first, second) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([by.real, by.imag], dim=-1).float()


def attention(form: Heads = FORM) -> Attention:
    """Over a cache in which anything may be."""
    cache = torch.full((2, form.kv_heads, TOKENS, form.size), float("nan"))
    return Attention(form, rotations(THETA, form.size, TOKENS), cache)


def read(form: Any, entering: torch.Tensor, *sizes: int) -> torch.Tensor:
    """So many rows, then so many, through a layer."""
    start, parts = 0, []
    for size in sizes:
        parts.append(form(entering[start : start + size], start))
        start += size
    return torch.cat(parts)


def error(given: torch.Tensor, right: torch.Tensor) -> float:
    return float((given - right).norm() / right.norm())


@pytest.mark.parametrize("sizes", [(1,), (100,), (50, 1, 1, 12, 8, 3, 64, 1)])
@pytest.mark.parametrize("window", [None, 20])
def test_a_layer_in_every_form_is_what_its_blocks_say(sizes: tuple[int, ...], window: int | None) -> None:
    made, entering, heads = decoder_layer(), rows(sum(sizes)), FORM._replace(window=window)
    exact = PlainLayer(unpacked(made), attention(heads), EPSILON)
    for form, most in ((exact, 1e-5), (Int4Layer(made, attention(heads), EPSILON), 0.02)):
        assert error(read(form, entering, *sizes), wanted(made, entering, heads)) < most


@pytest.mark.parametrize("form", [FORM, FORM._replace(window=20), FORM._replace(heads=2), FORM._replace(heads=14)])
def test_attention_in_both_forms_is_its_definition(form: Heads) -> None:
    sizes, qkv, position, graph = (50, 1, 1, 12, 8, 64), rows(136, form.width), Position(), GraphBuilder(form.width)
    mix = graph.build(graph.attention(graph.rows, attention(form), position), form.heads * form.size)

    def by_graph(some: torch.Tensor, start: int) -> torch.Tensor:
        position.set(start, len(some))
        return mix(some)

    for by in (attention(form), by_graph):
        torch.testing.assert_close(read(by, qkv, *sizes), mixed(qkv, form), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("start", [1, 57, 250])
def test_a_few_rows_have_the_same_bits_as_each_in_a_pair(start: int) -> None:
    made, entering = Int4Layer(decoder_layer(), attention(), EPSILON), rows(start + FEW_ROWS)
    made(entering[:start], 0)
    assert _alike(made, entering[start:], start)


@pytest.mark.parametrize("count", [1, 3])
def test_logits_are_what_the_heads_blocks_say(count: int) -> None:
    head, last = layer(HIDDEN, 640), norm(10)
    assert error(fastest_head(last, head, EPSILON)(rows(count)), normed(rows(count), last) @ stored(head).T) < 0.01


def test_layers_of_other_kinds_keep_the_librarys_own_product() -> None:
    made = decoder_layer()
    made.mlp.down_proj = torch.nn.Linear(INNER, HIDDEN, bias=False)
    assert isinstance(fastest_layer(made, attention(), EPSILON), PlainLayer)
    assert isinstance(fastest_layer(decoder_layer(), attention(), EPSILON), Int4Layer)


def test_rows_are_alike_only_if_every_number_of_them_gives_the_same_bits() -> None:
    eight = rows(8)
    assert _alike(lambda some, start: some * 2, eight, 5)
    assert not _alike(lambda some, start: some + (len(some) == 6) * 1e-6, eight, 5)
    assert not _alike(lambda some, start: some + start * 1e-3, eight, 5)


def test_in_pairs_no_row_is_alone() -> None:
    seen = []
    made = paired(lambda some: seen.append(len(some)) or some, torch.arange(21.0).view(7, 3))
    assert torch.equal(made, torch.arange(21.0).view(7, 3))
    assert seen == [8]
