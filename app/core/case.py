"""A case as it comes from outside: the CASE.json of the command line and the sample encounters.

The two share one shape; a sample encounter adds `sample`, `department` and `ward`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.entities import Sex
from app.core.errors import UsageFault
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
        data = _json_object(json_text)
        return cls(
            patient=_patient(data.get("patient")),
            chief_complaint=_required_text(data, CHIEF_COMPLAINT),
            case_features=_required_text(data, CASE_FEATURES),
            department=_optional_text(data, "department"),
            ward=_optional_text(data, "ward"),
            sample=_flag(data, "sample"),
            extra={key: value for key, value in data.items() if key not in _CASE_FIELDS},
        )


def _json_object(text: str) -> dict[str, object]:
    try:
        data = json.loads(text)
        json.dumps(data, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise UsageFault(f"病例文件不是有效的 JSON（第 {error.lineno} 行第 {error.colno} 列），请检查。") from None
    except (RecursionError, UnicodeEncodeError, ValueError):
        raise UsageFault("病例文件不是有效的 JSON（嵌套过深、数字过长或含有无效字符），请检查后重试。") from None
    if not isinstance(data, dict):
        raise UsageFault("病例文件的最外层应是一个 JSON 对象（{…}），请检查后重试。")
    return data


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


def _patient(value: object) -> CasePatient:
    if value is None:
        return CasePatient()
    if not isinstance(value, dict):
        raise UsageFault("病例字段患者（patient）应是一个 JSON 对象（{…}）。")
    return CasePatient(
        name=_optional_text(value, "name", "patient."),
        sex=_sex(_optional_text(value, "sex", "patient.")),
        age=_age(value),
        bed=_optional_text(value, "bed", "patient."),
        mrn=_optional_text(value, "mrn", "patient."),
        extra={key: item for key, item in value.items() if key not in _PATIENT_FIELDS},
    )


def _optional_text(data: Mapping[str, object], key: str, prefix: str = "") -> str:
    """Text, or a number where a ward writes text (a bed, a 住院号); null is as good as missing."""
    value = data.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageFault(f"病例字段 {prefix}{key} 应是文字。")
    return str(value).strip()


def _age(patient: Mapping[str, object]) -> str:
    text = _optional_text(patient, "age", "patient.")
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
