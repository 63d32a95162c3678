"""Notes and their sections, after 病历书写基本规范 (2010, articles 22 and 24), WS/T 500.37 and 500.49."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.provenance import AiSpan


class NoteKind(StrEnum):
    """The clinical documents that the program knows."""

    FIRST_PROGRESS = "first_progress"
    DAILY_PROGRESS = "daily_progress"
    DISCHARGE = "discharge"

    @property
    def heading(self) -> str:
        """The document's official name."""
        return _HEADINGS[self]

    @property
    def is_single(self) -> bool:
        """A stay has at most one document of this kind."""
        return self is not NoteKind.DAILY_PROGRESS


_HEADINGS = {
    NoteKind.FIRST_PROGRESS: "首次病程记录",
    NoteKind.DAILY_PROGRESS: "日常病程记录",
    NoteKind.DISCHARGE: "出院记录",
}


class NoteState(StrEnum):
    """How far a document has come; a signed one goes back to DRAFT only by an amendment."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    SIGNED = "signed"

    @property
    def words(self) -> str:
        """The state as the ward says it."""
        return {NoteState.DRAFT: "草稿", NoteState.REVIEWED: "已审核", NoteState.SIGNED: "已签名"}[self]


@dataclass(frozen=True, slots=True)
class Section:
    """A named part of a note."""

    key: str
    title: str
    hint: str
    required: bool = True


CHIEF_COMPLAINT = Section("chief_complaint", "主诉", "症状（或体征）+ 持续时间，一般不超过 20 字")
CASE_FEATURES = Section("case_features", "病例特点", "病史、查体、辅助检查的要点，含有鉴别意义的阴性发现")
PRELIMINARY_DIAGNOSIS = Section("preliminary_diagnosis", "初步诊断", "按主次列出")
DIAGNOSTIC_BASIS = Section("diagnostic_basis", "诊断依据", "支持初步诊断的要点")
DIFFERENTIAL = Section("differential", "鉴别诊断", "可自行书写，或用 Ctrl+1、Ctrl+2、Ctrl+3 回填模型建议")
NEXT_MEASURES = Section("next_measures", "下一步诊治措施分析", "尚需明确的问题与拟行检查")
PLAN = Section("plan", "诊疗计划", "检查、治疗、观察与交代事项")

CONDITION = Section("condition", "病情变化", "症状、体征的变化，有鉴别或预后意义的阴性发现")
RESULTS = Section("results", "检查结果及分析", "重要的辅助检查结果及临床意义", required=False)
ROUNDS = Section("rounds", "上级医师查房意见", "查房医师姓名、职称及意见", required=False)
MEASURES = Section("measures", "诊疗措施及效果", "所采取的措施、医嘱更改及理由、向患者及近亲属告知的重要事项")

ADMISSION_DATE = Section("admission_date", "入院日期", "如 2026年3月2日")
DISCHARGE_DATE = Section("discharge_date", "出院日期", "如 2026年3月9日")
ADMISSION_CONDITION = Section("admission_condition", "入院情况", "主诉、现病史、查体及辅助检查的要点，与入院记录一致")
ADMISSION_DIAGNOSIS = Section("admission_diagnosis", "入院诊断", "按主次列出，与入院记录一致")
COURSE = Section("course", "诊疗经过", "住院期间的检查、治疗、效果及病情变化")
DISCHARGE_DIAGNOSIS = Section("discharge_diagnosis", "出院诊断", "按主次列出")
DISCHARGE_CONDITION = Section("discharge_condition", "出院情况", "出院时的症状、体征、切口及化验情况")
DISCHARGE_ORDERS = Section("discharge_orders", "出院医嘱", "带药（名称、剂量、用法、天数）、复诊、注意事项")

SECTIONS: Mapping[NoteKind, tuple[Section, ...]] = {
    NoteKind.FIRST_PROGRESS: (
        CHIEF_COMPLAINT,
        CASE_FEATURES,
        PRELIMINARY_DIAGNOSIS,
        DIAGNOSTIC_BASIS,
        DIFFERENTIAL,
        NEXT_MEASURES,
        PLAN,
    ),
    NoteKind.DAILY_PROGRESS: (CONDITION, RESULTS, ROUNDS, MEASURES),
    NoteKind.DISCHARGE: (
        ADMISSION_DATE,
        DISCHARGE_DATE,
        ADMISSION_CONDITION,
        ADMISSION_DIAGNOSIS,
        COURSE,
        DISCHARGE_DIAGNOSIS,
        DISCHARGE_CONDITION,
        DISCHARGE_ORDERS,
    ),
}

MAX_SECTION_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class Note:
    """One clinical document of an encounter, at one version.

    `sections` maps `Section.key` to plain text (every section of the kind has an entry, possibly empty).
    `recorded_at` is the date and time that the document bears; `author` is who began it (empty: not known).
    `signed_version` is the newest version that was signed, also while an amendment of it is being written.
    `provenance` says which sentences of `sections` a model wrote.
    """

    note_id: str
    encounter_id: str
    kind: NoteKind
    version: int
    sections: Mapping[str, str]
    updated_at: datetime
    recorded_at: datetime
    author: str = ""
    state: NoteState = NoteState.DRAFT
    signed_version: int | None = None
    provenance: tuple[AiSpan, ...] = ()

    @property
    def amending(self) -> bool:
        """A signed document is being amended."""
        return self.signed_version is not None and self.state is not NoteState.SIGNED


@dataclass(frozen=True, slots=True)
class NoteSummary:
    """One line in the list of a stay's documents. `empty`: nothing is written in it."""

    note_id: str
    kind: NoteKind
    state: NoteState
    recorded_at: datetime
    author: str
    version: int
    signed_version: int | None
    empty: bool


def empty_sections(kind: NoteKind) -> dict[str, str]:
    """The sections of a new note of this kind, all empty."""
    return {section.key: "" for section in SECTIONS[kind]}


def input_hash(chief_complaint: str, case_features: str) -> str:
    """SHA-256 (hex) of the two texts that a differential is made from.

    Insensitive to Unicode composition and to white space at the ends, so that only a change that a model could
    notice makes a suggestion stale.
    """
    texts = [unicodedata.normalize("NFC", text).strip() for text in (chief_complaint, case_features)]
    return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


def input_hash_of(sections: Mapping[str, str]) -> str:
    """`input_hash` of a note's sections; a note without these two has that of empty ones."""
    return input_hash(sections.get(CHIEF_COMPLAINT.key, ""), sections.get(CASE_FEATURES.key, ""))
