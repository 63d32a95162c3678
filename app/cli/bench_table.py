"""The benchmark's report as tables for a reader."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_COLUMNS = (
    ("load_s", "载入 s"),
    ("ttft_cold_ms", "首词 ms"),
    ("ttft_warm_ms", "重复 ms"),
    ("ttft_edited_ms", "改后 ms"),
    ("prefill_tokens_per_second", "阅读 /s"),
    ("decode_tokens_per_second", "书写 /s"),
    ("lookup_gain", "猜测增益"),
    ("peak_rss_mib", "内存 MiB"),
    ("memory_over_files", "内存/文件"),
    ("bandwidth_share", "带宽占比"),
    ("others_cpu_share", "他用 CPU"),
)
_WIDTH = 200
_Row = Mapping[str, Any]


def tables(document: Mapping[str, Any]) -> str:
    """The machine, the medians with their ends, the ratios, and what is missing."""
    machine = document["machine"]
    parts = [
        f"{machine['processor']}，{machine['threads']} 线程，内存读取 {machine['read_bandwidth_gb_per_second']} GB/s，"
        f"系统负载 {machine['load_average'][0]}",
        f"{document['rounds']} 轮，中位数（下行：最小–最大）；阅读、书写为每秒词元数；"
        "他用 CPU 是其间其他程序占去的份额，高时结果不可信",
        _table(document["results"], path_words),
    ]
    if document["ratios"]:
        parts.append("程序与各库之比，每轮相除后取中位数；时间与内存小于 1 为好，速度大于 1 为好")
        parts.append(_table(document["ratios"], lambda row: f"{row['ratio']}（{row['engine']}）"))
    parts += start_words(document["starts"])
    return "\n".join([*parts, *document["missing"]])


def start_words(starts: Sequence[_Row]) -> list[str]:
    """A sentence for each model's start: cold is with nothing of it in the page cache."""
    return [_start(row) for row in starts]


def _start(row: _Row) -> str:
    warm = f"{row['model']}（{row['engine']}）载入：热 {row['load_warm_s']['median']:.3g} 秒"
    if "load_cold_s" not in row:
        return f"{warm}；冷启动未测：此系统或权限不允许清空文件缓存"
    share = row["warm_over_cold"]["median"]
    return f"{warm}，冷（文件缓存已清空）{row['load_cold_s']['median']:.3g} 秒，热为冷的 {share:.2f}"


def path_words(row: _Row) -> str:
    """Whose row it is: the path, and the engine beneath it where that has another name."""
    path, engine = str(row["path"]), str(row["engine"])
    return path if path == engine else f"{path}（{engine}）"


def _table(rows: list[_Row], who: Callable[[_Row], str]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = [(name, title) for name, title in _COLUMNS if any(name in row for row in rows)]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for title in ("模型", "任务", "路径", *(title for _, title in shown)):
        table.add_column(title, no_wrap=True)
    for row in rows:
        cells = (_cell(row.get(name)) for name, _ in shown)
        table.add_row(row["model"], f"{row['task']}\n{row['prompt']}", who(row), *cells)
    page = io.StringIO()
    Console(file=page, width=_WIDTH, color_system=None).print(table)
    return page.getvalue().strip("\n")


def _cell(spread: Mapping[str, float] | None) -> str:
    if spread is None:
        return "–"
    return f"{short(spread['median'])}\n{short(spread['min'])}–{short(spread['max'])}"


def short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.3g}"
