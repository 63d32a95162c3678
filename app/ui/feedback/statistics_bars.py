"""The figures as bars and as a table: what each chart of the statistics page says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.core.statistics import SMALLEST_TOLD, ModelFigures, Share, Statistics, usage_by
from app.ui.kit.bar_chart import Bar

TASKS = {"differential": "鉴别诊断", "discharge": "出院记录"}
HIDDEN = f"少于 {SMALLEST_TOLD}，不显示"
_MONTHS = 12


def charts(statistics: Statistics) -> dict[str, list[Bar]]:
    """The bars of each chart, by its title, in the order of the page."""
    models = statistics.models
    months = usage_by(statistics.usage, lambda one: one.month)
    return {
        "使用率 · 任务": _shares(usage_by(statistics.usage, lambda one: TASKS.get(one.task, one.task)), "次住院"),
        "采纳率 · 模型（回填 / 生成）": _model_shares(models, lambda one: one.adoption, "份"),
        "使用率 · 科室": _shares(usage_by(statistics.usage, lambda one: one.department), "次住院"),
        "赞成率 · 模型（赞 / 投票）": _model_shares(models, lambda one: one.approval, "票"),
        f"使用率 · 月份（最近 {_MONTHS} 个月）": _shares(dict(list(months.items())[-_MONTHS:]), "次住院"),
        "签名前的改动 · 模型（占回填字数）": _values(models, lambda one: one.edit, lambda value: f"{value:.0%}"),
        "首字时间 · 模型（中位数）": _values(models, lambda one: one.ttft_ms, _seconds),
        "总时间 · 模型（中位数）": _values(models, lambda one: one.duration_ms, _seconds),
        "识别错误 · 模型（有错误 / 生成）": _model_shares(models, lambda one: one.errors, "份"),
        "识别错误 · 类型": _counts(statistics.error_types),
    }


def table(statistics: Statistics) -> Iterator[tuple[object, ...]]:
    """The lines of the CSV file, the first with the columns; what is too few to be told stays empty."""
    yield "项目", "任务", "科室", "月份", "模型", "分子", "分母", "数值", "单位"
    for one in statistics.usage:
        yield "使用率", TASKS.get(one.task, one.task), one.department, one.month, "", *_told(one.stays)
    for figures in statistics.models:
        for title, share in (("采纳率", figures.adoption), ("赞成率", figures.approval), ("错误率", figures.errors)):
            yield title, "", "", "", figures.model, *_told(share)
        for title, value, unit in (
            ("签名前的改动", figures.edit, "占回填字数"),
            ("首字时间（中位数）", figures.ttft_ms, "毫秒"),
            ("总时间（中位数）", figures.duration_ms, "毫秒"),
        ):
            yield title, "", "", "", figures.model, "", "", "" if value is None else round(value, 3), unit
    for kind, reports in statistics.error_types.items():
        yield "识别错误", "", "", "", "", "" if reports < SMALLEST_TOLD else reports, "", "", kind


def _told(share: Share) -> tuple[object, ...]:
    return ("", "", "", "") if share.rate is None else (share.part, share.whole, round(share.rate, 4), "")


def _shares(shares: Mapping[str, Share], unit: str) -> list[Bar]:
    return [_bar(name, share, unit) for name, share in shares.items()]


def _model_shares(models: Sequence[ModelFigures], of: Callable[[ModelFigures], Share], unit: str) -> list[Bar]:
    return [_bar(one.model, of(one), unit) for one in models]


def _bar(name: str, share: Share, unit: str) -> Bar:
    rate = share.rate
    return Bar(name, rate, HIDDEN if rate is None else f"{rate:.0%}（{share.part} / {share.whole} {unit}）")


def _values(
    models: Sequence[ModelFigures], of: Callable[[ModelFigures], float | None], said: Callable[[float], str]
) -> list[Bar]:
    longest = max((value for one in models if (value := of(one))), default=1.0)
    return [
        Bar(one.model, None, HIDDEN) if (value := of(one)) is None else Bar(one.model, value / longest, said(value))
        for one in models
    ]


def _counts(counts: Mapping[str, int]) -> list[Bar]:
    most = max(counts.values(), default=1)
    return [
        Bar(name, None, HIDDEN) if count < SMALLEST_TOLD else Bar(name, count / most, f"{count} 处")
        for name, count in counts.items()
    ]


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} 秒" if milliseconds >= 1000 else f"{milliseconds:.0f} 毫秒"
