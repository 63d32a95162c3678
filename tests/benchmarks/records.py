"""Whether guessing ever costs time: `python -m tests.benchmarks.records [--models M,…] [--rounds 3]`.

Not part of the test suite. All questions of the records of the sample stays, written by real models on BigDL: plainly
and with guesses in turn, in one process, then once without guesses. A line for each question: how many times as fast it
was written with guesses (median of the rounds, and their spread), and whether its text was the same without; at the
end the whole. Slower than plain decoding by more than the machine's own unrest is a miss.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from app.controllers.discharge_plans import discharge_templates, plans_of
from app.controllers.model_library import open_library
from app.core.runs import RunOutcome, RunStatus
from app.core.stay import Stay
from app.inference.calibration import guessing
from app.inference.engine import GenerationRequest
from app.inference.live_run import Unobserved
from app.inference.supervisor import ModelHost
from app.infra.paths import Paths
from app.infra.resources import resource_path

# So much slower is taken for a shared machine's unrest.
UNREST = 0.03


@dataclass(frozen=True)
class Finding:
    """One question: the rounds' (plain / guessed) seconds a token; `same` text with guesses as without."""

    name: str
    tokens: int
    plain_s: float
    guessed_s: float
    gains: tuple[float, ...]
    same: bool

    @property
    def gain(self) -> float:
        """How many times as fast."""
        return statistics.median(self.gains)

    @property
    def right(self) -> bool:
        """Not slower, and the same text."""
        return self.same and self.gain >= 1 - UNREST


def written(host: ModelHost, generation: GenerationRequest) -> RunOutcome:
    """One answer."""
    outcome = host.generate(f"records-{time.monotonic_ns()}", generation, Unobserved())
    assert outcome.status is RunStatus.COMPLETED, outcome.error
    return outcome


def seconds_a_token(outcome: RunOutcome) -> float:
    """While writing."""
    assert outcome.tokens_per_second, "too little was written to tell"
    return 1 / outcome.tokens_per_second


def findings(host: ModelHost, rounds: int) -> Iterator[Finding]:
    """Every question of every sample stay."""
    templates, name = discharge_templates(), host.model.identity.model
    for file in sorted(resource_path("samples", "stays").glob("*.json")):
        plan = plans_of(Stay.parse(file.read_text(encoding="utf-8")), [host.model], templates)[name]
        answers: list[str] = []
        while stage := plan.stage(answers):
            record = GenerationRequest(stage.ask.prompt.messages, stage.ask.decoding, copies=True)
            plain_ones, guessed_ones = [], []
            for _ in range(rounds):
                plain_ones.append(seconds_a_token(written(host, replace(record, copies=False))))
                guessed_ones.append(seconds_a_token(guessed := written(host, record)))
            yield Finding(
                f"{file.stem} {len(answers) + 1}/{plan.stages}",
                guessed.output_tokens,
                statistics.median(plain_ones),
                statistics.median(guessed_ones),
                tuple(plain / other for plain, other in zip(plain_ones, guessed_ones, strict=True)),
                written(host, replace(record, guesses=False)).text == guessed.text,
            )
            answers.append(guessed.text)


def main() -> int:
    """Run it on the real models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=lambda names: names.split(","), default=None)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = open_library(Paths.resolve(Path(folder))).choose(arguments.models, "bigdl")
    missed = 0
    for model in models:
        with closing(ModelHost(guessing(model))) as host:
            host.load(lambda fraction: None)
            print(model.identity.model, flush=True)
            found = []
            for one in findings(host, arguments.rounds):
                found.append(one)
                spread = f"{min(one.gains):.2f}-{max(one.gains):.2f}"
                print(
                    f"{'ok  ' if one.right else 'MISS'} {one.name}: {one.gain:.2f} times ({spread}),"
                    f" {one.tokens} tokens, {'the same' if one.same else 'another'} text",
                    flush=True,
                )
        plain, guessed = (sum(one.tokens * getattr(one, name) for one in found) for name in ("plain_s", "guessed_s"))
        print(f"all: {plain / guessed:.2f} times", flush=True)
        missed += sum(not one.right for one in found)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
