"""A case as it comes from outside: the CASE.json of the command line and the sample encounters.

The two share one shape; a sample encounter adds `sample`, `department` and `ward`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.entities import Sex
from app.core.errors import UsageFault
from app.core.json_fields import as_object, json_object, optional_text, unknown_fields
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, MAX_SECTION_CHARACTERS, Section

_SEXES: Mapping[str, Sex] = {
    "男": Sex.MALE,
    "男性": Sex.MALE,
    "male": Sex.MALE,
    "m": Sex.MALE,
    "女": Sex.FEMALE,
    "女性": Sex.FEMALE,
    "female": Sex.FEMALE,
    "f": Sex.FEMALE,
    "": Sex.UNKNOWN,
    "未知": Sex.UNKNOWN,
    "unknown": Sex.UNKNOWN,
}
_PATIENT_FIELDS = frozenset({"name", "sex", "age", "bed", "mrn"})
_CASE_FIELDS = frozenset({"sample", "patient", "department", "ward", CHIEF_COMPLAINT.key, CASE_FEATURES.key})


@dataclass(frozen=True, slots=True)
class CasePatient:
    """Who the case is about, as far as the file says; `extra` keeps the fields that this program does not know."""

    name: str = ""
    sex: Sex = Sex.UNKNOWN
    age: str = ""
    bed: str = ""
    mrn: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: object) -> CasePatient:
        """From the field `patient`; null is a patient of whom nothing is known. Raises UsageFault."""
        if value is None:
            return cls()
        data = as_object(value, "患者（patient）")
        return cls(
            name=optional_text(data, "name", "patient."),
            sex=_sex(optional_text(data, "sex", "patient.")),
            age=_age(data),
            bed=optional_text(data, "bed", "patient."),
            mrn=optional_text(data, "mrn", "patient."),
            extra=unknown_fields(data, _PATIENT_FIELDS),
        )

    @property
    def context(self) -> str:
        """What a model is told of the patient: sex and age, never the name or a number (`男，65岁`)."""
        known = [] if self.sex is Sex.UNKNOWN else [str(self.sex)]
        return "，".join(known + [self.age] * bool(self.age))


@dataclass(frozen=True, slots=True)
class Case:
    """One case. The two texts are non-empty and at most `MAX_SECTION_CHARACTERS` long; `extra` as in CasePatient."""

    patient: CasePatient
    chief_complaint: str
    case_features: str
    department: str = ""
    ward: str = ""
    sample: bool = False
    extra: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def parse(cls, json_text: str) -> Case:
        """Read one JSON object. Raises UsageFault naming the field that is missing, empty, too long or mistyped."""
        data = json_object(json_text)
        return cls(
            patient=CasePatient.parse(data.get("patient")),
            chief_complaint=_required_text(data, CHIEF_COMPLAINT),
            case_features=_required_text(data, CASE_FEATURES),
            department=optional_text(data, "department"),
            ward=optional_text(data, "ward"),
            sample=_flag(data, "sample"),
            extra=unknown_fields(data, _CASE_FIELDS),
        )


def _required_text(data: Mapping[str, object], section: Section) -> str:
    label = f"{section.title}（{section.key}）"
    if section.key not in data:
        raise UsageFault(f"病例缺少必填字段：{label}。")
    text = data[section.key]
    if not isinstance(text, str):
        raise UsageFault(f"病例字段{label}应是文字。")
    if not text.strip():
        raise UsageFault(f"{label}为空，请填写后再生成。")
    if len(text) > MAX_SECTION_CHARACTERS:
        raise UsageFault(f"{label}过长：{len(text)} 个字符，最多 {MAX_SECTION_CHARACTERS} 个，请精简后再生成。")
    return text


def _age(patient: Mapping[str, object]) -> str:
    text = optional_text(patient, "age", "patient.")
    return f"{text}岁" if text.isdecimal() else text


def _sex(text: str) -> Sex:
    sex = _SEXES.get(text.lower())
    if sex is None:
        raise UsageFault("病例字段 patient.sex 应是“男”“女”或“未知”。")
    return sex


def _flag(data: Mapping[str, object], key: str) -> bool:
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise UsageFault(f"病例字段 {key} 应是 true 或 false。")
    return value
