"""How far a long act on a model has come: a bar in a terminal, a line per stage elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.cli import output

Stage = Callable[[str, float], None]


@contextmanager
def stages(name: str) -> Iterator[Stage]:
    """Takes the stage's words and the fraction of it that is done."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(name)
        return
    with Progress(console=console, transient=True) as bars:
        task = bars.add_task(name, total=1.0)
        yield lambda stage, fraction: bars.update(task, description=f"{name} {stage}", completed=fraction)


def _lines(name: str) -> Stage:
    told: set[str] = set()

    def stage(words: str, fraction: float) -> None:
        if words not in told:
            told.add(words)
            output.say(f"{name}：{words}…")

    return stage
