"""From times to figures: what one take says, and the spread over several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median

from app.core.errors import EngineFault


@dataclass(frozen=True, slots=True)
class Timing:
    """One answer: `arrivals` are (seconds since it was asked for, new tokens), in the order in which they came."""

    input_tokens: int
    arrivals: tuple[tuple[float, int], ...]

    @property
    def output_tokens(self) -> int:
        """How many tokens were written."""
        return sum(tokens for _, tokens in self.arrivals)

    @property
    def first_token_s(self) -> float:
        """Seconds to the first token. Raises EngineFault if none came."""
        if not self.arrivals:
            raise EngineFault("测速时模型没有输出")
        return self.arrivals[0][0]

    @property
    def decode_tokens_per_second(self) -> float | None:
        """Tokens after the first arrival over the time from the first to the last; None for a single arrival."""
        if len(self.arrivals) < 2 or self.arrivals[-1][0] <= self.arrivals[0][0]:
            return None
        after = self.output_tokens - self.arrivals[0][1]
        return after / (self.arrivals[-1][0] - self.arrivals[0][0])


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one take: to a new prompt, to the same again, to the edited one.

    `warm` and `edited` are None on a path that keeps nothing of a prompt: it would read all of it again.
    """

    cold: Timing
    warm: Timing | None = None
    edited: Timing | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """One process's life. `load_s` counts from the start of the process, libraries and checks included.

    `weight_bytes` is what one token's pass must read, `file_bytes` the size of the model's files. `plain` is the cold
    answer once more, where the engine guesses, as if nothing were to be copied: `same_text` tells that guesses changed
    none of it.
    """

    load_s: float
    answers: Answers
    peak_rss_mib: float
    weight_bytes: int
    file_bytes: int = 0
    plain: Timing | None = None
    same_text: bool = True

    def figures(self, bandwidth: float) -> dict[str, float]:
        """The figures by their names in the report; those that could not be measured are left out.

        `bandwidth` is the machine's, in bytes/s.
        """
        cold = self.answers.cold
        known = {
            "load_s": self.load_s,
            "ttft_cold_ms": cold.first_token_s * 1000,
            "prefill_tokens_per_second": cold.input_tokens / cold.first_token_s,
            "peak_rss_mib": self.peak_rss_mib,
            "input_tokens": float(cold.input_tokens),
            "output_tokens": float(cold.output_tokens),
        }
        for name, again in (("warm", self.answers.warm), ("edited", self.answers.edited)):
            if again is not None:
                known[f"ttft_{name}_ms"] = again.first_token_s * 1000
                known[f"{name}_over_cold"] = again.first_token_s / cold.first_token_s
        if self.file_bytes:
            known["memory_over_files"] = self.peak_rss_mib * 2**20 / self.file_bytes
        if (speed := cold.decode_tokens_per_second) is not None:
            known["decode_tokens_per_second"] = speed
            known["bandwidth_share"] = speed * self.weight_bytes / bandwidth
            if self.plain is not None and self.same_text and (plain := self.plain.decode_tokens_per_second):
                known["lookup_gain"] = speed / plain
        return known


@dataclass(frozen=True, slots=True)
class Spread:
    """The median and the two ends of a figure over all rounds."""

    median: float
    min: float
    max: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Raises ValueError for no values."""
        known = sorted(values)
        if not known:
            raise ValueError("a spread needs values")
        return cls(median(known), known[0], known[-1])

    def document(self) -> dict[str, float]:
        """The contract's form, with four significant digits: more would be noise."""
        return {name: float(f"{value:.4g}") for name, value in asdict(self).items()}
