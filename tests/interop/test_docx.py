from __future__ import annotations

import io

import docx

from app.core.paper import AI_NOTICE, Paper, PaperSection, Piece
from app.interop.docx import docx_bytes

PAPER = Paper(
    title="出院记录",
    header=(("姓名", "周示例"), ("住院号", "ZY0001")),
    notices=(AI_NOTICE,),
    sections=(PaperSection("诊疗经过", ((Piece("行碎石术。"), Piece("恢复\x07顺利。", ai=True)),)),),
    closing=("医师签名：____",),
)


def test_the_file_holds_every_text_and_the_mark_in_page_footer_and_properties() -> None:
    document = docx.Document(io.BytesIO(docx_bytes(PAPER)))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "出院记录" in text and "行碎石术。［AI］恢复顺利。" in text and "医师签名" in text
    assert document.tables[0].cell(0, 1).text == "住院号：ZY0001"
    assert document.sections[0].footer.paragraphs[0].text == AI_NOTICE
    assert document.core_properties.comments == AI_NOTICE and document.core_properties.author == ""


def test_without_text_of_a_model_there_is_no_mark() -> None:
    plain = Paper("出院记录", (), (), (PaperSection("诊疗经过", ((Piece("行碎石术。"),),)),), ())
    document = docx.Document(io.BytesIO(docx_bytes(plain)))
    assert document.sections[0].footer.paragraphs[0].text == "" and document.core_properties.comments == ""
