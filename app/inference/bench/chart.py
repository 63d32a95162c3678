"""The report as a drawing: bars of medians with their spread, as SVG text that any browser shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

_Row = Mapping[str, Any]

_PANELS = (
    ("prefill_tokens_per_second", "阅读（词元/秒，长者为好）"),
    ("decode_tokens_per_second", "书写（词元/秒，长者为好）"),
    ("ttft_cold_ms", "首词，新病历（毫秒，短者为好）"),
    ("ttft_edited_ms", "首词，末尾改动后（毫秒，短者为好）"),
)
_COLOURS = {"wardnote": "#1f6f8b", "openvino": "#99c1cf", "bigdl": "#c9b79c", "llama.cpp": "#d98f6c"}
_LABEL, _BARS, _VALUE = 230, 420, 90
_WIDTH = _LABEL + _BARS + _VALUE
_BAR, _GAP, _TITLE = 13, 4, 34


def chart(document: Mapping[str, Any]) -> str:
    """An SVG of the results of `bench --json`; one panel for each figure that was measured."""
    parts, top = [], 0
    for figure, title in _PANELS:
        rows = [row for row in document["results"] if figure in row]
        if rows:
            drawn, top = _panel(figure, title, rows, top)
            parts += drawn
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top + 10}" '
        f'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _panel(figure: str, title: str, rows: Sequence[_Row], top: int) -> tuple[list[str], int]:
    parts = [_text(8, top + 22, title, bold=True)]
    top += _TITLE
    most = max(row[figure]["max"] for row in rows)
    for work, group in _groups(rows):
        parts.append(_text(8, top + _BAR - 2, work, bold=True))
        top += _BAR + _GAP
        for row in group:
            parts += _bar(row, row[figure], most, top)
            top += _BAR + _GAP
    return parts, top


def _groups(rows: Sequence[_Row]) -> Iterator[tuple[str, list[_Row]]]:
    """The rows of each model and prompt, in the order of the report."""
    works = dict.fromkeys((row["model"], row["task"], row["prompt"]) for row in rows)
    for work in works:
        yield "　".join(work), [row for row in rows if (row["model"], row["task"], row["prompt"]) == work]


def _bar(row: _Row, spread: Mapping[str, float], most: float, top: int) -> list[str]:
    """A bar as long as the median, with a line from the least to the greatest."""
    long, least, greatest = (_BARS * spread[name] / most for name in ("median", "min", "max"))
    middle = top + _BAR / 2
    name = row["path"] if row["path"] == row["engine"] else f"{row['path']}（{row['engine']}）"
    return [
        _text(24, top + _BAR - 2, name),
        f'<rect x="{_LABEL}" y="{top}" width="{long:.1f}" height="{_BAR}" fill="{_COLOURS.get(row["path"], "#999")}"/>',
        f'<path d="M{_LABEL + least:.1f} {middle}H{_LABEL + greatest:.1f}" stroke="#333"/>',
        _text(_LABEL + greatest + 6, top + _BAR - 2, f"{spread['median']:.3g}"),
    ]


def _text(x: float, y: float, words: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{weight}>{escape(words)}</text>'
