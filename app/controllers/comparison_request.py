"""What a doctor asks for, whether it can be asked, and the comparison that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from app.core.discharge.asks import Ask
from app.core.discharge.stages import RecordPlan
from app.core.notes import CASE_FEATURES, CHIEF_COMPLAINT, MAX_SECTION_CHARACTERS
from app.core.runs import Binding, Comparison, Run
from app.inference.prepared import PreparedModel


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """What the doctor asks for, and for which state of which note. `patient_context` is sex and age (`男，65岁`).

    `shuffled`: the panes are to be in random order.
    """

    binding: Binding
    chief_complaint: str
    case_features: str
    patient_context: str = ""
    shuffled: bool = False


@dataclass(frozen=True, slots=True)
class DischargeRequest:
    """A discharge record for a state of its note: how each model, by name, comes to it from the same stay.

    The two texts are those of the admission, as the comparison keeps them. `background`: nobody asked for it, so it
    gives way to what somebody asks for.
    """

    binding: Binding
    chief_complaint: str
    case_features: str
    plans: Mapping[str, RecordPlan]
    background: bool = False


def input_fault(request: ComparisonRequest) -> str | None:
    """Why no model can be asked this, as a sentence for the user; None if it can."""
    sections = {CHIEF_COMPLAINT.title: request.chief_complaint, CASE_FEATURES.title: request.case_features}
    empty = [title for title, text in sections.items() if not text.strip()]
    if empty:
        return f"请先填写{'和'.join(empty)}，再生成鉴别诊断。"
    for title, text in sections.items():
        if len(text) > MAX_SECTION_CHARACTERS:
            return (
                f"{title}有 {len(text):,} 字，超过 {MAX_SECTION_CHARACTERS:,} 字的上限，没有开始生成。"
                "请精简后重试；已写的内容没有改动。"
            )
    return None


def new_comparison(
    request: ComparisonRequest | DischargeRequest,
    asks: Mapping[str, Ask],
    models: Sequence[PreparedModel],
    now: datetime,
) -> Comparison:
    """A comparison with one run for each model that is asked, in the order of `models`, bound to the request's note."""
    comparison_id = uuid4().hex
    runs = tuple(
        Run(
            run_id=uuid4().hex,
            comparison_id=comparison_id,
            binding=request.binding,
            identity=model.identity,
            prompt=asks[model.identity.model].prompt,
            decoding=asks[model.identity.model].decoding,
            display_order=order,
            started_at=now,
        )
        for order, model in enumerate(models)
        if model.identity.model in asks
    )
    return Comparison(
        comparison_id=comparison_id,
        binding=request.binding,
        chief_complaint=request.chief_complaint,
        case_features=request.case_features,
        created_at=now,
        runs=runs,
    )
