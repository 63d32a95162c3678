"""The benchmark's prompts, made of the sample encounters: a short note, a long note, a discharge record."""

from __future__ import annotations

from dataclasses import replace

from app.core.case import Case
from app.core.prompts import PromptTemplate, differential_prompt
from app.core.runs import Message
from app.inference.bench.workload import Workload
from app.infra.resources import resource_path, resource_text

TASKS = ("differential", "discharge")
_SHORT_CHARACTERS = 150
# Four samples are 2000 to 4000 tokens of the supported tokenizers.
_DISCHARGE_SAMPLES = 4
# A library that reads 20 tokens/s needs minutes for a record: enough rounds for a median, no more.
_DISCHARGE_ROUNDS = 5
_DISCHARGE = (
    "你是病房医师的助手。根据以下住院期间的病程记录，依次写出院诊断、入院情况、诊疗经过、出院情况、出院医嘱五个部分，"
    "只写记录中有的事实。"
)
_EDIT = "（今晨复查较前好转）"


def workloads(tasks: tuple[str, ...]) -> tuple[Workload, ...]:
    """The prompts of these tasks."""
    cases = [Case.parse(path.read_text(encoding="utf-8")) for path in sorted(resource_path("samples").glob("*.json"))]
    found = []
    if "differential" in tasks:
        found += [_differential(cases[0], "short", _SHORT_CHARACTERS), _differential(cases[0], "long", None)]
    if "discharge" in tasks:
        found.append(_discharge(cases[:_DISCHARGE_SAMPLES]))
    return tuple(found)


def edited(text: str) -> str:
    """The text after a usual edit: a few words more, where its last tenth begins."""
    at = len(text) * 9 // 10
    return text[:at] + _EDIT + text[at:]


def _differential(case: Case, prompt: str, characters: int | None) -> Workload:
    template = PromptTemplate.parse(resource_text("prompts", "differential.md"))

    def messages(features: str) -> tuple[Message, ...]:
        asked = differential_prompt(template, case.patient.context, case.chief_complaint, features).messages
        return _with_own_beginning(prompt, asked)

    features = case.case_features[:characters]
    return Workload("differential", prompt, messages(features), messages(edited(features)))


def _with_own_beginning(prompt: str, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The same with a first line of their own: libraries know the beginning of a prompt from an earlier one."""
    return replace(messages[0], content=f"（{prompt}）\n{messages[0].content}"), *messages[1:]


def _discharge(cases: list[Case]) -> Workload:
    notes = "\n\n".join(f"{case.chief_complaint}\n{case.case_features}" for case in cases)

    def messages(text: str) -> tuple[Message, ...]:
        return Message("system", _DISCHARGE), Message("user", text)

    return Workload("discharge", "record", messages(notes), messages(edited(notes)), True, _DISCHARGE_ROUNDS, 3)
