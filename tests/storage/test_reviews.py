from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.runs import Generation
from app.storage.chain import ConflictError
from app.storage.driver import sqlite3
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_generation, a_run, a_stay


def a_review(repositories: Repositories, text: str = "1. “胸痛”\n   - 问题：没有时间") -> Generation:
    run = a_run("c", a_stay(repositories))
    return a_generation(replace(run, comparison_id=run.run_id), text)


def test_the_newest_review_of_a_note_comes_back_whole(repositories: Repositories) -> None:
    first = a_review(repositories)
    note_id = first.run.binding.note_id
    assert repositories.reviews.newest(note_id) is None
    repositories.reviews.add(first, DOCTOR)
    later_run = replace(first.run, run_id="later", comparison_id="later")
    later = Generation(later_run, replace(first.outcome, run_id="later", text="未发现问题"), NOW)
    repositories.reviews.add(later, DOCTOR)
    assert repositories.reviews.newest(note_id) == later
    assert repositories.database.check().ok


def test_a_review_is_kept_once_and_for_ever(repositories: Repositories) -> None:
    review = a_review(repositories)
    repositories.reviews.add(review, DOCTOR)
    repositories.reviews.add(review, DOCTOR)
    with pytest.raises(ConflictError):
        repositories.reviews.add(replace(review, outcome=replace(review.outcome, text="别的")), DOCTOR)
    for statement in ("UPDATE reviews SET output = ''", "DELETE FROM reviews"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            repositories.database.sql.execute(statement)
    assert repositories.reviews.newest(review.run.binding.note_id) == review
