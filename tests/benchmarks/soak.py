"""Many comparisons in a row: `python -m tests.benchmarks.soak [--comparisons 200] [--engine openvino] [--tokens 48]`.

Not part of the test suite, which has a short form with scripted models. After a tenth of the comparisons memory,
threads and file handles of the program and its engine processes are taken as the measure; at the end memory may be
3 % more, the others the same. The waits that were promised are held against those that came: right within 30 %, for the
median and for most panes. What the engine processes hold in the end is held against the size of their models' files.
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
MEMORY_OVER_FILES = 1.2


@dataclass(frozen=True)
class Footprint:
    """What the program and its engine processes hold: bytes, threads, file handles."""

    memory: int
    threads: int
    handles: int


@dataclass
class Record:
    """What was seen of the models, whose files are `file_bytes` large.

    `footprints` after each comparison; `waits` are (model, promised, real) seconds to the first token of runs that
    waited, `engine_bytes` what the engine processes held in the end.
    """

    file_bytes: int
    footprints: list[Footprint] = field(default_factory=list)
    waits: list[tuple[str, float, float]] = field(default_factory=list)
    engine_bytes: int = 0


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
    record = Record(sum(file.size for model in models for file in model.files))
    promised = dict[str, tuple[float, float]]()

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
                    record.waits.append((model, seconds, timeline.first_text_at[model] - since))
            record.footprints.append(footprint())
        hosts = [psutil.Process(host.pid) for host in desk.hosts.values() if host.pid]
        record.engine_bytes = sum(process.memory_info().rss for process in hosts)
    return record


def findings(record: Record) -> list[tuple[str, str, bool]]:
    """What was found: name, figures, and if it is as it should be."""
    base, last = record.footprints[len(record.footprints) // 10], record.footprints[-1]
    held = record.engine_bytes / max(record.file_bytes, 1)
    found = [
        (
            "memory",
            f"{base.memory / 2**20:.0f} -> {last.memory / 2**20:.0f} MiB",
            last.memory < base.memory * MEMORY_GROWTH,
        ),
        ("threads", f"{base.threads} -> {last.threads}", last.threads <= base.threads),
        ("file handles", f"{base.handles} -> {last.handles}", last.handles <= base.handles),
        (
            "engines' memory over model files",
            f"{record.engine_bytes / 2**20:.0f} / {record.file_bytes / 2**20:.0f} MiB = {held:.2f}",
            held <= MEMORY_OVER_FILES,
        ),
    ]
    return [*found, *wait_findings(record.waits)]


def wait_findings(waits: Sequence[tuple[str, float, float]]) -> list[tuple[str, str, bool]]:
    """The promised waits of each model's pane: the median error, and the share that was right."""
    found = []
    for model in dict.fromkeys(model for model, _, _ in waits):
        errors = [promised / real - 1 for name, promised, real in waits if name == model and real > 0]
        right = sum(abs(error) <= RIGHT_WITHIN for error in errors) / max(len(errors), 1)
        middle = statistics.median(errors)
        figures = f"median {middle:+.0%}, {right:.0%} of {len(errors)} within {RIGHT_WITHIN:.0%}"
        found.append((f"wait of {model}", figures, abs(middle) <= RIGHT_WITHIN and right > 0.5))
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
