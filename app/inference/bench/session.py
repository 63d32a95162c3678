"""A session: the contestants take turns, round by round, so that the machine's drift meets all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from app.core.errors import EngineFault, EnvironmentFault
from app.inference.bench.figures import Take
from app.inference.bench.machine import CpuWatch
from app.inference.bench.workload import Contestant, Workload


@dataclass(frozen=True, slots=True)
class Key:
    """What a row of the report is about."""

    path: str
    engine: str
    model: str
    task: str
    prompt: str


@dataclass(slots=True)
class Session:
    """The takes by row and round; `missing` are sentences on what could not be measured.

    `others` are the shares of the processors (0 to 1) that were taken from this program meanwhile.
    """

    takes: dict[Key, dict[int, Take]] = field(default_factory=dict)
    others: dict[Key, list[float]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def run_session(
    fields: Sequence[Sequence[Contestant]],
    workloads: Sequence[Workload],
    rounds: int,
    tokens: int,
    tell: Callable[[str], None],
) -> Session:
    """`fields` are the contestants of each model. One that fails is left out from then on.

    Raises EngineFault if nothing at all could be measured.
    """
    session, out = Session(), set[int]()
    for number in range(rounds):
        for workload, contestant in _turns(fields, workloads, number):
            if id(contestant) in out:
                continue
            key = Key(contestant.path, contestant.engine, contestant.model, workload.task, workload.prompt)
            tell(f"第 {number + 1}/{rounds} 轮：{_words(key)}")
            watch = CpuWatch()
            try:
                session.takes.setdefault(key, {})[number] = contestant.measure(workload, tokens)
                if (share := watch.others_share()) is not None:
                    session.others.setdefault(key, []).append(share)
            except EnvironmentFault as fault:
                out.add(id(contestant))
                session.missing.append(f"{_words(key)}：{fault}")
                tell(session.missing[-1])
    session.takes = {key: takes for key, takes in session.takes.items() if takes}
    if not session.takes:
        raise EngineFault("没有任何一项测速完成：" + "；".join(session.missing))
    return session


def _turns(
    fields: Sequence[Sequence[Contestant]], workloads: Sequence[Workload], number: int
) -> Iterator[tuple[Workload, Contestant]]:
    """One round: each model and prompt, its contestants next to each other, another one first in each round."""
    for contestants in fields:
        first = number % len(contestants)
        for workload in workloads:
            for contestant in (*contestants[first:], *contestants[:first]):
                yield workload, contestant


def _words(key: Key) -> str:
    engine = "" if key.engine == key.path else f"（{key.engine}）"
    return f"{key.model} {key.path}{engine} {key.task}/{key.prompt}"
