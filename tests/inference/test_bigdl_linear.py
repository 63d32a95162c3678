"""BigDL's INT4 layers by our kernels: each says what the stored blocks say."""

from __future__ import annotations

import pytest
import torch
from bigdl.llm.transformers.low_bit_linear import SYM_INT4, FP4Params, LowBitLinear

from app.inference.engines.bigdl_linear import Expander, Expansion, Int4Head, LowBitGroup, fastest_expansion

IN, OUT = 128, 192


def layer(wide: int = IN, high: int = OUT) -> LowBitLinear:
    made = LowBitLinear(wide, high, SYM_INT4, bias=False, mp_group=None)
    weights = torch.randn(high, wide, generator=torch.Generator().manual_seed(1))
    made.weight = FP4Params(weights, requires_grad=False, qtype=SYM_INT4).quantize("cpu")
    return made


def rows(count: int, wide: int = IN) -> torch.Tensor:
    return torch.randn(count, wide, generator=torch.Generator().manual_seed(2))


def stored(of: LowBitLinear) -> torch.Tensor:
    """The weights (out, in) as blocks of a float16 scale and 64 numbers, eight in the middle, low halves first."""
    blocks = of.weight.data.view(torch.uint8).view(of.out_len, of.in_len // 64, 34)
    scales = blocks[..., :2].contiguous().view(torch.float16).float()
    pairs = blocks[..., 2:].int()
    return ((torch.cat([pairs % 16, pairs // 16], dim=-1) - 8) * scales).view(of.out_len, of.in_len)


def test_the_likeliest_tokens_have_exact_logits_and_the_others_rounded_ones() -> None:
    made = layer()
    wanted = rows(3) @ stored(made).T
    logits = Int4Head(made)(rows(3))
    torch.testing.assert_close(logits.topk(8).values, wanted.topk(8).values, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(logits, wanted, rtol=0.02, atol=0.3)


@pytest.mark.parametrize("count", [1, 5, 100])
@pytest.mark.parametrize(("kind", "near"), [("float32", 0.3), ("bfloat16", 0.3), ("int8", 0.6)])
def test_layers_with_one_input_are_their_products_one_beside_the_other(
    count: int, kind: Expansion, near: float
) -> None:
    made = layer()
    product = LowBitGroup([made, made], Expander(kind, 2))(rows(count))
    wanted = rows(count) @ stored(made).T
    torch.testing.assert_close(product, torch.cat([wanted, wanted], dim=-1), rtol=0.02, atol=near)


def test_a_column_far_larger_than_the_others_costs_a_narrowing_layer_its_own_group_alone() -> None:
    made, entering = layer(1024, 64), rows(100, 1024)
    entering[:, 5] *= 3_000
    entering[:, 200:] *= 100  # The small ones lie in the large one's group.
    product = LowBitGroup([made], Expander("int8", 2))(entering)
    wanted = entering @ stored(made).T
    error = (product - wanted).norm() / (wanted - entering[:, :128] @ stored(made)[:, :128].T).norm()
    assert error < 0.03


@pytest.mark.parametrize("bfloat16", [True, False])
def test_eight_bits_are_for_processors_that_have_them_and_models_that_bear_them(
    monkeypatch: pytest.MonkeyPatch, bfloat16: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bfloat16)
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: True)
    without = "bfloat16" if bfloat16 else "float32"
    assert [fastest_expansion(width) for width in (576, 896)] == [without, "int8"]
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: False)
    assert fastest_expansion(896) == without


def test_expanding_threads_have_no_teams_of_their_own() -> None:
    before = torch.get_num_threads()
    expander = Expander("float32", 2)
    assert {expander._pool.submit(torch.get_num_threads).result() for _ in range(20)} == {1}
    assert torch.get_num_threads() == before
