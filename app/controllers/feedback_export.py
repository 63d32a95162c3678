"""Reviewing and exporting the feedback of a database, for the window and the command line.

The log's columns become the plain values that training data is made from. No Qt in here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from app.core.errors import EnvironmentFault
from app.core.events import EventKind, FeedbackEvent
from app.core.runs import RunStatus
from app.infra.paths import Paths
from app.learning.export import Exporter, ExportResult
from app.learning.filters import Filters
from app.learning.identities import KnownIdentities
from app.learning.records import ComparisonRecord, Identities, Keyed, LoggedEvent, Suggestion
from app.learning.reviewing import Review
from app.settings.policy import Policy
from app.settings.terms import diagnosis_table
from app.storage.database import Database
from app.storage.feedback_source import FeedbackSource, StoredComparison
from app.storage.pseudonyms import Pseudonyms
from app.storage.receipts import ExportReceipt, ReceiptRepository
from app.storage.samples import has_real_patients

# The one task that keeps comparisons; a comparison without any generation does not say its own.
_TASK = "differential"
_TOLD_EVERY = 20

Progress = Callable[[int, int], None]
"""Called with how many comparisons were read and how many there are; what it raises ends the work."""


def export(
    database: Database,
    paths: Paths,
    formats: Sequence[str],
    filters: Filters,
    target: Path,
    *,
    only_new: bool = False,
    approved: frozenset[str] | None = None,
    progress: Progress = lambda done, total: None,
) -> ExportResult:
    """Write the export and keep its receipt. Raises UsageFault or EnvironmentFault.

    `only_new`: without the rows that any export had before. `approved`: only what these keys of reviews name.
    """
    exporter, keyed = _exporter(database, paths, only_new, approved)

    def recorded(result: ExportResult, manifest: str) -> AbstractContextManager[None]:
        told = {name: str(value) for name, value in asdict(filters).items() if value is not None}
        receipt = ExportReceipt(result.export_id, exporter.now, formats, told, result.rows, manifest)
        return ReceiptRepository(database).recorded(receipt)

    return exporter.export(_records(database, keyed, progress), formats, filters, target, recorded)


def reviews(
    database: Database, paths: Paths, filters: Filters, *, only_new: bool = False, progress: Progress
) -> tuple[Review, ...]:
    """What `export` would write, for a person to approve record by record."""
    exporter, keyed = _exporter(database, paths, only_new, None)
    return tuple(exporter.reviews(_records(database, keyed, progress), filters))


def _exporter(
    database: Database, paths: Paths, only_new: bool, approved: frozenset[str] | None
) -> tuple[Exporter, Keyed]:
    if not Policy.of(paths).may_export:
        raise EnvironmentFault("医院的策略不允许导出反馈（feedback.export = false），如有需要请联系信息科。")
    keyed = Pseudonyms.load(paths.pseudonym_key).of
    stored = FeedbackSource(database).identities()
    known = KnownIdentities.of(stored.names, stored.numbers)
    earlier = ReceiptRepository(database).exported_rows() if only_new else None
    table = diagnosis_table(paths.data_dir)
    # A folder of `wardnote demo` has nothing else; beside a ward's own patients, samples are only for trying.
    alone = not has_real_patients(database)
    return Exporter(known, keyed, datetime.now().astimezone(), earlier, approved, table, with_samples=alone), keyed


def _records(database: Database, keyed: Keyed, progress: Progress) -> Iterator[ComparisonRecord]:
    source = FeedbackSource(database)
    total = source.count()
    for number, comparison in enumerate(source.comparisons()):
        if number % _TOLD_EVERY == 0:
            progress(number, total)
        yield record_of(comparison, keyed)
    progress(total, total)


def record_of(stored: StoredComparison, keyed: Keyed) -> ComparisonRecord:
    """One comparison; the patient and the stay by their pseudonyms."""
    about, events = stored.about, stored.events
    return ComparisonRecord(
        comparison_id=about["comparison_id"],
        patient=keyed("patient", about["patient_id"]),
        encounter=keyed("encounter", about["encounter_id"]),
        department=about["department"],
        task=stored.generations[0]["task"] if stored.generations else _TASK,
        created_at=datetime.fromisoformat(about["created_at"]),
        runs=about["runs"],
        suggestions=tuple(
            Suggestion.of_row(row, completed=row["status"] == RunStatus.COMPLETED.value) for row in stored.generations
        ),
        events=tuple(LoggedEvent(row["seq"], _event(row)) for row in events),
        identities=Identities(
            about["name"], about["mrn"], about["bed"], (about["attending"], *{row["actor"] for row in events})
        ),
        chief_complaint=about["chief_complaint"],
        case_features=about["case_features"],
        sample=bool(about["sample"]),
    )


def _event(row: Mapping[str, Any]) -> FeedbackEvent:
    return FeedbackEvent(
        event_id=row["event_id"],
        generation_id=row["generation_id"],
        kind=EventKind(row["kind"]),
        actor=row["actor"],
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        item=row["item"],
        data=row["data"],
    )
