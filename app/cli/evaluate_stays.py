"""Asks the models for the records of an evaluation's stays, one model after another; answers are kept as they come."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from PySide6.QtCore import QCoreApplication

from app.cli import output
from app.cli.evaluate_cases import Answers
from app.cli.stay_cases import StayCase
from app.cli.unstored_run import Unstored, ask
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.comparison_request import DischargeRequest
from app.controllers.discharge_plans import discharge_templates, plans_of
from app.controllers.section_clock import SectionClock
from app.core.discharge.stages import RecordPlan, Templates
from app.core.runs import Binding, FinishReason, Generation, Prompt, RunStatus
from app.inference.prepared import PreparedModel


@dataclass(frozen=True, slots=True)
class StayAnswer:
    """What a model wrote for a stay; times in milliseconds, None where not known. `error`: it did not complete."""

    case: StayCase
    model: PreparedModel
    text: str
    is_whole: bool
    ttft_ms: float | None = None
    first_section_ms: float | None = None
    duration_ms: float | None = None
    error: str = ""


def answer_stays(cases: Sequence[StayCase], models: Sequence[PreparedModel], answers: Answers) -> list[StayAnswer]:
    """An answer of each model to each stay; what is kept is not asked for again, what failed is. Raises UsageFault."""
    application = QCoreApplication.instance() or QCoreApplication([])
    templates = discharge_templates()
    found = []
    for model in models:
        missing = [case for case in cases if _kept(case, model, templates, answers) is None]
        failed = {one.case.case_id: one for one in _asked(missing, model, templates, answers)}
        application.processEvents()
        kept = ((case, _kept(case, model, templates, answers)) for case in cases)
        found += [answer or failed[case.case_id] for case, answer in kept]
    return found


def _asked(
    cases: Sequence[StayCase], model: PreparedModel, templates: Templates, answers: Answers
) -> Iterator[StayAnswer]:
    """Ask this model for all of them: what it completes is kept, what not is the result."""
    if not cases:
        return
    controller = ComparisonController([model], Unstored(), _no_prompt, templates.record.decoding)
    clock = SectionClock(time.monotonic)
    controller.run_progressed.connect(clock.progressed)
    controller.text_arrived.connect(clock.text_arrived)
    try:
        for number, case in enumerate(cases, 1):
            output.say(f"{model.identity.title}：第 {number}/{len(cases)} 份（{case.case_id}）…")
            plan = plans_of(case.stay, [model], templates)[model.identity.model]
            (generation,) = ask(controller, _request(case, model, plan))
            first = clock.first_section_ms.get(generation.run.run_id)
            if generation.outcome.status is RunStatus.COMPLETED:
                answers.add(_row(case, generation, _hash(plan), templates, first))
            else:
                error = generation.outcome.error or str(generation.outcome.status)
                output.say(f"{model.identity.title} 没有完成 {case.case_id}：{error}")
                yield StayAnswer(case, model, generation.outcome.text, is_whole=False, error=error)
    finally:
        controller.close()


def _request(case: StayCase, model: PreparedModel, plan: RecordPlan) -> DischargeRequest:
    binding = Binding(uuid4().hex, uuid4().hex, uuid4().hex, 1, _hash(plan))
    admission = case.stay.admission
    return DischargeRequest(binding, admission.complaint, admission.case_features, {model.identity.model: plan})


def _row(
    case: StayCase, generation: Generation, input_hash: str, templates: Templates, first_section_ms: float | None
) -> Mapping[str, object]:
    identity, outcome = generation.run.identity, generation.outcome
    return {
        "case": case.case_id,
        "input_hash": input_hash,
        "model": identity.model,
        "model_sha256": identity.model_sha256,
        "template_hash": templates.record.text_hash,
        "engine": identity.engine,
        "finish_reason": outcome.finish_reason.value,
        "input_tokens": outcome.input_tokens,
        "output_tokens": outcome.output_tokens,
        "ttft_ms": outcome.ttft_ms,
        "first_section_ms": first_section_ms,
        "duration_ms": outcome.duration_ms,
        "text": outcome.text,
    }


def _kept(case: StayCase, model: PreparedModel, templates: Templates, answers: Answers) -> StayAnswer | None:
    plan = plans_of(case.stay, [model], templates)[model.identity.model]
    row = answers.row(case.case_id, _hash(plan), model.identity.model_sha256, templates.record.text_hash)
    if row is None:
        return None
    return StayAnswer(
        case,
        model,
        str(row["text"]),
        is_whole=row.get("finish_reason") != FinishReason.LENGTH.value,
        ttft_ms=_number(row.get("ttft_ms")),
        first_section_ms=_number(row.get("first_section_ms")),
        duration_ms=_number(row.get("duration_ms")),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _hash(plan: RecordPlan) -> str:
    """SHA-256 (hex) of what is asked first, form included: another prompt or form is another input."""
    stage = plan.stage()
    assert stage is not None  # a plan has at least one stage
    asked = [message.content for message in stage.ask.prompt.messages]
    return hashlib.sha256("\0".join([*asked, stage.ask.decoding.grammar]).encode()).hexdigest()


def _no_prompt(_request: ComparisonRequest) -> Prompt:
    raise TypeError("a discharge request brings its own prompts")
