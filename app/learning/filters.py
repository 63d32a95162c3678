"""What an export is asked for. Light to import, since every command line knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.learning.records import ComparisonRecord, Suggestion

FORMAT_NAMES = ("trl-sft", "trl-kto", "trl-dpo", "trl-grpo", "llama-factory", "openai", "label-studio", "csv", "sqlite")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is taken: days (inclusive) of a comparison's start, its department and task, the model; None takes all."""

    since: date | None = None
    until: date | None = None
    department: str | None = None
    model: str | None = None
    task: str | None = None

    def take_day(self, day: date) -> bool:
        """Whether the day is within."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def take_record(self, record: ComparisonRecord) -> bool:
        """Whether the comparison is of the days, the department and the task."""
        return (
            self.take_day(record.created_at.date())
            and self.department in (None, record.department)
            and self.task in (None, record.task)
        )

    def take_suggestion(self, suggestion: Suggestion) -> bool:
        """Whether the suggestion is of the model."""
        return self.model in (None, suggestion.model)
