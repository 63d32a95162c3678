"""Many comparisons in a row: `python -m tests.benchmarks.soak [--comparisons 200] [--engine openvino] [--tokens 48]`.

Not part of the test suite, which has a short form with scripted models. After a tenth of the comparisons memory,
threads and file handles of the program and its engine processes are taken as the measure; at the end memory may be
3 % more, the others the same. The waits that were promised are held against those that came: right within 30 %.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from PySide6.QtCore import QCoreApplication

from app.controllers.model_library import open_library
from app.core.case import Case
from app.core.runs import Decoding, RunProgress
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths
from tests.helpers.desk import Desk, sample_cases

MEMORY_GROWTH = 1.03
RIGHT_WITHIN = 0.30


@dataclass(frozen=True)
class Footprint:
    """What the program and its engine processes hold: bytes, threads, file handles."""

    memory: int
    threads: int
    handles: int


@dataclass
class Record:
    """The footprints after each comparison, and (promised, real) seconds to the first token of runs that waited."""

    footprints: list[Footprint] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)


def footprint() -> Footprint:
    """What is held now."""
    own = psutil.Process()
    processes = [own, *own.children(recursive=True)]
    return Footprint(
        sum(process.memory_info().rss for process in processes),
        sum(process.num_threads() for process in processes),
        sum(process.num_fds() for process in processes),
    )


def soak(models: Sequence[PreparedModel], cases: Sequence[Case], comparisons: int, decoding: Decoding) -> Record:
    """Run that many comparisons one after another on the same processes, each on the next case."""
    record, promised = Record(), dict[str, tuple[float, float]]()

    def on_progress(progress: RunProgress) -> None:
        if progress.estimated_wait_s is not None:
            promised.setdefault(models_of[progress.run_id], (time.monotonic(), progress.estimated_wait_s))

    models_of: dict[str, str] = {}
    with closing(Desk(models, decoding)) as desk:
        desk.controller.comparison_started.connect(
            lambda comparison: models_of.update((run.run_id, run.identity.model) for run in comparison.runs)
        )
        desk.controller.run_progressed.connect(on_progress)
        desk.load()
        for number in range(comparisons):
            promised.clear()
            timeline = desk.compare(cases[number % len(cases)])
            for model, (since, seconds) in promised.items():
                if model in timeline.first_text_at:
                    record.waits.append((seconds, timeline.first_text_at[model] - since))
            record.footprints.append(footprint())
    return record


def findings(record: Record) -> list[tuple[str, str, bool]]:
    """What was found: name, figures, and if it is as it should be."""
    base, last = record.footprints[len(record.footprints) // 10], record.footprints[-1]
    errors = [abs(promised - real) / real for promised, real in record.waits if real > 0]
    found = [
        (
            "memory",
            f"{base.memory / 2**20:.0f} -> {last.memory / 2**20:.0f} MiB",
            last.memory < base.memory * MEMORY_GROWTH,
        ),
        ("threads", f"{base.threads} -> {last.threads}", last.threads <= base.threads),
        ("file handles", f"{base.handles} -> {last.handles}", last.handles <= base.handles),
    ]
    if errors:
        middle = statistics.median(errors)
        found.append(("waits, median error", f"{middle:.0%} of {len(errors)}", middle <= RIGHT_WITHIN))
    return found


def main() -> int:
    """Run it on the real models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--models", type=lambda names: names.split(","), default=None)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--tokens", type=int, default=48)
    arguments = parser.parse_args()
    _application = QCoreApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        models = open_library(Paths.resolve(Path(folder))).choose(arguments.models, arguments.engine)
    record = soak(models, sample_cases(), arguments.comparisons, Decoding(max_tokens=arguments.tokens))
    found = findings(record)
    for name, figures, right in found:
        print(f"{'ok  ' if right else 'MISS'} {name}: {figures}")
    return 0 if all(right for _, _, right in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
