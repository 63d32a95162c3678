"""A document as DOCX (ECMA-376), A4, in a ward's usual look."""

from __future__ import annotations

import io
from typing import Any

from app.core.paper import AI_NOTICE, AI_WORD, Paper, PaperSection, Piece

_FONT = "宋体"
_VIOLET, _INK = "6B4FA0", "1F2933"
_COLUMNS = 4
# XML 1.0 cannot hold the other control characters; a record that has one is exported without it.
_ALLOWED_CONTROLS = "\t\n"


def docx_bytes(paper: Paper) -> bytes:
    """The file's bytes. What a model wrote and no doctor reviewed is marked by a word and a colour, and in the file."""
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document = docx.Document()
    _set_up(document, paper)
    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(heading, paper.title, size=18, bold=True)
    for notice in paper.notices:
        line = document.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _write(line, notice, size=10.5, colour=_VIOLET)
    _add_header(document, paper)
    for section in paper.sections:
        _add_section(document, section)
    for words in paper.closing:
        line = document.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _write(line, words, size=10.5)
    page = io.BytesIO()
    document.save(page)
    return page.getvalue()


def _set_up(document: Any, paper: Paper) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.2)
    page.top_margin = page.bottom_margin = Cm(2)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(12)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    normal.paragraph_format.space_after = Pt(2)
    normal.paragraph_format.line_spacing = 1.4
    properties = document.core_properties
    properties.title, properties.author, properties.comments = paper.title, "", AI_NOTICE if paper.has_ai else ""
    properties.keywords = "AIGC" if paper.has_ai else ""
    if paper.has_ai:
        _write(page.footer.paragraphs[0], AI_NOTICE, size=9, colour=_VIOLET)


def _add_header(document: Any, paper: Paper) -> None:
    rows = -(-len(paper.header) // _COLUMNS)
    table = document.add_table(rows=rows, cols=_COLUMNS)
    table.style = "Table Grid"
    for place, (label, value) in enumerate(paper.header):
        cell = table.cell(place // _COLUMNS, place % _COLUMNS)
        _write(cell.paragraphs[0], f"{label}：{value}", size=10.5)


def _add_section(document: Any, section: PaperSection) -> None:
    heading = document.add_paragraph()
    heading.paragraph_format.space_before = _points(8)
    heading.paragraph_format.keep_with_next = True
    _write(heading, f"{section.title}：", size=12, bold=True)
    for pieces in section.paragraphs:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.left_indent = _points(24)
        for piece in pieces:
            _write_piece(paragraph, piece)


def _write_piece(paragraph: Any, piece: Piece) -> None:
    if piece.ai:
        _write(paragraph, AI_WORD, size=9, colour=_VIOLET)
    _write(paragraph, piece.text, size=12, colour=_VIOLET if piece.ai else _INK)


def _write(paragraph: Any, text: str, *, size: float, bold: bool = False, colour: str = _INK) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run("".join(one for one in text if one >= " " or one in _ALLOWED_CONTROLS))
    run.font.name, run.font.size, run.font.bold = _FONT, Pt(size), bold
    run.font.color.rgb = RGBColor.from_string(colour)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)


def _points(number: float) -> Any:
    from docx.shared import Pt

    return Pt(number)
