"""Attention over the cache: what plain attention says, and for a few rows the same bits as one by one."""

from __future__ import annotations

import pytest
import torch

from app.inference.engines.bigdl_attention import FEW_ROWS, KeyValueCache

SIZE, KV_HEADS, TOKENS, ALL = 16, 2, 200, 1 << 62


def numbers(heads: int, seed: int) -> torch.Tensor:
    return torch.randn(heads, TOKENS, SIZE, generator=torch.Generator().manual_seed(seed))


class Text:
    """Tokens with known queries, keys and values, read piece by piece."""

    def __init__(self, group: int, window: int = ALL) -> None:
        self.queries, self.keys, self.values = numbers(group * KV_HEADS, 1), numbers(KV_HEADS, 2), numbers(KV_HEADS, 3)
        self.window = window
        self.cache = KeyValueCache(1, group * KV_HEADS, KV_HEADS, SIZE, TOKENS, window)
        self.cache._cache.fill_(float("nan"))

    def read(self, *sizes: int) -> torch.Tensor:
        """So many tokens, then so many: attention (heads, sum of sizes, size)."""
        parts, start = [], 0
        for size in sizes:
            piece = slice(start, start + size)
            rows = self.queries[:, piece], self.keys[:, piece], self.values[:, piece]
            parts.append(self.cache.attend(0, start, *rows))
            start += size
        return torch.cat(parts, dim=1)

    def wanted(self, count: int) -> torch.Tensor:
        """The same by its definition."""
        group = len(self.queries) // KV_HEADS
        keys, values = (of[:, :count].repeat_interleave(group, 0) for of in (self.keys, self.values))
        distance = torch.arange(count)[:, None] - torch.arange(count)
        scores = self.queries[:, :count] @ keys.mT / SIZE**0.5
        hidden = (distance < 0) | (distance >= self.window)
        return scores.masked_fill(hidden, float("-inf")).softmax(-1) @ values


@pytest.mark.parametrize("window", [ALL, 20, 70])
@pytest.mark.parametrize("group", [1, 3, 7])
def test_pieces_of_any_size_see_what_came_before_and_nothing_of_a_cache_that_was_never_written(
    group: int, window: int
) -> None:
    text = Text(group, window)
    torch.testing.assert_close(text.read(50, 1, 1, 12, 8, 3, 64, 1), text.wanted(140), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("window", [ALL, 20])
@pytest.mark.parametrize("group", [1, 3, 7])
def test_a_few_rows_have_the_same_bits_as_one_by_one_over_the_end_of_a_block_too(group: int, window: int) -> None:
    alone = Text(group, window).read(57, *[1] * 3 * FEW_ROWS)
    together = Text(group, window).read(57, *[FEW_ROWS] * 3)
    assert torch.equal(together, alone)


def test_where_a_processor_computes_several_rows_otherwise_they_are_taken_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.inference.engines.bigdl_attention._rows_are_alike", lambda heads, group, size: False)
    text = Text(3)
    assert text.cache._spans(60, 3) == [(0, 1), (1, 2), (2, 3)]
    torch.testing.assert_close(text.read(60, 8, 3), text.wanted(71), rtol=1e-4, atol=1e-5)
