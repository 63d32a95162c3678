"""Model text made safe to draw, to copy and to insert: nothing hidden, nothing loaded, nothing unbounded.

Markdown has rules that change what a doctor reads: `>60 ml` would lose its sign as a quotation, `3*5*2 cm` its
asterisks as emphasis, `1. 3.` would be counted anew, `[a]: b` would vanish as a link target. Only the constructs
are drawn that cannot do so: headings, bullet lists, `**bold**`, inline code, fenced code and small tables; the
numbers of a numbered list are drawn as they were written.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from html import escape, unescape

import markdown
import nh3
from markdown.inlinepatterns import SimpleTagInlineProcessor

AI_MARK = "AI生成，须医师审核"
MAX_DRAWN_CHARACTERS = 12_000
MAX_DRAWN_LINES = 400
MAX_TABLE_CELLS = 400
MAX_CHUNK_CHARACTERS = 6_000
MAX_MARKERS = 400
_PIECES_KEPT = 512

# Format, control, private-use, surrogate and line-separator characters, and blanks that look like nothing.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\ue000-\uf8ff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_BOLD = r"(?<![0-9A-Za-z*])(\*\*)(?=[^\s*])(.+?)(?<=[^\s*])\*\*(?!\*)"
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_BULLET = re.compile(r"^( *)[-*] +(?=\S)")
_NUMBERED = re.compile(r"^( *)\d+\. ")
_PLUS = re.compile(r"^\+ ")  # 阳性, not a list
_NESTED_BULLET = re.compile(r"^[-*+](?= )")  # `- - - a`: each would open a list within the list
_ENTITY = re.compile(r"&(lt|gt|amp|quot|nbsp);")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-*:?\s*)*$")
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "li"),
    *("strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
}
_UNSAFE_INLINE = (
    *("escape", "reference", "link", "image_link", "image_reference", "short_reference", "short_image_ref"),
    *("autolink", "automail", "html", "entity", "em_strong"),
)


def visible_controls(text: str) -> str:
    """`text` with line ends as `\\n` and every invisible or direction-changing character written as `[U+202E]`."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN.sub(lambda match: f"[U+{ord(match.group()):04X}]", unified)


def readable(text: str) -> str:
    """`visible_controls`, with the few HTML entities that models write for `<5` as the characters they stand for."""
    return _ENTITY.sub(lambda match: unescape(match.group()), visible_controls(text)).replace("\xa0", " ")


def bounded(text: str, limit: int = MAX_DRAWN_CHARACTERS) -> str:
    """At most `limit` characters and `MAX_DRAWN_LINES` lines of `text`; what is left out is said in the text itself."""
    shown = "\n".join(text[:limit].split("\n", MAX_DRAWN_LINES)[:MAX_DRAWN_LINES])
    if shown == text:
        return text
    return f"{shown}\n\n（文字过长：其余 {len(text) - len(shown)} 字未显示，可用“复制”取得全文。）"


def safe_html(source: str) -> str:
    """Untrusted Markdown as HTML of an allow-list: no image, no link target, no raw HTML, no style, no script."""
    cells, html = 0, []
    for chunk in chunks(bounded(readable(source))):
        cells += _cells(chunk)
        html.append(chunk_html(chunk) if cells <= MAX_TABLE_CELLS or not _cells(chunk) else _as_written(chunk))
    return "".join(html)


def chunks(source: str) -> list[str]:
    """Top-level pieces of a Markdown text that can be drawn one by one: split at blank lines outside code fences."""
    pieces: list[list[str]] = [[]]
    fenced = False
    for line in source.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        if line.strip() or fenced:
            pieces[-1].append(line)
        elif pieces[-1]:
            pieces.append([])
    return ["\n".join(piece) for piece in pieces if piece]


@lru_cache(_PIECES_KEPT)
def chunk_html(chunk: str) -> str:
    """One piece of `chunks` as safe HTML; what is too costly to parse as Markdown is drawn as it was written.

    Kept, since an answer that grows is drawn many times.
    """
    if _too_costly(chunk):
        return _as_written(chunk)
    try:
        html = _parser().reset().convert(_prepared(chunk))
    except (RecursionError, ValueError):
        return _as_written(chunk)
    return nh3.clean(html, tags=_TAGS, attributes={}, link_rel=None, url_schemes=set())


