"""What logits say about a text: the common ground of every engine and of the unquantised parent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.inference.engine import Score

# The last tokens of a scored text go one by one through the cache, as in writing; the rest in one pass.
STEPPED_TOKENS = 32


def score_logits(ids: Sequence[int], logits: NDArray[np.floating[Any]]) -> Score:
    """Score of a text of T tokens from its logits (T, vocabulary)."""
    rows = logits[:-1].astype(np.float32)
    highest = rows.max(axis=1, keepdims=True)
    totals = highest[:, 0] + np.log(np.exp(rows - highest).sum(axis=1))
    chosen = rows[np.arange(len(rows)), np.asarray(ids[1:])]
    return Score(
        token_ids=tuple(ids),
        log_likelihoods=tuple(float(value) for value in chosen - totals),
        top_tokens=tuple(int(token) for token in rows.argmax(axis=1)),
    )
