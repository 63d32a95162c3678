"""What is known of a sentence that a model wrote, in words."""

from __future__ import annotations

from app.core.provenance import AiSpan, share_edited
from app.ui.kit.wording import minute


def describe(span: AiSpan, text: str) -> str:
    """Model, version, time, share edited and review of a sentence, in one line."""
    share = share_edited(span.original, text[span.start : span.end])
    edited = f"改动 {share:.0%}" if share else "未改动"
    done = f"{span.reviewed_by} {minute(span.reviewed_at)} 已审核" if span.reviewed_at else "待医师审核"
    origin = span.origin
    return f"AI 生成：{origin.model}（{origin.version}），{minute(origin.inserted_at)} 写入，{edited}，{done}。"
