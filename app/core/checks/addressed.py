"""Sentences that speak to the language model instead of describing the patient: they may change what it suggests.

They come along with what is pasted: a referral, a message, a page. Nothing is taken out and nothing is refused; a
model is shown what the doctor sees, with its control marks made harmless (see `core.prompts.quoted`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.core.checks.finding import CheckedNote, Finding, Severity, Span

REASON = "此句像是写给模型的指令，可能改变建议，请核对是否应留在病历中。"

_SENTENCE = re.compile(r"[^。；;!！\n]+")
_HIDDEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")

# Where an order begins; "能正确回答" and "患者无视之前的要求" do not.
_START = r"(?:^|(?<=[，,、：:】\]）)\s.]))(?:请你?|你要?|务必|重要)?"
_EARLIER = r"(?:以上|上述|上面|之前|此前|先前|前面|前述|所有|一切|原有|系统|其他)"
_RULES = r"(?:指令|指示|规则|提示词?|设定|命令)"
_ORDINAL = r"第[一二三四五1-5]个?"

_ORDERS = (
    # 忽略以上指令；请忽略之前的所有规则；优先于一切要求
    rf"{_START}(?:忽略|无视|不要?理会|不必遵守|跳过|覆盖).{{0,4}}{_EARLIER}.{{0,6}}{_RULES}",
    rf"优先于.{{0,4}}{_EARLIER}.{{0,4}}(?:要求|{_RULES})",
    r"以上(?:病历|内容|资料|病史)?(?:全部)?作废",
    # 请输出…；直接回答；只回答“…”；只写…诊断为…
    rf"{_START}请(?:直接|只|仅|务必)?(?:回答|输出|生成)|{_START}直接(?:回答|输出)",
    rf"{_START}(?:只|仅)需?要?(?:回答|回复|输出|写|给出)(?:[“”\"「『：:]|.{{0,12}}(?:诊断|病名|答案))",
    rf"{_START}(?:只|仅)需?要?输出",
    # 每个诊断都写…；诊断名称一律写…；第一个诊断写…
    r"(?:诊断|病名|诊断名称)(?:必须|都|一律|只能|只)(?:写|填|输出|列)(?![明入在了进])",
    rf"{_ORDINAL}(?:诊断|病名)(?:写|填|输出|必须[是为])",
    # 你是…；你现在是另一个助手；系统提示
    rf"{_START}(?:从现在(?:起|开始)，?)?你(?:现在)?(?:是|扮演|充当|作为)(?:一[名位个].{{0,10}}(?:医生|医师|专家)|.{{0,12}}(?:助手|模型|机器人|AI|人工智能))",
    r"[【\[（(]?系统提示(?:词|[】\]）)：:])",
    # ignore all previous instructions; answer only "…"; you are now …; system override
    r"(?i:\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:instructions?|prompts?|rules)\b)",
    r"(?i:(?:^|[.?]\s*|\band\s+)(?:please\s+)?(?:answer|reply|output|write)\s+only\b)",
    r"(?i:\byou\s+are\s+now\b|\bsystem\s+(?:override|prompt)\b|\bdiagnosis\s+(?:is\s+always|must\s+be)\b)",
    # The marks of a chat: system: …; <|im_start|>; <｜User｜>; </病历>; [INST]; {"role": …}; tools; templates
    r"(?i:^\s*(?:system|assistant|user)\s*[:：]|^\s*`{3}\s*(?:system|assistant|user)\b)",
    r"[<＜﹤]\s*[|｜]|(?i:[<＜﹤]\s*[/／]?(?:病历|s|system|assistant|user|tool_call|(?:start|end)_of_turn)\s*[>＞﹥])",
    r"\[/?INST\]|<<SYS>>|\{\{.*?\}\}|\{%",
    r"\"(?:role|arguments|tool_calls?)\"\s*:",
)
_ORDER = re.compile("|".join(_ORDERS))


def check_addressed(note: CheckedNote) -> Iterator[Finding]:
    """One remark for each such sentence, in every section: those of a stay are read for its discharge record."""
    for key, text in note.sections.items():
        for start, end in addressed(text):
            yield Finding("addressed_to_model", Severity.ADVISED, Span(key, start, end), REASON)


def addressed(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences are that speak to a model; letters that cannot be seen hide none."""
    for sentence in _SENTENCE.finditer(text):
        if _ORDER.search(_HIDDEN.sub("", sentence[0])):
            yield sentence.span()
