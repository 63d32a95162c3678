"""BigDL's INT4 layers by our forms of them: each says what the stored blocks say."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from bigdl.llm.transformers.low_bit_linear import SYM_INT4, FP4Params, LowBitLinear
from torch.nn.functional import silu

from app.inference.engines.bigdl_decoder import _alike
from app.inference.engines.bigdl_layers import ByRows, Int4Layer, PlainLayer, fastest_head, fastest_layer
from app.inference.engines.int4_graphs import share_threads
from app.inference.engines.int8_expander import Expander, expander_if_faster

share_threads(2)

HIDDEN, KEYS, INNER, EPSILON = 128, 64, 320, 1e-6


def layer(wide: int, high: int, seed: int = 1, bias: bool = False) -> LowBitLinear:
    generator = torch.Generator().manual_seed(seed)
    made = LowBitLinear(wide, high, SYM_INT4, bias=bias, mp_group=None)
    weights = torch.randn(high, wide, generator=generator)
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
def without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def rows(count: int, wide: int = HIDDEN, seed: int = 2) -> torch.Tensor:
    return torch.randn(count, wide, generator=torch.Generator().manual_seed(seed))


def stored(of: LowBitLinear) -> torch.Tensor:
    """The weights (out, in) as blocks of a float16 scale and 64 numbers, eight in the middle, low halves first."""
    blocks = of.weight.data.view(torch.uint8).view(of.out_len, of.in_len // 64, 34)
    scales = blocks[..., :2].contiguous().view(torch.float16).float()
    pairs = blocks[..., 2:].int()
    return ((torch.cat([pairs % 16, pairs // 16], dim=-1) - 8) * scales).view(of.out_len, of.in_len)


def product(entering: torch.Tensor, of: LowBitLinear) -> torch.Tensor:
    return entering @ stored(of).T + (0 if of.bias is None else of.bias)


def normed(entering: torch.Tensor, by: Any) -> torch.Tensor:
    return entering / (entering.square().mean(-1, keepdim=True) + EPSILON).sqrt() * by.weight.data


def wanted(of: Any, entering: torch.Tensor, mixed: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A layer's two parts by their definition."""
    attention, mlp, seen = of.self_attn, of.mlp, normed(entering, of.input_layernorm)
    qkv = torch.cat([product(seen, part) for part in (attention.q_proj, attention.k_proj, attention.v_proj)], dim=-1)
    after = entering + product(mixed, attention.o_proj)
    seen = normed(after, of.post_attention_layernorm)
    gated = silu(product(seen, mlp.gate_proj)) * product(seen, mlp.up_proj)
    return qkv, after + product(gated, mlp.down_proj)


def error(given: torch.Tensor, right: torch.Tensor) -> float:
    return float((given - right).norm() / right.norm())


@pytest.mark.parametrize("count", [1, 2, 5, 100])
def test_a_layer_in_every_form_is_what_its_blocks_say(count: int) -> None:
    made, entering, mixed = decoder_layer(), rows(count), rows(count, seed=3)
    exact = PlainLayer(made, EPSILON, product)
    in_8_bits = PlainLayer(made, EPSILON, Expander(2).linear)
    for form, most in ((exact, 1e-5), (Int4Layer(made, EPSILON), 0.02), (in_8_bits, 0.05)):
        qkv, after = wanted(made, entering, mixed)
        assert error(form.qkv(entering), qkv) < most
        assert error(form.after_attention(entering, mixed), after) < most


@pytest.mark.parametrize("count", [1, 3])
def test_logits_are_what_the_heads_blocks_say(count: int) -> None:
    head, last = layer(HIDDEN, 640), norm(10)
    assert error(fastest_head(last, head, EPSILON)(rows(count)), normed(rows(count), last) @ stored(head).T) < 0.01


def test_layers_of_other_kinds_keep_the_librarys_own_product() -> None:
    made = decoder_layer()
    made.mlp.down_proj = torch.nn.Linear(INNER, HIDDEN, bias=False)
    assert isinstance(fastest_layer(made, EPSILON, None), PlainLayer)
    assert isinstance(fastest_layer(decoder_layer(), EPSILON, None), Int4Layer)


def test_many_rows_are_expanded_and_few_are_not() -> None:
    made = fastest_layer(decoder_layer(), EPSILON, Expander(2))
    assert isinstance(made, ByRows)
    assert [type(made._form(rows(count))) for count in (1, 48, 49)] == [Int4Layer, Int4Layer, PlainLayer]


def test_a_column_far_larger_than_the_others_costs_a_narrowing_layer_its_own_group_alone() -> None:
    made, entering = layer(1024, 64), rows(100, 1024)
    entering[:, 5] *= 3_000
    entering[:, 200:] *= 100  # The small ones lie in the large one's group.
    result = Expander(2).linear(entering, made)
    right = entering @ stored(made).T
    assert (result - right).norm() / (right - entering[:, :128] @ stored(made)[:, :128].T).norm() < 0.03


def test_eight_bits_are_for_processors_that_have_them_and_models_that_bear_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: True)
    assert [expander_if_faster(width, 2) is not None for width in (576, 896)] == [False, True]
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: False)
    assert expander_if_faster(896, 2) is None


def test_expanding_threads_have_no_teams_of_their_own() -> None:
    before = torch.get_num_threads()
    expander = Expander(2)
    assert {expander._pool.submit(torch.get_num_threads).result() for _ in range(20)} == {1}
    assert torch.get_num_threads() == before


def test_rows_are_alike_only_if_every_number_of_them_gives_the_same_bits() -> None:
    eight = rows(8)
    assert _alike(lambda some: some * 2, eight)
    assert not _alike(lambda some: some + (len(some) == 5) * 1e-6, eight)
    assert not _alike(lambda some, others: some + others.mean(), eight, eight)
