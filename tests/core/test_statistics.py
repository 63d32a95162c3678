from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.statistics import ModelRun, Share, Usage, model_figures, usage_by


def a_run(model: str = "甲", **changes: object) -> ModelRun:
    told = {"ttft_ms": 800.0, "duration_ms": 2000.0, "backfilled": False, "votes_up": 0, "votes_down": 0}
    return ModelRun(model, **{**told, "errors": 0, "edit": None, **changes})  # type: ignore[arg-type]


@given(st.integers(0, 30), st.integers(0, 30))
def test_what_is_below_five_is_hidden_and_nothing_else(part: int, more: int) -> None:
    share = Share(part, part + more)
    assert (share.rate is None) == (share.whole < 5 or part in (1, 2, 3, 4))


def test_shares_add_up_by_department_and_month() -> None:
    usage = [
        Usage("differential", "心内", "2025-03", Share(6, 10)),
        Usage("differential", "心内", "2025-04", Share(9, 10)),
        Usage("differential", "骨科", "2025-03", Share(0, 8)),
    ]
    assert usage_by(usage, lambda one: one.department) == {"心内": Share(15, 20), "骨科": Share(0, 8)}
    assert list(usage_by(usage, lambda one: one.month)) == ["2025-03", "2025-04"]


def test_each_model_has_its_figures_and_few_runs_have_no_average() -> None:
    runs = [a_run("乙", ttft_ms=float(n), backfilled=n < 6, votes_up=1, errors=n % 2, edit=0.1) for n in range(10)]
    first, second = model_figures([*runs, *[a_run("甲")] * 4])
    assert (first.model, first.generations, first.adoption.rate, first.approval.rate) == ("乙", 10, 0.6, 1.0)
    assert (first.errors.rate, first.ttft_ms, round(first.edit or 0, 3)) == (0.5, 4.5, 0.1)
    assert (second.adoption.rate, second.ttft_ms, second.duration_ms, second.edit) == (None, None, None, None)
