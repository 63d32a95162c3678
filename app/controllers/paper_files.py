"""A document on paper: read from the database, drawn on pages by Qt, written as a file."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QGuiApplication,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextDocument,
)

from app.core.errors import EnvironmentFault
from app.core.paper import AI_NOTICE, Paper, paper_of
from app.interop.paper_html import paper_html
from app.storage.repositories import Repositories

_MARGINS = QMarginsF(22, 20, 22, 16)
_FAMILY, _TEXT_POINTS, _FOOTER_POINTS = "Noto Serif CJK SC", 12, 9
_POINTS_OF_AN_INCH = 72


def read_paper(repositories: Repositories, note_id: str) -> Paper:
    """The paper of a document as it is stored."""
    note = repositories.notes.get(note_id)
    summary = next(
        one for one in repositories.encounters.summaries() if one.encounter.encounter_id == note.encounter_id
    )
    sample = repositories.encounters.is_sample(note.encounter_id)
    acts = repositories.signing.acts(note_id)
    return paper_of(summary.patient, summary.encounter, note, note.provenance, sample=sample, acts=acts)


def set_up_page(device: QPagedPaintDevice) -> None:
    """A4 with a ward's margins."""
    device.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    device.setPageMargins(_MARGINS, QPageLayout.Unit.Millimeter)


def draw_paper(paper: Paper, device: QPagedPaintDevice) -> None:
    """Draw the paper on this device's pages; each has at its foot whose it is, and which of how many it is."""
    document = QTextDocument()
    document.documentLayout().setPaintDevice(device)
    document.setDefaultFont(QFont(_FAMILY, _TEXT_POINTS))
    document.setDocumentMargin(0)
    area = QRectF(0, 0, device.width(), device.height())
    footer = 3 * _FOOTER_POINTS * device.logicalDpiY() / _POINTS_OF_AN_INCH
    document.setPageSize(QSizeF(area.width(), area.height() - footer))
    document.setHtml(paper_html(paper))
    painter = QPainter(device)
    for page in range(document.pageCount()):
        if page:
            device.newPage()
        _draw_page(painter, document, page)
        painter.setFont(QFont(_FAMILY, _FOOTER_POINTS))
        painter.setPen(Qt.GlobalColor.black)
        painter.drawText(area, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, _whose(paper))
        place = f"第 {page + 1} 页，共 {document.pageCount()} 页"
        painter.drawText(area, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight, place)
    painter.end()


def _draw_page(painter: QPainter, document: QTextDocument, page: int) -> None:
    size = document.pageSize()
    context = QAbstractTextDocumentLayout.PaintContext()
    context.palette.setColor(QPalette.ColorRole.Text, Qt.GlobalColor.black)
    context.clip = QRectF(0, page * size.height(), size.width(), size.height())
    painter.save()
    painter.translate(0, -page * size.height())
    painter.setClipRect(context.clip)
    document.documentLayout().draw(painter, context)
    painter.restore()


def _whose(paper: Paper) -> str:
    told = dict(paper.header)
    parts = (paper.title, told.get("姓名", ""), told.get("住院号", "") and f"住院号 {told['住院号']}")
    return "　".join(part for part in parts if part)


def write_paper(paper: Paper, form: str, path: Path) -> None:
    """Write beside the place, then move there: the file is whole or untouched, and only its owner may read it.

    Raises EnvironmentFault.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.touch(mode=0o600)
        if form == "docx":
            from app.interop.docx import docx_bytes

            temporary.write_bytes(docx_bytes(paper))
        else:
            _write_pdf(paper, temporary)
        temporary.replace(path)
    except OSError as error:
        raise EnvironmentFault(f"无法写入 {path}：请检查该文件夹是否存在、是否有权限和空间。") from error
    finally:
        temporary.unlink(missing_ok=True)


def _write_pdf(paper: Paper, path: Path) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication.instance() or QGuiApplication([])
    writer = QPdfWriter(str(path))
    writer.setTitle(f"{paper.title}（{AI_NOTICE}）" if paper.has_ai else paper.title)
    writer.setCreator("WardNote")
    set_up_page(writer)
    draw_paper(paper, writer)
    del application
    if not path.is_file() or path.stat().st_size == 0:
        raise OSError(f"{path} was not written")
