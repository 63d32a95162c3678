"""The panes of one task with what acts on them: where the window's keys go while a document of its kind is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.ui.comparison.answer_history import AnswerHistory
from app.ui.comparison.judgement_acts import JudgementActs
from app.ui.comparison.pane_area import PaneArea
from app.ui.comparison.run_desk import RunDesk


@dataclass(frozen=True, slots=True)
class Workplace:
    """`backfill` and `copy` take a run's id."""

    area: PaneArea[Any]
    desk: RunDesk[Any]
    backfill: Callable[[str], None]
    copy: Callable[[str], None]
    judgements: JudgementActs
    history: AnswerHistory
