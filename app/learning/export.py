"""One export: a folder that is there whole, or not at all.

Rows are written as they come, so memory does not grow with the log. The folder gets its name only after the leak check.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

import app
from app.core.diagnosis_table import DiagnosisTable
from app.core.errors import EnvironmentFault, UsageFault
from app.learning import documents
from app.learning.cleaning import RecordCleaner
from app.learning.deidentify import PatientText
from app.learning.filters import Filters
from app.learning.formats import LlamaFactoryWriter, RowsWriter, Writer, dpo_row, grpo_row, kto_row, sft_row
from app.learning.identities import KnownIdentities
from app.learning.leaks import leaks_in
from app.learning.records import ComparisonRecord, Keyed
from app.learning.reviewing import Review, review_key, review_of
from app.learning.rows import DpoRow, GrpoRow, KtoRow, SftRow, TrainingRow, is_quarantined, row_id
from app.learning.tables import CsvWriter, LabelStudioWriter, SqliteWriter
from app.learning.views import training_rows

SCHEMA = "wardnote-feedback/1"
EVALUATION_PERCENT = 10

FORMATS: Mapping[str, Callable[[Path], Writer]] = {
    "trl-sft": lambda folder: RowsWriter(folder, "trl-sft", SftRow, sft_row),
    "trl-kto": lambda folder: RowsWriter(folder, "trl-kto", KtoRow, kto_row),
    "trl-dpo": lambda folder: RowsWriter(folder, "trl-dpo", DpoRow, dpo_row),
    "trl-grpo": lambda folder: RowsWriter(folder, "trl-grpo", GrpoRow, grpo_row),
    "llama-factory": LlamaFactoryWriter,
    "openai": lambda folder: RowsWriter(folder, "openai", SftRow, sft_row),
    "label-studio": LabelStudioWriter,
    "csv": CsvWriter,
    "sqlite": SqliteWriter,
}


_PAIRED = (SftRow, KtoRow, DpoRow)
_KINDS: Mapping[str, tuple[type[TrainingRow], ...]] = {
    "trl-sft": (SftRow,),
    "trl-kto": (KtoRow,),
    "trl-dpo": (DpoRow,),
    "trl-grpo": (GrpoRow,),
    "llama-factory": _PAIRED,
    "openai": (SftRow,),
    "sqlite": (*_PAIRED, GrpoRow),
}
"""The training rows that each format takes; the others are for people."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Rows by file, and what was left inside: comparisons of the evaluation split, rows in quarantine.

    `rows` has the ids of the training rows; `earlier` counts those that an export had before and this one left out,
    `unapproved` the comparisons that a person did not approve, `samples` those of invented patients that were left out.
    """

    export_id: str
    rows: frozenset[str]
    earlier: int
    counts: Mapping[str, int]
    comparisons: int
    evaluation: int
    quarantined: int
    replaced: Mapping[str, int]
    unapproved: int = 0
    samples: int = 0


@dataclass(slots=True)
class _Tally:
    comparisons: int = 0
    evaluation: int = 0
    quarantined: int = 0
    earlier: int = 0
    unapproved: int = 0
    samples: int = 0
    rows: set[str] = field(default_factory=set)
    replaced: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Exporter:
    """Exports with one key and what the hospital knows. `now` is the time that the manifest tells.

    Rows whose ids are in `without` are left out, and with them comparisons that have no other row. If there are
    `approved` keys of reviews, only what they name leaves. `table` knows the other names of diagnoses. Invented
    patients leave only `with_samples`: what was tried on them is no feedback of a ward.
    """

    known: KnownIdentities
    keyed: Keyed
    now: datetime
    without: frozenset[str] | None = None
    approved: frozenset[str] | None = None
    table: DiagnosisTable = field(default_factory=DiagnosisTable)
    with_samples: bool = False

    def export(
        self,
        records: Iterable[ComparisonRecord],
        formats: Sequence[str],
        filters: Filters,
        target: Path,
        recorded: Callable[[ExportResult, str], AbstractContextManager[None]] = lambda result, digest: nullcontext(),
    ) -> ExportResult:
        """Write the records, which come patient by patient, into the new folder `target`.

        Raises UsageFault if the folder exists, EnvironmentFault if it cannot be written or if a known identity is left
        in a finished file; nothing is left behind then. The folder gets its name within `recorded`, which is given the
        SHA-256 of the manifest.
        """
        if target.exists() or target.is_symlink():
            raise UsageFault(f"导出文件夹 {target} 已经存在：请另选一个新的文件夹，已有的内容不会被覆盖。")
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
        try:
            partial.mkdir(parents=True, mode=0o700)
            result = self._write(records, formats, filters, partial)
            _refuse_leaks(partial, self.known)
            _settle(partial)
            with recorded(result, _sha256(partial / "manifest.json")):
                partial.rename(target)
        except (OSError, sqlite3.OperationalError) as error:
            raise EnvironmentFault(f"无法写入导出文件夹 {target}：请检查该处的权限和磁盘空间。") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return result

    def reviews(self, records: Iterable[ComparisonRecord], filters: Filters) -> Iterator[Review]:
        """What `export` would write of these records, for a person to approve one by one."""
        tally = _Tally()
        for record, cleaned in self._cleaned(records, filters, tally):
            if self.without is None or self._new_rows(list(training_rows(cleaned, self.table)), filters, tally):
                yield review_of(record, cleaned)

    def _write(
        self, records: Iterable[ComparisonRecord], formats: Sequence[str], filters: Filters, folder: Path
    ) -> ExportResult:
        tally = _Tally()
        writers: list[Writer] = []
        try:
            writers += [FORMATS[name](folder) for name in formats]
            for _, cleaned in self._cleaned(records, filters, tally):
                self._write_record(cleaned, filters, formats, writers, tally)
        finally:
            for writer in writers:
                writer.close()
        counts = {name: count for writer in writers for name, count in writer.counts.items()}
        result = ExportResult(
            export_id=secrets.token_hex(12),
            rows=frozenset(tally.rows),
            earlier=tally.earlier,
            counts=counts,
            comparisons=tally.comparisons,
            evaluation=tally.evaluation,
            quarantined=tally.quarantined,
            replaced=dict(sorted(tally.replaced.items())),
            unapproved=tally.unapproved,
            samples=tally.samples,
        )
        self._describe(result, formats, filters, folder)
        return result

    def _cleaned(
        self, records: Iterable[ComparisonRecord], filters: Filters, tally: _Tally
    ) -> Iterator[tuple[ComparisonRecord, ComparisonRecord]]:
        """Each record with itself without people; none of the patients of the evaluation split."""
        for patient, own in groupby(self._taken(records, filters, tally), key=lambda record: record.patient):
            if is_for_evaluation(patient, self.keyed):
                tally.evaluation += sum(1 for _ in own)
                continue
            cleaner = RecordCleaner(PatientText(patient, self.keyed, self.known, tally.replaced), self.keyed)
            yield from ((record, cleaner.clean(record)) for record in own)

    def _taken(
        self, records: Iterable[ComparisonRecord], filters: Filters, tally: _Tally
    ) -> Iterator[ComparisonRecord]:
        for record in filter(filters.take_record, records):
            if record.sample and not self.with_samples:
                tally.samples += 1
            else:
                yield record

    def _write_record(
        self,
        record: ComparisonRecord,
        filters: Filters,
        formats: Sequence[str],
        writers: Sequence[Writer],
        tally: _Tally,
    ) -> None:
        made = list(training_rows(record, self.table))
        new = self._new_rows(made, filters, tally)
        if self.without is not None and not new:
            return
        if self.approved is not None and review_key(record) not in self.approved:
            tally.unapproved += 1
            return
        tally.comparisons += 1
        tally.quarantined += sum(map(is_quarantined, made))
        kinds = tuple(kind for name in formats for kind in _KINDS.get(name, ()))
        tally.rows.update(key for key, row in new.items() if isinstance(row, kinds))
        suggestions = [one for one in record.suggestions if filters.take_suggestion(one)]
        for writer in writers:
            writer.write(record, suggestions, list(new.values()))

    def _new_rows(self, made: Sequence[TrainingRow], filters: Filters, tally: _Tally) -> dict[str, TrainingRow]:
        rows = {row_id(row): row for row in made if _takes(filters, row)}
        new = {key: row for key, row in rows.items() if key not in (self.without or ())}
        tally.earlier += len(rows) - len(new)
        return new

    def _describe(self, result: ExportResult, formats: Sequence[str], filters: Filters, folder: Path) -> None:
        created = self.now.isoformat(timespec="seconds")
        text = documents.card(result.counts, created, app.__version__, EVALUATION_PERCENT)
        (folder / "DATASET_CARD.md").write_text(text, encoding="utf-8")
        report = {"method": documents.METHOD, "limits": documents.LIMITS, "replaced": result.replaced}
        _write_json(folder / "deidentification.json", report)
        manifest = {
            "schema": SCHEMA,
            "export_id": result.export_id,
            "app_version": app.__version__,
            "created_at": created,
            "key_id": self.keyed("export", "key")[:16],
            "formats": list(formats),
            "filters": {name: str(value) for name, value in asdict(filters).items() if value is not None},
            "counts": dict(result.counts),
            "comparisons": result.comparisons,
            "split": {"name": "train", "by": "patient", "evaluation_percent": EVALUATION_PERCENT},
            "withheld_for_evaluation": result.evaluation,
            "quarantined": result.quarantined,
            "left_out_since_exported_before": result.earlier,
            "approved_one_by_one": self.approved is not None,
            "left_out_since_not_approved": result.unapproved,
            "left_out_since_samples": result.samples,
            "samples_alone": self.with_samples,
            "files": _hashes(folder),
        }
        _write_json(folder / "manifest.json", manifest)


def is_for_evaluation(patient: str, keyed: Keyed) -> bool:
    """Whether this patient (a pseudonym) is in the frozen evaluation split."""
    return int(keyed("split", patient)[:8], 16) % 100 < EVALUATION_PERCENT


def _takes(filters: Filters, row: TrainingRow) -> bool:
    """Not quarantined, and about the model: a preference is about both of its models."""
    if is_quarantined(row):
        return False
    sibling = row.sibling if isinstance(row, DpoRow) else None
    return any(filters.take_suggestion(one) for one in (row.suggestion, sibling) if one is not None)


def _refuse_leaks(folder: Path, known: KnownIdentities) -> None:
    leaks = leaks_in(folder, known)
    if leaks:
        raise EnvironmentFault(
            f"导出被拒绝：{'、'.join(leaks)} 中仍有 {sum(leaks.values())} 处已知的姓名或编号，已删除全部导出文件。"
            "请检查科室、模型名等字段是否写有姓名，并转告信息科。"
        )


def _hashes(folder: Path) -> list[dict[str, object]]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in paths
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _settle(folder: Path) -> None:
    """On the disk before the folder has its name."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
