"""What the benchmark makes of times: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import EngineFault
from app.inference.bench.figures import Answers, Spread, Take, Timing

# A hundred prompt tokens in half a second, then two tokens every tenth of a second.
STEADY = Timing(100, ((0.5, 1), (0.6, 2), (0.7, 2)))
FASTER = Timing(100, ((0.1, 1), (0.2, 4)))


def test_decoding_counts_what_came_after_the_first_arrival() -> None:
    assert STEADY.output_tokens == 5
    assert STEADY.decode_tokens_per_second == pytest.approx(4 / 0.2)


def test_tokens_that_came_with_the_first_are_not_counted_as_decoded() -> None:
    assert Timing(1, ((1.0, 7), (2.0, 3))).decode_tokens_per_second == pytest.approx(3)


@pytest.mark.parametrize("arrivals", [(), ((0.5, 3),), ((0.5, 1), (0.5, 1))])
def test_one_arrival_has_no_speed(arrivals: tuple[tuple[float, int], ...]) -> None:
    assert Timing(100, arrivals).decode_tokens_per_second is None


def test_an_answer_without_tokens_is_a_fault() -> None:
    with pytest.raises(EngineFault, match="没有输出"):
        _ = Timing(100, ()).first_token_s


def test_the_figures_of_a_take() -> None:
    take = Take(2.0, Answers(STEADY, FASTER, FASTER), 300.0, weight_bytes=1_000_000)
    figures = take.figures(bandwidth=100e6)
    assert figures["load_s"] == 2.0
    assert figures["ttft_cold_ms"] == pytest.approx(500)
    assert figures["ttft_warm_ms"] == figures["ttft_edited_ms"] == pytest.approx(100)
    assert figures["prefill_tokens_per_second"] == pytest.approx(200)
    assert figures["decode_tokens_per_second"] == pytest.approx(20)
    assert figures["bandwidth_share"] == pytest.approx(20 * 1e6 / 100e6)
    assert (figures["input_tokens"], figures["output_tokens"]) == (100, 5)


def test_a_path_that_keeps_nothing_has_no_invented_figures() -> None:
    figures = Take(2.0, Answers(STEADY), 300.0, weight_bytes=1).figures(1)
    assert "ttft_cold_ms" in figures
    assert not {"ttft_warm_ms", "ttft_edited_ms", "warm_over_cold", "edited_over_cold"} & set(figures)


def test_memory_and_repeated_readings_are_held_against_their_measure() -> None:
    take = Take(2.0, Answers(STEADY, FASTER, STEADY), 3.0, weight_bytes=1, file_bytes=2 * 2**20)
    figures = take.figures(1)
    assert figures["memory_over_files"] == pytest.approx(1.5)
    assert figures["warm_over_cold"] == pytest.approx(0.2)
    assert figures["edited_over_cold"] == pytest.approx(1)


@pytest.mark.parametrize("same", [True, False])
def test_what_guessing_gains_is_told_only_of_the_same_text(same: bool) -> None:
    take = Take(2.0, Answers(STEADY), 1, weight_bytes=1, plain=FASTER, same_text=same)
    assert take.figures(1).get("lookup_gain") == (pytest.approx(20 / 40) if same else None)


def test_a_speed_that_could_not_be_measured_is_left_out() -> None:
    short = Timing(10, ((0.5, 1),))
    assert "decode_tokens_per_second" not in Take(1, Answers(short, short, short), 1, 1).figures(1)


def test_a_spread_keeps_four_digits() -> None:
    assert Spread.of([3.0, 1.23456, 2.0]).document() == {"median": 2.0, "min": 1.235, "max": 3.0}


def test_a_spread_of_nothing_is_a_bug() -> None:
    with pytest.raises(ValueError, match="needs values"):
        Spread.of([])


@given(st.lists(st.floats(0.001, 1e6), min_size=1))
def test_the_median_lies_between_the_ends(values: list[float]) -> None:
    spread = Spread.of(values)
    assert min(values) == spread.min <= spread.median <= spread.max == max(values)
