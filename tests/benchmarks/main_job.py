"""What the main job costs on this machine: `python -m tests.benchmarks.main_job [--json OUT.json] [--only PART …]`.

Not part of the test suite. Everything is measured with the real models (`wardnote models prepare`), by ratios within
one run: absolute times drift two- to threefold on a shared machine. It prints a table and says what is missed.

window       time until the window is there and a note takes a key, while the models load; how late its event loop
             runs while three models write (a timer due every 5 ms)
comparison   the first pane's first token against the same model alone; all three against the sum of their single
             times; in alternating rounds, another case in each
cancel       time from a cancel to its answer, and until the processor is free
loss         a process killed, crashed or stopped while it writes: whom it takes along
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QCoreApplication, QTimer

from app.bootstrap import sample_encounters
from app.controllers.model_library import open_library
from app.core.runs import RunPhase
from app.inference.patience import Limits
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths
from app.storage.samples import install_samples
from tests.helpers.desk import TEMPLATE, Desk, sample_cases, seconds_until_idle
from tests.helpers.records import repositories_in
from tests.helpers.screen import open_screen

ENGINES = ("openvino", "bigdl")
SIGNALS = ("SIGKILL", "SIGSEGV", "SIGSTOP")


@dataclass(frozen=True)
class Finding:
    """One figure and what it should be at most; `spread` are the rounds' figures."""

    part: str
    engine: str
    name: str
    value: float
    limit: float | None
    spread: tuple[float, ...] = ()

    @property
    def holds(self) -> bool:
        """Within its limit, or without one."""
        return self.limit is None or self.value <= self.limit


def over(part: str, engine: str, name: str, limit: float | None, figures: Sequence[float]) -> Finding:
    """The median of the rounds."""
    return Finding(part, engine, name, statistics.median(figures), limit, tuple(figures))


def measure_window(engine: str, rounds: int) -> list[Finding]:
    """Start it several times; let the last one run a comparison too."""
    noted = [_probe_window(engine, stay=index == rounds - 1) for index in range(rounds)]
    moments = [each["moments"] for each in noted]
    decoding = noted[-1]["lateness_ms"]["decoding"]
    loading = [late for each in noted for late in each["lateness_ms"]["loading"]]
    return [
        over("window", engine, "window shown, s", 2.0, [each["exposed_s"] for each in moments]),
        over("window", engine, "a note took a key, s", None, [each["typed_s"] for each in moments]),
        over("window", engine, "three models loaded, s", None, [each["models_ready_s"] for each in moments]),
        *_lateness(engine, "loading", loading),
        *_lateness(engine, "decoding", decoding),
    ]


