"""A session: the contestants take turns, round by round, so that the machine's drift meets all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from app.core.errors import EngineFault, EnvironmentFault
from app.inference.bench.figures import Take
from app.inference.bench.machine import CpuWatch
from app.inference.bench.workload import Contestant, Workload

# A library that needs minutes for one take has its median of fewer rounds; the program itself always has all.
LONG_S = 100.0
_LONG_ROUNDS = 2


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
    """The takes by row and round; `missing` are sentences on what could not be measured, or not so often.

    `others` are the shares of the processors (0 to 1) that were taken from this program meanwhile.
    """

    takes: dict[Key, dict[int, Take]] = field(default_factory=dict)
    others: dict[Key, list[float]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    long: set[Key] = field(default_factory=set)


def run_session(
    fields: Sequence[Sequence[Contestant]],
    workloads: Sequence[Workload],
    rounds: int,
    tokens: int,
    tell: Callable[[str], None],
    keep: Callable[[Session, int], None] = lambda session, rounds: None,
) -> Session:
    """`fields` are the contestants of each model. One that fails is left out from then on.

    In a round each contestant has a fresh process, and all are asked the same before the next prompt. `keep` is given
    what there is after each round. Raises EngineFault if nothing at all could be measured.
    """
    session, out = Session(), set[int]()
    for number in range(rounds):
        for contestants in fields:
            try:
                for workload, contestant in _turns(contestants, workloads, number):
                    if id(contestant) not in out and not _measure(session, contestant, workload, number, tokens, tell):
                        out.add(id(contestant))
            finally:
                for contestant in contestants:
                    contestant.close()
        keep(session, number + 1)
    if not any(session.takes.values()):
        raise EngineFault("没有任何一项测速完成：" + "；".join(session.missing))
    return session


def _measure(
    session: Session,
    contestant: Contestant,
    workload: Workload,
    number: int,
    tokens: int,
    tell: Callable[[str], None],
) -> bool:
    """One take into the session; False if it failed."""
    key = Key(contestant.path, contestant.engine, contestant.model, workload.task, workload.prompt)
    if key in session.long and number >= _LONG_ROUNDS:
        return True
    watch, began = CpuWatch(), time.monotonic()
    try:
        take = contestant.measure(workload, tokens)
    except EnvironmentFault as fault:
        contestant.close()
        session.missing.append(f"{_words(key)}：{fault}")
        tell(session.missing[-1])
        return False
    session.takes.setdefault(key, {})[number] = take
    if (share := watch.others_share()) is not None:
        session.others.setdefault(key, []).append(share)
    seconds = time.monotonic() - began
    if key.path != "wardnote" and seconds > LONG_S and key not in session.long:
        session.long.add(key)
        session.missing.append(f"{_words(key)}：一次用时 {seconds:.0f} 秒，最多测 {_LONG_ROUNDS} 轮")
    tell(f"第 {number + 1} 轮：{_words(key)}，{seconds:.0f} 秒")
    return True


def _turns(
    contestants: Sequence[Contestant], workloads: Sequence[Workload], number: int
) -> Iterator[tuple[Workload, Contestant]]:
    """One round of a model: for each prompt its contestants next to each other, another one first in each round."""
    first = number % len(contestants)
    for workload in workloads:
        if number < workload.rounds:
            for contestant in (*contestants[first:], *contestants[:first]):
                yield workload, contestant


def _words(key: Key) -> str:
    engine = "" if key.engine == key.path else f"（{key.engine}）"
    return f"{key.model} {key.path}{engine} {key.task}/{key.prompt}"
