"""The decoder against transformers' own models, with random weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

from app.inference.engines.bigdl_decoder import Decoder, _window
from app.inference.engines.int4_graphs import share_threads

share_threads(2)

SIZES = {
    "vocab_size": 60,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
IDS = [(7 * number) % 60 for number in range(20)]


def model(kind: str) -> Any:
    torch.manual_seed(0)
    if kind == "llama":
        return LlamaForCausalLM(LlamaConfig(**SIZES)).eval()
    return MistralForCausalLM(MistralConfig(**SIZES, sliding_window=None)).eval()


@pytest.mark.parametrize("kind", ["llama", "mistral"])
@pytest.mark.parametrize("in_pairs", [False, True])
@torch.inference_mode()
def test_logits_are_transformers_own_up_to_the_last_token_that_has_room(kind: str, in_pairs: bool) -> None:
    whole = model(kind)
    decoder = Decoder(whole, len(IDS))
    pieces = [IDS[:7], *([token] for token in IDS[7:])]
    logits = torch.cat([decoder.step(piece, in_pairs=in_pairs) for piece in pieces])
    torch.testing.assert_close(logits, whole(torch.tensor([IDS])).logits[0], rtol=1e-4, atol=1e-4)


def test_trying_whether_rows_are_alike_forgets_what_was_read() -> None:
    decoder = Decoder(model("llama"), 64)
    with torch.inference_mode():
        decoder.step(IDS)
    decoder.rows_are_alike()
    assert decoder.length == 0


@pytest.mark.parametrize(
    ("configured", "window"),
    [
        ({}, None),
        ({"sliding_window": None}, None),
        ({"sliding_window": 0}, None),
        ({"sliding_window": 20}, 20),
        ({"sliding_window": 20, "use_sliding_window": False}, None),
    ],
)
def test_a_window_is_what_the_configuration_uses(configured: dict[str, Any], window: int | None) -> None:
    config = LlamaConfig(**SIZES)
    for name, value in configured.items():
        setattr(config, name, value)
    assert _window(config) == window