def plain_text(source: str) -> str:
    """What a doctor reads of a Markdown text, as plain lines for the note: markers gone, words and order kept."""
    lines: list[str] = []
    for line in readable(source).split("\n"):
        if _FENCE.match(line) or _is_rule(line):
            continue
        lines.append(_plain_line(line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def marked_copy(text: str, mark: str = AI_MARK) -> str:
    """`text` as it may leave the window: with the AI mark on a line of its own, once."""
    text = visible_controls(text).rstrip()
    return text if text.endswith(f"【{mark}】") else f"{text}\n【{mark}】"


def tool_tip(*lines: str) -> str:
    """Lines for a tool tip, in which Qt would otherwise take `<` for markup; empty lines are left out."""
    return "<br>".join(f"<span>{escape(visible_controls(line))}</span>" for line in lines if line)


def _plain_line(line: str) -> str:
    text = re.sub(r"^ {0,3}#{1,6}\s+", "", line.rstrip()).replace("\t", "  ")
    text = re.sub(r"^( *)[-*] +", r"\1· ", text)
    if text.lstrip().startswith("|"):
        text = "　".join(cell.strip() for cell in text.strip().strip("|").split("|"))
    return re.sub(r"`([^`]+)`", r"\1", re.sub(_BOLD, r"\2", text))


def _is_rule(line: str) -> bool:
    stripped = line.replace(" ", "")
    return bool(_TABLE_RULE.match(line)) or (len(stripped) > 2 and set(stripped) in ({"-"}, {"*"}, {"_"}))


def _too_costly(chunk: str) -> bool:
    markers = sum(chunk.count(mark) for mark in "*`\\")
    return len(chunk) > MAX_CHUNK_CHARACTERS or markers > MAX_MARKERS


def _cells(chunk: str) -> int:
    """At least as many as a table of this piece would have."""
    bars = chunk.count("|")
    return bars + chunk.count("\n") if bars else 0


def _as_written(chunk: str) -> str:
    return "<p>" + escape(chunk, quote=False).replace("\n", "<br>") + "</p>"


def _prepared(chunk: str) -> str:
    """The chunk with bullet depths as the parser counts them (four spaces) and blank lines around each list."""
    lines: list[str] = []
    depths: list[int] = []
    fenced = False
    for line in chunk.expandtabs(4).split("\n"):
        fenced ^= bool(_FENCE.match(line))
        bullet = None if fenced else _BULLET.match(line)
        if bullet is not None:
            lines += [] if depths or not lines else [""]
            _enter(depths, len(bullet.group(1)))
            words = _NESTED_BULLET.sub(lambda mark: f"&#{ord(mark[0])};", line[bullet.end() :])
            lines.append(" " * 4 * (len(depths) - 1) + "- " + words)
        elif not fenced and _ends_list(line, depths):
            depths.clear()
            lines += ["", line.lstrip()]
        else:
            lines.append(line if fenced else " " * 4 * len(depths) + _PLUS.sub("&#43; ", line.lstrip()))
    return "\n".join(lines)


def _enter(depths: list[int], indent: int) -> None:
    while depths and depths[-1] > indent:
        depths.pop()
    if not depths or depths[-1] < indent:
        depths.append(indent)


def _ends_list(line: str, depths: list[int]) -> bool:
    numbered = _NUMBERED.match(line)
    return bool(depths and numbered and len(numbered.group(1)) <= depths[0])


@cache
def _parser() -> markdown.Markdown:
    """Of the thread that draws: making one takes longer than most pieces do."""
    parser = markdown.Markdown(extensions=["tables", "nl2br", "fenced_code", "sane_lists"])
    parser.preprocessors.deregister("html_block")
    for name in _UNSAFE_INLINE:
        parser.inlinePatterns.deregister(name)
    for name in ("code", "olist", "setextheader", "quote", "reference"):
        parser.parser.blockprocessors.deregister(name)
    parser.inlinePatterns.register(SimpleTagInlineProcessor(_BOLD, "strong"), "bold", 60)
    return parser
