"""A document as the HTML that Qt draws: the same page as the DOCX."""

from __future__ import annotations

import html
from collections.abc import Iterator

from app.core.paper import AI_WORD, Paper, PaperSection, Piece

_VIOLET = "#6B4FA0"
_COLUMNS = 4
_STYLE = (
    "body{font-family:'Noto Serif CJK SC','Noto Sans CJK SC','SimSun';font-size:12pt;color:#1F2933}"
    "h1{font-size:18pt} td{padding:3pt 6pt;font-size:10.5pt} p{margin:2pt 0}"
)


def paper_html(paper: Paper) -> str:
    """The whole document; every text is escaped."""
    parts = [f"<h1 align='center'>{html.escape(paper.title)}</h1>"]
    parts += [f"<p align='center' style='color:{_VIOLET}'>{html.escape(notice)}</p>" for notice in paper.notices]
    parts += [_header(paper), *(line for section in paper.sections for line in _section(section))]
    parts += [f"<p align='right'>{html.escape(words)}</p>" for words in paper.closing]
    return f"<html><head><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"


def _header(paper: Paper) -> str:
    cells = [f"<td>{html.escape(f'{label}：{value}')}</td>" for label, value in paper.header]
    rows = ["".join(cells[start : start + _COLUMNS]) for start in range(0, len(cells), _COLUMNS)]
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table width='100%' border='1' cellspacing='0' style='border-collapse:collapse'>{table}</table>"


def _section(section: PaperSection) -> Iterator[str]:
    yield f"<p style='margin-top:14px'><b>{html.escape(section.title)}：</b></p>"
    for pieces in section.paragraphs:
        yield f"<p style='margin-left:32px'>{''.join(map(_piece, pieces))}</p>"


def _piece(piece: Piece) -> str:
    text = html.escape(piece.text)
    if not piece.ai:
        return text
    return f"<span style='color:{_VIOLET}'>{AI_WORD}{text}</span>"
