"""Is a converted model still the same model? No conversion is trusted: each is compared with its parent.

A path that is silently wrong exists: BigDL-LLM's optimised Llama attention lets a token see later ones, which makes
perplexity look better than the parent's while the answers are nonsense. Hence the check of causality.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from app.core.errors import ModelFileFault
from app.inference.engine import Score
from app.inference.store import Quality

MAXIMUM_RATIO = 1.3
MINIMUM_TOP1 = 0.5
# A setting of the machine is no conversion: it may change next to nothing.
_MAXIMUM_OF_A_SETTING = 1.01
# Nats. Matrix products round differently for other lengths (at most 0.2 measured, in bfloat16); a path that sees
# later tokens moved log-likelihoods by 8.
MAXIMUM_CAUSALITY = 0.5


def altered(text: str) -> str:
    """The text with its last two fifths reversed: what comes before may not notice."""
    at = len(text) * 3 // 5
    return text[:at] + text[at:][::-1]


def measure(language: str, text: str, parent: Score, score: Callable[[str], Score]) -> Quality:
    """Compare a model with its parent on a text. Raises ModelFileFault if they do not even agree on its tokens."""
    own, other = score(text), score(altered(text))
    if own.token_ids != parent.token_ids:
        raise ModelFileFault("转换后的模型与原模型分词结果不一致，已拒绝使用")
    return Quality(
        language=language,
        perplexity=perplexity(own),
        parent_perplexity=perplexity(parent),
        top1=sum(map(int.__eq__, own.top_tokens, parent.top_tokens)) / len(own.top_tokens),
        causality=_moved(own, other),
    )


def causality(text: str, score: Callable[[str], Score]) -> float:
    """How much later tokens move earlier log-likelihoods (nats, largest); needs no parent."""
    return _moved(score(text), score(altered(text)))


def reads_alike(text: str, proved: Callable[[str], Score], other: Callable[[str], Score]) -> bool:
    """Whether a model under other settings is still as good as under those that it was proved with."""
    before, after = perplexity(proved(text)), perplexity(other(text))
    return after <= _MAXIMUM_OF_A_SETTING * before and causality(text, other) <= MAXIMUM_CAUSALITY


def perplexity(score: Score) -> float:
    """Per token: exp of the mean negative log-likelihood."""
    try:
        return math.exp(-sum(score.log_likelihoods) / len(score.log_likelihoods))
    except OverflowError:
        return math.inf


def passes(quality: Quality) -> bool:
    """Whether a converted model may be used."""
    faithful = quality.ratio <= MAXIMUM_RATIO and quality.top1 >= MINIMUM_TOP1
    return faithful and quality.causality <= MAXIMUM_CAUSALITY


def _moved(one: Score, other: Score) -> float:
    """The largest change of a log-likelihood before the first token that differs."""
    pairs = zip(one.token_ids, other.token_ids, strict=False)
    common = next((index for index, (a, b) in enumerate(pairs) if a != b), len(one.token_ids))
    compared = max(common - 1, 0)
    changes = zip(one.log_likelihoods[:compared], other.log_likelihoods[:compared], strict=True)
    return max((abs(a - b) for a, b in changes), default=0.0)