def _probe_window(engine: str, *, stay: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, open_screen() as screen:
        with closing(repositories_in(Path(folder))) as repositories:
            install_samples(repositories, sample_encounters())
        out = Path(folder) / "noted.json"
        module = [sys.executable, "-m", "tests.benchmarks.window_probe"]
        born = str(time.monotonic())
        command = [*module, folder, engine, born, str(out), *["stay"] * stay]
        subprocess.run(command, env=screen.environment(), check=True, timeout=600)
        noted: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return noted


def _lateness(engine: str, stage: str, figures: Sequence[float]) -> list[Finding]:
    percentiles = statistics.quantiles(figures, n=100, method="inclusive")
    return [
        Finding("window", engine, f"loop late while {stage}, p50 ms", percentiles[49], None),
        Finding("window", engine, f"loop late while {stage}, p99 ms", percentiles[98], 50.0),
        Finding("window", engine, f"an event's wait while {stage}, p99 ms", wait_percentile(figures, 0.99), 50.0),
        Finding("window", engine, f"loop late while {stage}, max ms", max(figures), None),
    ]


def wait_percentile(stalls_ms: Sequence[float], share: float) -> float:
    """What an event that comes at any moment waits at most, in this share of cases: long stalls catch more events."""
    total = sum(stall + 5 for stall in stalls_ms)
    low, high = 0.0, max(stalls_ms)
    for _ in range(40):
        middle = (low + high) / 2
        waiting = sum(stall - middle for stall in stalls_ms if stall > middle)
        low, high = (middle, high) if waiting / total > 1 - share else (low, middle)
    return high


def measure_comparison(engine: str, rounds: int, max_tokens: int) -> list[Finding]:
    """Alternate between all together and each alone, on processes of their own, after a round that warms them."""
    models = _models(engine)
    decoding = replace(TEMPLATE.decoding, max_tokens=max_tokens)
    together = Desk(models, decoding)
    alone = [Desk([model], decoding) for model in models]
    desks = [together, *alone]
    try:
        for desk in desks:
            desk.load()
            desk.compare(sample_cases()[-1])
        first, whole = [], []
        for index in range(rounds):
            case = sample_cases()[index]
            order = desks if index % 2 else desks[::-1]
            lines = {id(desk): desk.compare(case) for desk in order}
            pane = models[0].identity.model
            first.append(lines[id(together)].to_first_text(pane) / lines[id(alone[0])].to_first_text(pane))
            whole.append(lines[id(together)].seconds / sum(lines[id(desk)].seconds for desk in alone))
    finally:
        for desk in desks:
            desk.close()
    return [
        over("comparison", engine, "first token of the first pane / alone", 1.15, first),
        over("comparison", engine, "all three / sum of their single times", 1.1, whole),
    ]


def measure_cancel(engine: str, rounds: int) -> list[Finding]:
    """Cancel the largest model while it reads and while it writes."""
    model = _models(engine)[0]
    findings = []
    for phase, name in ((RunPhase.READING, "reading"), (RunPhase.WRITING, "writing")):
        answers, rests = zip(*(_cancel(model, phase, index) for index in range(rounds)), strict=True)
        findings += [
            Finding("cancel", engine, f"answer while {name}, worst s", max(answers), 0.1, answers),
            Finding("cancel", engine, f"processor free while {name}, worst s", max(rests), 2.0, rests),
        ]
    return findings


def _cancel(model: PreparedModel, phase: RunPhase, index: int) -> tuple[float, float]:
    name = model.identity.model
    with closing(Desk([model])) as desk:
        desk.load()
        pid = desk.hosts[name].pid
        assert pid is not None
        cancelled: list[float] = []

        def cancel() -> None:
            cancelled.append(time.monotonic())
            desk.cancel(name)

        timeline = desk.compare(sample_cases()[index], _once(phase, lambda: QTimer.singleShot(400, cancel)))
        assert timeline.statuses() == {name: "cancelled"}, timeline.statuses()
        return timeline.ended_at - cancelled[0], seconds_until_idle(pid, cancelled[0])


def _once(phase: RunPhase, act: Callable[[], None]) -> Callable[[str, RunPhase], None]:
    seen: list[RunPhase] = []

    def on_progress(_: str, now: RunPhase) -> None:
        if now is phase and not seen:
            seen.append(now)
            act()

    return on_progress


def measure_loss(engine: str, limit_s: float) -> list[Finding]:
    """Strike the first model's process while it writes; count the other panes that fail, then ask again."""
    models = _models(engine)
    first = models[0].identity.model
    findings = []
    limits = Limits(heartbeat=limit_s, crashes=len(SIGNALS) + 1)
    with closing(Desk(models, replace(TEMPLATE.decoding, max_tokens=24), limits)) as desk:
        desk.load()
        for index, name in enumerate(SIGNALS):
            strike = _once(RunPhase.WRITING, lambda name=name: desk.strike(first, name))  # type: ignore[misc]
            hit = desk.compare(sample_cases()[index], strike)
            after = desk.compare(sample_cases()[index])
            spared = hit.statuses()[first] == "completed"
            others = sum(status != "completed" for model, status in hit.statuses().items() if model != first)
            lost = sum(status != "completed" for status in after.statuses().values())
            findings += [
                Finding("loss", engine, f"{name}: panes that failed beside its own", others + spared, 0),
                Finding("loss", engine, f"{name}: panes that failed in the next request", lost, 0),
            ]
    return findings


def _models(engine: str) -> tuple[PreparedModel, ...]:
    return open_library(Paths.resolve(None)).choose(None, engine)


def describe_machine() -> dict[str, object]:
    """What the figures were measured on, and how busy it was with other things."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": psutil.cpu_count(logical=False),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "load_before": os.getloadavg(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def table(findings: Sequence[Finding]) -> str:
    """The findings as lines to read."""
    lines = [f"{'part':11} {'engine':9} {'figure':44} {'value':>8} {'limit':>7}"]
    for each in findings:
        limit = "" if each.limit is None else f"{each.limit:g}"
        missed = "" if each.holds else "  missed"
        lines.append(f"{each.part:11} {each.engine:9} {each.name:44} {each.value:8.3f} {limit:>7}{missed}")
    return "\n".join(lines)


def main() -> int:
    """Measure what is asked for; 1 if a limit is missed."""
    arguments = _parse()
    machine = describe_machine()
    parts: dict[str, Callable[[str], list[Finding]]] = {
        "window": lambda engine: measure_window(engine, arguments.rounds),
        "comparison": lambda engine: measure_comparison(engine, arguments.rounds, arguments.max_tokens),
        "cancel": lambda engine: measure_cancel(engine, arguments.rounds),
        "loss": lambda engine: measure_loss(engine, limit_s=5.0),
    }
    application = QCoreApplication([])
    findings = [
        found for engine in arguments.engines for part in arguments.only or parts for found in parts[part](engine)
    ]
    application.processEvents()
    machine["load_after"] = os.getloadavg()
    print(f"{machine}\n{table(findings)}")
    if arguments.json:
        document = {"machine": machine, "findings": [{**asdict(each), "holds": each.holds} for each in findings]}
        arguments.json.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0 if all(each.holds for each in findings) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures the main job with the real models.")
    parser.add_argument("--json", type=Path, metavar="OUT.json")
    parser.add_argument("--only", nargs="+", choices=("window", "comparison", "cancel", "loss"))
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-tokens", type=int, default=128, help="length of the answers in `comparison`")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
