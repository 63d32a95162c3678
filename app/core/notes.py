"""Notes and their sections, after 病历书写基本规范 (2010) and WS/T 500.37."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoteKind(StrEnum):
    """The clinical documents that the program knows."""

    FIRST_PROGRESS = "first_progress"

    @property
    def heading(self) -> str:
        """The document's official name."""
        return {NoteKind.FIRST_PROGRESS: "首次病程记录"}[self]


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
DIFFERENTIAL = Section("differential", "鉴别诊断", "可自行书写，或用 Ctrl+1 / 2 / 3 回填模型建议")
NEXT_MEASURES = Section("next_measures", "下一步诊治措施分析", "尚需明确的问题与拟行检查")
PLAN = Section("plan", "诊疗计划", "检查、治疗、观察与交代事项")

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
}

MAX_SECTION_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class Note:
    """One clinical document of an encounter, at one version.

    `sections` maps `Section.key` to plain text (every section of the kind has an entry, possibly empty).
    """

    note_id: str
    encounter_id: str
    kind: NoteKind
    version: int
    sections: Mapping[str, str]
    updated_at: datetime


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
