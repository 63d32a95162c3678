"""The benchmark's report as files: figures, chart and a page to read, whole after each round."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.cli.bench_table import path_words, short, start_words
from app.core.errors import EnvironmentFault
from app.inference.bench.chart import chart

_Rows = Sequence[Mapping[str, Any]]

_RATIOS = (
    ("ttft_cold_ms", "首词"),
    ("prefill_tokens_per_second", "阅读"),
    ("decode_tokens_per_second", "书写"),
    ("load_s", "载入"),
    ("peak_rss_mib", "内存"),
)
_OWN = (
    ("ttft_cold_ms", "新病历 ms"),
    ("ttft_warm_ms", "未改 ms"),
    ("ttft_edited_ms", "末尾改动 ms"),
    ("prefill_tokens_per_second", "阅读 /s"),
    ("decode_tokens_per_second", "书写 /s"),
    ("load_s", "载入 s"),
    ("warm_over_cold", "未改/新"),
    ("edited_over_cold", "改动/新"),
    ("lookup_gain", "猜测增益"),
    ("peak_rss_mib", "内存 MiB"),
    ("memory_over_files", "内存/文件"),
    ("bandwidth_share", "带宽占比"),
)


def write_report(document: Mapping[str, Any], folder: Path) -> None:
    """Write bench.json, bench.svg and README.md into a folder. Raises EnvironmentFault."""
    files = {
        "bench.json": json.dumps(document, ensure_ascii=False, indent=1) + "\n",
        "bench.svg": chart(document),
        "README.md": page(document),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            partial = folder / f"{name}.partial"
            partial.write_text(text, encoding="utf-8")
            partial.replace(folder / name)
    except OSError as error:
        raise EnvironmentFault(f"无法写入 {folder}（{error.strerror}），请检查磁盘空间与权限") from error


def page(document: Mapping[str, Any]) -> str:
    """The report as Markdown: the machine, all figures (medians), the ratios."""
    parts = [
        "# 测速报告",
        "",
        _machine(document["machine"]),
        "",
        f"{document['rounds']} 轮轮换，中位数。由 `wardnote bench --output` 写成，"
        "每行的轮数、最小与最大值见 `bench.json`。",
        "",
        *_results(document["results"]),
        *_compared(document["ratios"]),
        *(f"- {sentence}" for sentence in (*start_words(document["starts"]), *document["missing"])),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _machine(machine: Mapping[str, Any]) -> str:
    libraries = "、".join(f"{name} {version}" for name, version in machine["libraries"].items())
    return (
        f"{machine['processor']}，{machine['threads']} 线程，{machine['memory_gib']} GiB 内存，"
        f"实测读取 {machine['read_bandwidth_gb_per_second']} GB/s，开始时系统负载 {machine['load_average'][0]}；"
        f"Python {machine['python']}，{libraries}。"
    )


def _results(rows: _Rows) -> list[str]:
    return ["![](bench.svg)", "", *_table(rows, _OWN, path_words), ""] if rows else []


def _compared(rows: _Rows) -> list[str]:
    if not rows:
        return []
    title = "程序与各库之比，每轮相除后取中位数（括号内为最小与最大）；时间与内存小于 1 为好，速度大于 1 为好。"
    return [title, "", *_table(rows, _RATIOS, lambda row: f"{row['ratio']}（{row['engine']}）", spread=True), ""]


def _table(
    rows: _Rows, columns: Sequence[tuple[str, str]], who: Callable[[Mapping[str, Any]], str], *, spread: bool = False
) -> list[str]:
    shown = [(name, title) for name, title in columns if any(name in row for row in rows)]
    head = ["模型", "任务", "路径", *(title for _, title in shown)]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        cells = [_cell(row.get(name), spread=spread) for name, _ in shown]
        lines.append([row["model"], f"{row['task']}/{row['prompt']}", who(row), *cells])
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(value: Mapping[str, float] | None, *, spread: bool) -> str:
    if value is None:
        return "–"
    median, least, most = (short(value[name]) for name in ("median", "min", "max"))
    return f"{median}（{least}–{most}）" if spread else median
