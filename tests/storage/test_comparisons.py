from __future__ import annotations

from dataclasses import replace

import pytest

import app
from app.core.runs import RunStatus
from app.storage.chain import ConflictError
from app.storage.driver import sqlite3
from app.storage.repositories import Repositories
from tests.helpers.records import a_comparison, a_full_comparison, a_generation, a_stay


def test_a_comparison_comes_back_as_it_went_in(repositories: Repositories) -> None:
    binding = a_stay(repositories)
    stored = a_full_comparison(repositories, binding)
    assert repositories.comparisons.of_note(binding.note_id) == (stored,)


def test_the_newest_comparison_comes_first(repositories: Repositories) -> None:
    binding = a_stay(repositories)
    first = a_full_comparison(repositories, binding)
    second = a_full_comparison(repositories, binding)
    assert repositories.comparisons.of_note(binding.note_id) == (second, first)


def test_another_notes_comparisons_are_not_shown(repositories: Repositories) -> None:
    a_full_comparison(repositories, a_stay(repositories))
    assert repositories.comparisons.of_note(a_stay(repositories, "测试乙").note_id) == ()


def test_a_run_that_was_cut_off_has_no_generation(repositories: Repositories) -> None:
    binding = a_stay(repositories)
    comparison = a_comparison(binding)
    ended = a_generation(comparison.runs[1], text="半句", status=RunStatus.FAILED)
    repositories.comparisons.record(comparison)
    repositories.comparisons.record_generation(ended)
    assert repositories.comparisons.of_note(binding.note_id) == ((comparison, (ended,)),)


def test_storing_twice_changes_nothing(repositories: Repositories) -> None:
    binding = a_stay(repositories)
    comparison, generations = a_full_comparison(repositories, binding)
    repositories.comparisons.record(comparison)
    repositories.comparisons.record_generation(generations[0])
    assert repositories.comparisons.of_note(binding.note_id) == ((comparison, generations),)


def test_a_run_ends_only_once(repositories: Repositories) -> None:
    _, generations = a_full_comparison(repositories, a_stay(repositories))
    outcome = replace(generations[0].outcome, text="另一个结局")
    with pytest.raises(ConflictError):
        repositories.comparisons.record_generation(replace(generations[0], outcome=outcome))


def test_a_generation_needs_its_comparison(repositories: Repositories) -> None:
    run = a_comparison(a_stay(repositories)).runs[0]
    with pytest.raises(sqlite3.IntegrityError):
        repositories.comparisons.record_generation(a_generation(run))


def test_the_row_holds_all_metadata_and_no_identity(repositories: Repositories) -> None:
    binding = a_stay(repositories, name="张测试")
    _, generations = a_full_comparison(repositories, binding)
    row = next(iter(repositories.database.sql.query("SELECT * FROM generations ORDER BY seq")))
    assert row["app_version"] == app.__version__
    assert row["schema_version"] == repositories.database.schema_version
    assert row["department"] == "心血管内科"
    assert row["finish_reason"] == "stop"
    assert row["tokens_per_second"] == pytest.approx(generations[0].outcome.tokens_per_second)
    assert row["stop"] == '["</s>","\\n\\n"]'
    assert row["finished_at"].endswith("+08:00")
    assert row["adapter_sha256"] is None
    pseudonyms = {row["doctor_pseudonym"], row["patient_pseudonym"], row["encounter_pseudonym"]}
    assert len(pseudonyms) == 3
    identities = (binding.patient_id, binding.encounter_id, "张测试", "王医师")
    assert not any(identity in str(row) for identity in identities)


def test_generations_cannot_be_changed(repositories: Repositories) -> None:
    a_full_comparison(repositories, a_stay(repositories))
    for table in ("comparisons", "runs", "generations"):
        for statement in (f"UPDATE {table} SET seq = seq", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                repositories.database.sql.execute(statement)
