"""How long the program takes to load a model: with nothing of it in the page cache, and right after."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.inference.bench.figures import Spread
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost


@dataclass(slots=True)
class Starts:
    """Seconds from a process's start to a loaded model. `cold` is empty where the page cache cannot be dropped."""

    engine: str
    model: str
    cold: list[float]
    warm: list[float]

    def document(self) -> dict[str, object]:
        """A row of the report; `warm_over_cold` is taken round by round."""
        row: dict[str, object] = {"path": "wardnote", "engine": self.engine, "model": self.model}
        figures = {"load_cold_s": self.cold, "load_warm_s": self.warm}
        if self.cold:
            figures["warm_over_cold"] = [warm / cold for cold, warm in zip(self.cold, self.warm, strict=True)]
        return row | {name: Spread.of(values).document() for name, values in figures.items() if values}


def measure_starts(
    models: Sequence[PreparedModel],
    rounds: int,
    tell: Callable[[str], None],
    drop: Callable[[], bool],
) -> list[Starts]:
    """Load each model in turn, cold and then warm, `rounds` times. Raises EnvironmentFault."""
    found = [Starts(model.identity.engine, model.identity.model, [], []) for model in models]
    for number in range(rounds):
        for model, starts in zip(models, found, strict=True):
            is_cold = drop()
            first = _load(model)
            if is_cold:
                starts.cold.append(first)
            starts.warm.append(_load(model))
            tell(f"第 {number + 1} 轮：{starts.model}（{starts.engine}）载入 {first:.1f}、{starts.warm[-1]:.1f} 秒")
    return found


def drop_page_cache() -> bool:
    """Let the system forget the files that it has read; False where it does not allow that."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError):
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")
        return True
    return False


def _load(model: PreparedModel) -> float:
    with closing(ModelHost(model)) as host:
        began = time.perf_counter()
        host.load(lambda fraction: None)
        return time.perf_counter() - began
