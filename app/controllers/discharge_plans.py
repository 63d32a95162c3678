"""How each model comes to the record of a stay: for a DischargeRequest."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.discharge.asks import Reader
from app.core.discharge.source import lines_of
from app.core.discharge.stages import RecordPlan, Templates, plan_record
from app.core.stay import Stay
from app.inference.prepared import PreparedModel
from app.infra.resources import resource_text


def discharge_templates() -> Templates:
    """The prompts for discharge records that come with the program."""
    return Templates.parse(resource_text("prompts", "discharge.md"), resource_text("prompts", "discharge_period.md"))


def plans_of(stay: Stay, models: Sequence[PreparedModel], templates: Templates) -> dict[str, RecordPlan]:
    """The plan of each model, by name. Pure; a stay of 30 days takes a few milliseconds."""
    lines = lines_of(stay)
    return {model.identity.model: plan_record(templates, stay, lines, _reader(model)) for model in models}


def _reader(model: PreparedModel) -> Reader:
    return Reader(model.request.context_tokens, chinese="zh" in model.languages)
