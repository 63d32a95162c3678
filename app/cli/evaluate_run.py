"""Asks all models the cases of an evaluation one after another, and keeps every answer as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from PySide6.QtCore import QCoreApplication

from app.cli import output
from app.cli.evaluate_cases import Answers, EvaluationCase
from app.cli.suggest_case import prompt_maker
from app.cli.unstored_run import Unstored, ask
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.core.case import Case
from app.core.evaluation import Answered
from app.core.notes import input_hash
from app.core.prompts import PromptTemplate
from app.core.runs import Binding, Generation, RunStatus
from app.inference.prepared import PreparedModel


def answer_cases(
    cases: Sequence[EvaluationCase], models: Sequence[PreparedModel], template: PromptTemplate, answers: Answers
) -> list[Answered]:
    """Every case with its answers; those that are kept already are not asked for again. Raises UsageFault."""
    application = QCoreApplication.instance() or QCoreApplication([])
    controller = ComparisonController(models, Unstored(), prompt_maker(template), template.decoding)
    try:
        for number, case in enumerate(cases, 1):
            if len(_kept(case, models, template, answers)) < len(models):
                output.say(f"第 {number}/{len(cases)} 例（{case.case_id}）…")
                for generation in _ask(controller, case.case):
                    _keep(case, generation, template, answers)
    finally:
        controller.close()
        application.processEvents()
    return kept_cases(cases, models, template, answers)


def kept_cases(
    cases: Sequence[EvaluationCase], models: Sequence[PreparedModel], template: PromptTemplate, answers: Answers
) -> list[Answered]:
    """Every case with the answers that are kept already; no model is asked."""
    return [Answered(case.gold, _kept(case, models, template, answers)) for case in cases]


def _ask(controller: ComparisonController, case: Case) -> list[Generation]:
    binding = Binding(uuid4().hex, uuid4().hex, uuid4().hex, 1, _hash(case))
    return ask(controller, ComparisonRequest(binding, case.chief_complaint, case.case_features, case.patient.context))


def _keep(case: EvaluationCase, generation: Generation, template: PromptTemplate, answers: Answers) -> None:
    identity, outcome = generation.run.identity, generation.outcome
    if outcome.status is not RunStatus.COMPLETED:
        output.say(f"{identity.model} 没有完成：{outcome.error or outcome.status}")
        return
    answers.add(
        {
            "case": case.case_id,
            "input_hash": _hash(case.case),
            "model": identity.model,
            "model_sha256": identity.model_sha256,
            "template_hash": template.text_hash,
            "engine": identity.engine,
            "finish_reason": outcome.finish_reason.value,
            "duration_ms": round(outcome.duration_ms),
            "text": outcome.text,
        }
    )


def _kept(
    case: EvaluationCase, models: Sequence[PreparedModel], template: PromptTemplate, answers: Answers
) -> dict[str, str]:
    found = {
        model.identity.model: answers.text(
            case.case_id, _hash(case.case), model.identity.model_sha256, template.text_hash
        )
        for model in models
    }
    return {model: text for model, text in found.items() if text is not None}


def _hash(case: Case) -> str:
    return input_hash(case.chief_complaint, f"{case.case_features}\n{case.patient.context}")
