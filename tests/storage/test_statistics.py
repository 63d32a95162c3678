from __future__ import annotations

from uuid import uuid4

from app.core import acts
from app.core.acts import Act, ErrorReport
from app.core.events import ErrorSeverity, ErrorType, Vote
from app.core.statistics import Share
from app.storage.repositories import Repositories
from app.storage.statistics import StatisticsRepository
from tests.helpers.records import DOCTOR, NOW, a_full_comparison, a_stay


def give(repositories: Repositories, run_id: str, act: Act, actor: str = DOCTOR) -> None:
    repositories.feedback.append(act.event(uuid4().hex, run_id, actor, NOW))


def test_an_empty_database_has_no_figures(repositories: Repositories) -> None:
    statistics = StatisticsRepository(repositories.database).read()
    assert (statistics.usage, statistics.models, dict(statistics.error_types)) == ((), (), {})


def test_everything_is_counted_once(repositories: Repositories) -> None:
    for number in range(6):
        binding = a_stay(repositories, f"测试{number}")
        _, generations = a_full_comparison(repositories, binding)
        a_full_comparison(repositories, binding)
        first, second, _ = (generation.run.run_id for generation in generations)
        for act in (acts.backfilled("differential", "甲乙丙丁"), acts.edited("differential", "甲乙丙丁", "甲乙丙戊")):
            give(repositories, first, act)
            give(repositories, first, act)
        for vote in (Vote.DOWN, Vote.UP):
            give(repositories, first, acts.voted(vote))
        give(repositories, first, acts.voted(Vote.UP), "另一医师")
        give(repositories, first, acts.voted(Vote.DOWN, "急性心肌梗死"))
        give(repositories, second, acts.voted(Vote.UP))
        give(repositories, second, acts.voted(Vote.WITHDRAWN))
        report = ErrorReport(0, 1, "1", ErrorType.FORMAT, ErrorSeverity.MINOR)
        give(repositories, second, acts.error_reported(report))
    a_stay(repositories, "未使用")
    statistics = StatisticsRepository(repositories.database).read()
    (usage,) = statistics.usage
    assert (usage.task, usage.department, usage.month, usage.stays) == (
        "differential",
        "心血管内科",
        "2025-03",
        Share(6, 7),
    )
    first_model, second_model, third = statistics.models
    assert (first_model.generations, first_model.adoption, first_model.approval) == (12, Share(6, 12), Share(12, 12))
    assert first_model.edit == 0.5 and first_model.model == "模型 0 00000000"
    assert (second_model.approval, second_model.errors, third.errors) == (Share(0, 0), Share(6, 12), Share(0, 12))
    assert dict(statistics.error_types) == {"格式": 6}
