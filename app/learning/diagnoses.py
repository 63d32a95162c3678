"""Diagnoses that a doctor put into an answer and that neither the prompt nor the model had named."""

from __future__ import annotations

from app.core.diagnosis_table import DiagnosisTable, normalised_name
from app.core.differential import parse_differential
from app.learning.records import Suggestion


def new_diagnoses(text: str, suggestion: Suggestion, table: DiagnosisTable) -> int:
    """How many diagnoses of a text are in neither the suggestion nor its prompt, by whatever name.

    One that the model had named and that was only specified or remarked on is not new.
    """
    named = {table.key(one.name) for one in parse_differential(suggestion.output)}
    prompt = normalised_name(suggestion.messages[-1].content) if suggestion.messages else ""
    written = {table.key(one.name): one.name for one in parse_differential(text)}
    return sum(not _is_of(key, named) and not _told(name, prompt, table) for key, name in written.items())


def _is_of(key: str, named: set[str]) -> bool:
    return any(one in key or key in one for one in named if one)


def _told(name: str, prompt: str, table: DiagnosisTable) -> bool:
    entry = table.find(name)
    forms = (name,) if entry is None else (name, entry.name, *entry.aliases)
    return any(normalised_name(form) in prompt for form in forms)
