"""Whether a suggestion may enter a note, and what the section then says (clinical rules 1 to 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.runs import Binding


class Decision(StrEnum):
    """What the window does next."""

    ALLOWED = "allowed"
    ASK = "ask"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and, unless it is ALLOWED, the sentence for the doctor."""

    decision: Decision
    reason: str = ""


_ALLOWED = Verdict(Decision.ALLOWED)
_OTHER_PATIENT = Verdict(Decision.REFUSED, "这条建议是为另一位患者生成的，不能回填到当前病历：请切换回原患者后再回填。")
_BEFORE_MERGE = Verdict(Decision.REFUSED, "这条建议是在合并病案之前生成的，不能回填到当前病历：请重新生成。")
_OTHER_ENCOUNTER = Verdict(Decision.REFUSED, "这条建议属于该患者的另一次住院，不能回填到当前病历。")
_OTHER_NOTE = Verdict(Decision.REFUSED, "这条建议属于该患者的另一份病历文书，不能回填到当前文书。")
_UNKNOWN_VERSION = Verdict(Decision.REFUSED, "这条建议所依据的病历版本在当前文书中不存在，不能回填：请重新生成。")
_STALE = Verdict(Decision.ASK, "生成这条建议之后，主诉或病例特点已经修改：建议可能已不适用，仍要回填吗？")
_STALE_STAY = Verdict(
    Decision.ASK, "生成这份出院记录之后，住院资料（病程、医嘱、检查结果）已经变化：内容可能已不适用，仍要回填吗？"
)


def check_backfill(binding: Binding, current: Binding, *, of_stay: bool = False) -> Verdict:
    """Compare what a suggestion was made for with what is open now, all five parts.

    An older note version of the same input is fine: other sections may have changed since. `of_stay`: the input is
    the whole stay.
    """
    if binding.patient_id != current.patient_id:
        return _BEFORE_MERGE if binding.note_id == current.note_id else _OTHER_PATIENT
    if binding.encounter_id != current.encounter_id:
        return _OTHER_ENCOUNTER
    if binding.note_id != current.note_id:
        return _OTHER_NOTE
    if binding.note_version > current.note_version:
        return _UNKNOWN_VERSION
    if binding.input_hash != current.input_hash:
        return _STALE_STAY if of_stay else _STALE
    return _ALLOWED


def merged_text(existing: str, addition: str) -> str:
    """The section with the suggestion after a blank line below what it says; unchanged if the suggestion ends it."""
    kept, added = existing.rstrip(), addition.strip()
    if not added or kept == added or kept.endswith("\n" + added):
        return existing
    return f"{kept}\n\n{added}" if kept else added


def text_without(current: str, addition: str) -> str | None:
    """The section after a merged suggestion is taken out again, with all that was written around it since; None if
    the suggestion does not stand in it unchanged."""
    head, found, tail = current.partition(addition.strip())
    if not found:
        return None
    return "\n\n".join(part for part in (head.rstrip(), tail.lstrip("\n")) if part)
