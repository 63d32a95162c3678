"""Scores from logits, against the definition written out."""

from __future__ import annotations

import numpy as np
import pytest

from app.inference.scoring import score_logits

IDS = [2, 0, 1, 2]
LOGITS = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [-5.0, 1.0, 4.0], [9.0, 9.0, 9.0]])


def test_each_next_token_is_scored_from_the_position_before_it() -> None:
    score = score_logits(IDS, LOGITS)
    rows = [row - np.log(np.exp(row).sum()) for row in LOGITS]
    assert score.log_likelihoods == pytest.approx((rows[0][0], rows[1][1], rows[2][2]), abs=1e-6)
    assert score.top_tokens == (2, 0, 2)
    assert score.token_ids == (2, 0, 1, 2)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_large_logits_do_not_overflow(dtype: type[np.floating]) -> None:  # type: ignore[type-arg]
    score = score_logits([0, 1], np.array([[30000.0, -30000.0], [0.0, 0.0]], dtype=dtype))
    assert score.log_likelihoods == pytest.approx((-60000.0,))
