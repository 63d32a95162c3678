"""The proof of a conversion: perplexity, agreement, causality, on made-up scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.core.errors import ModelFileFault
from app.inference.engine import Score
from app.inference.quality import altered, causality, measure, passes, perplexity
from app.inference.store import Quality

TEXT = "患者三天前无明显诱因出现胸骨后压榨样疼痛，向左肩放射。"
GOOD = Quality("zh", perplexity=12.0, parent_perplexity=10.0, top1=0.8, causality=0.1)


def score_of(text: str, nats: float = 1.0) -> Score:
    """A token a character; every next one at this many nats, and as expected."""
    tokens = tuple(map(ord, text))
    return Score(tokens, (-nats,) * (len(tokens) - 1), tokens[1:])


def clairvoyant(text: str) -> Score:
    """A model whose early log-likelihoods depend on the end of the text."""
    score = score_of(text)
    return replace(score, log_likelihoods=(-float(score.token_ids[-1] % 7), *score.log_likelihoods[1:]))


def test_perplexity_is_per_token() -> None:
    assert perplexity(score_of(TEXT, math.log(7))) == pytest.approx(7)
    assert perplexity(Score((1, 2, 3), (-math.log(2), -math.log(8)), (2, 3))) == pytest.approx(4)


@pytest.mark.parametrize("nats", [1e4, math.inf])
def test_a_model_that_expects_nothing_of_a_text_is_infinitely_perplexed(nats: float) -> None:
    assert perplexity(score_of(TEXT, nats)) == math.inf


def test_a_model_like_its_parent_passes() -> None:
    quality = measure("zh", TEXT, score_of(TEXT), score_of)
    assert (quality.language, quality.ratio, quality.top1, quality.causality) == ("zh", 1.0, 1.0, 0.0)
    assert passes(quality)


def test_a_loss_is_measured() -> None:
    quality = measure("zh", TEXT, score_of(TEXT, 1.0), lambda text: score_of(text, 1.2))
    assert quality.ratio == pytest.approx(math.exp(0.2))
    assert (quality.perplexity, quality.parent_perplexity) == (pytest.approx(math.exp(1.2)), pytest.approx(math.e))


def test_agreement_is_the_share_of_equal_first_choices() -> None:
    def other_choices(text: str) -> Score:
        score = score_of(text)
        half = len(score.top_tokens) // 2
        return replace(score, top_tokens=(0,) * half + score.top_tokens[half:])

    quality = measure("zh", TEXT[:21], score_of(TEXT[:21]), other_choices)
    assert quality.top1 == pytest.approx(0.5)


def test_a_model_that_sees_later_tokens_is_refused_however_good_it_looks() -> None:
    quality = measure("zh", TEXT, score_of(TEXT, 9.0), clairvoyant)
    assert quality.ratio < 1 and quality.top1 == 1
    assert quality.causality >= 1
    assert not passes(quality)


def test_rounding_is_no_clairvoyance() -> None:
    moved = [0.0, 0.2]
    quality = measure("zh", TEXT, score_of(TEXT), lambda text: score_of(text, 1.0 + moved.pop()))
    assert quality.causality == pytest.approx(0.2)
    assert passes(quality)


def test_what_follows_the_change_may_differ() -> None:
    at = len(TEXT) * 3 // 5

    def after(text: str) -> Score:
        score = score_of(text)
        late = (-9.0 if text != TEXT else -1.0,) * (len(score.log_likelihoods) - at)
        return replace(score, log_likelihoods=score.log_likelihoods[:at] + late)

    assert measure("zh", TEXT, score_of(TEXT), after).causality == 0


def test_the_first_token_that_differs_may_be_as_likely_as_it_is() -> None:
    def by_token(text: str) -> Score:
        score = score_of(text)
        return replace(score, log_likelihoods=tuple(-float(token % 7) for token in score.token_ids[1:]))

    assert measure("zh", TEXT, by_token(TEXT), by_token).causality == 0


def test_the_altered_text_differs_in_its_end_only() -> None:
    at = len(TEXT) * 3 // 5
    assert altered(TEXT)[:at] == TEXT[:at]
    assert altered(TEXT)[at:] == TEXT[at:][::-1] != TEXT[at:]


def test_another_tokenisation_is_refused() -> None:
    with pytest.raises(ModelFileFault, match="分词结果不一致"):
        measure("zh", TEXT, score_of(TEXT), lambda text: score_of(text + "。"))


@pytest.mark.parametrize(("score", "moved"), [(score_of, 0.0), (clairvoyant, 5.0)])
def test_causality_needs_no_parent(score: Callable[[str], Score], moved: float) -> None:
    assert causality(TEXT, score) == moved


def test_scores_with_nothing_in_common_are_no_crash() -> None:
    scores = [score_of("xyz"), score_of("abcdef")]
    assert causality(TEXT, lambda _: scores.pop()) == 0


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, True),
        ({"perplexity": 13.0}, True),
        ({"perplexity": 13.01}, False),
        ({"perplexity": 5.0}, True),
        ({"top1": 0.5}, True),
        ({"top1": 0.49}, False),
        ({"causality": 0.5}, True),
        ({"causality": 0.51}, False),
        ({"perplexity": math.nan}, False),
        ({"perplexity": math.inf}, False),
        ({"top1": math.nan}, False),
        ({"causality": math.nan}, False),
    ],
)
def test_the_limits(change: dict[str, float], verdict: bool) -> None:
    assert passes(replace(GOOD, **change)) is verdict  # type: ignore[arg-type]
