"""What the doctors of a demonstration do with three suggestions: every kind of act, the same in every demonstration."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import cycle

from app.core import acts
from app.core.acts import Act, ErrorReport
from app.core.differential import parse_differential
from app.core.events import ErrorSeverity, ErrorType, Vote
from app.core.notes import CASE_FEATURES, DIFFERENTIAL
from app.core.runs import Generation

Deed = tuple[Generation, Act]

_REMARK = "（示例修改：结合病史首先考虑）"


def deeds(generations: Sequence[Generation], draw: random.Random) -> Iterator[Deed]:
    """First all are seen, then one is mostly taken, or all are judged; at times an error; then opinions without end."""
    yield from ((generation, acts.shown(draw.randint(1_000, 60_000))) for generation in generations)
    ids = [generation.run.run_id for generation in generations]
    if draw.random() < 0.7:
        yield from _taken(draw.choice(generations), ids, draw)
    else:
        judge = draw.choice((acts.none_correct, acts.all_acceptable))
        yield generations[0], judge(ids)
        yield generations[0], acts.rerun(ids, {CASE_FEATURES.key: (draw.randint(1, 40), draw.randint(0, 9))})
    if draw.random() < 0.3:
        yield _error(draw.choice(generations), draw)
    for number in cycle(range(3)):
        generation = draw.choice(generations)
        yield generation, acts.copied() if number == 2 else acts.voted(draw.choice(list(Vote)))


def _taken(generation: Generation, ids: Sequence[str], draw: random.Random) -> Iterator[Deed]:
    """Put into the note, mostly signed, at times after an edit; at times the record is closed."""
    text = generation.outcome.text
    yield generation, acts.backfilled(DIFFERENTIAL.key, text)
    if draw.random() < 0.2:
        return
    first, _, rest = text.partition("\n")
    final = f"{first}{_REMARK}\n{rest}" if draw.random() < 0.4 else text
    yield generation, acts.edited(DIFFERENTIAL.key, text, final)
    yield generation, acts.signed(generation.run.binding.note_id, generation.run.binding.note_version + 1)
    if draw.random() < 0.5:
        names = [one.name for one in parse_differential(text)]
        yield generation, acts.final_diagnosis(ids, [draw.choice(names)])


def _error(generation: Generation, draw: random.Random) -> Deed:
    diagnosis = draw.choice(parse_differential(generation.outcome.text)).name
    start = generation.outcome.text.index(diagnosis)
    report = ErrorReport(
        start=start,
        end=start + len(diagnosis),
        quote=diagnosis,
        type=draw.choice(list(ErrorType)),
        severity=draw.choice(list(ErrorSeverity)),
        correction=draw.choice(("", f"{diagnosis}待排")),
        comment="示例报告",
    )
    return generation, acts.error_reported(report)
