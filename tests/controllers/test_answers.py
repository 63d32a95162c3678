from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.answers import AnswerController, Found
from app.core.diagnosis_table import DiagnosisTable
from app.core.differential import parse_differential
from app.core.evidence import EvidenceIndex, Span
from app.core.judged_answer import JudgedAnswer
from app.infra.resources import resource_text
from app.workers.background import BackgroundWorker

ANSWER = "1. **急性心梗**\n   - 支持点：胸痛；发热\n2. **肺栓塞**\n   - 支持点：咯血"
SOURCE = {"chief_complaint": "胸痛3小时", "case_features": "持续胸痛，少量咯血。"}


class HeldWorker(BackgroundWorker):
    """Does its work when it is told to; `made` counts the indices."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.held.append(lambda: done(work()))

    def work(self) -> None:
        held, self.held = self.held, []
        for piece in held:
            piece()


@pytest.fixture
def worker() -> HeldWorker:
    return HeldWorker()


@pytest.fixture
def answers(worker: HeldWorker, qapp: object) -> Iterator[AnswerController]:
    controller = AnswerController(DiagnosisTable.parse(resource_text("terms", "diagnoses.csv")), worker)
    yield controller
    controller.close()


@pytest.fixture
def told(answers: AnswerController) -> list[tuple[str, JudgedAnswer]]:
    told: list[tuple[str, JudgedAnswer]] = []
    answers.judged.connect(lambda run_id, answer: told.append((run_id, answer)))
    return told


@pytest.fixture
def indexed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What an index was made of."""
    made: list[object] = []

    def make(texts: dict[str, str]) -> EvidenceIndex:
        made.append(texts)
        return EvidenceIndex(texts)

    monkeypatch.setattr("app.controllers.answers.EvidenceIndex", make)
    return made


def test_answers_are_judged_on_another_thread(qtbot: QtBot) -> None:
    worker = BackgroundWorker()
    answers = AnswerController(DiagnosisTable.parse(resource_text("terms", "diagnoses.csv")), worker)
    with qtbot.waitSignal(answers.judged) as judged:
        answers.judge("r1", ANSWER, SOURCE)
    answers.close()
    run_id, answer = judged.args or ("", None)
    assert run_id == "r1"
    assert isinstance(answer, JudgedAnswer)
    assert answer.dangerous == {0, 1}
    assert answer.without_source == {(0, "supporting", 1)}


def test_an_answer_is_judged_once_and_the_note_indexed_once(
    answers: AnswerController, worker: HeldWorker, told: list[tuple[str, JudgedAnswer]], indexed: list[object]
) -> None:
    for run_id in ("r1", "r2", "r1"):
        answers.judge(run_id, ANSWER, SOURCE)
    assert told == []
    worker.work()
    assert [run_id for run_id, _ in told] == ["r1", "r2"]
    assert len(indexed) == 1
    answers.judge("r1", ANSWER, SOURCE)
    assert told[2] == told[0]
    assert worker.held == []


def test_what_is_judged_for_a_note_that_was_left_is_dropped(
    answers: AnswerController, worker: HeldWorker, told: list[tuple[str, JudgedAnswer]], indexed: list[object]
) -> None:
    answers.judge("r1", ANSWER, SOURCE)
    answers.forget()
    answers.judge("r1", ANSWER, SOURCE)
    worker.work()
    assert [run_id for run_id, _ in told] == ["r1"]
    assert len(indexed) == 1


def test_only_the_last_search_is_told(answers: AnswerController, worker: HeldWorker, indexed: list[object]) -> None:
    diagnoses = parse_differential(ANSWER)
    found: list[tuple[str, Found]] = []
    answers.find_sources({"r1": diagnoses}, SOURCE, lambda here: found.append(("before", here)))
    changed = SOURCE | {"case_features": "少量咯血。"}
    answers.find_sources({"r1": diagnoses}, changed, lambda here: found.append(("after", dict(here))))
    worker.work()
    assert [name for name, _ in found] == ["after"]
    places = [one.spans for one in found[0][1]["r1"]]
    assert places == [(Span("chief_complaint", 0, 5),), (), (Span("case_features", 0, 4),)]
    assert indexed == [changed]
    answers.find_sources({"r1": diagnoses}, changed, lambda here: found.append(("again", dict(here))))
    assert found[1][1] == found[0][1]


def test_a_search_that_was_given_up_is_not_told(answers: AnswerController, worker: HeldWorker) -> None:
    answers.find_sources({"r1": parse_differential(ANSWER)}, SOURCE, lambda _: pytest.fail("told"))
    answers.drop_search()
    worker.work()
