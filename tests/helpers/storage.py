"""A storage thread on a throwaway data folder, for tests of what uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pytestqt.qtbot import QtBot

from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread
from tests.helpers.records import repositories_in

T = TypeVar("T")


@pytest.fixture
def storage(tmp_path: Path, qapp: object) -> Iterator[StorageThread]:
    """Running; closed after the test."""
    thread = StorageThread(lambda: repositories_in(tmp_path))
    thread.start()
    yield thread
    assert thread.close()


def ask(qtbot: QtBot, storage: StorageThread, work: Callable[[Repositories], T]) -> T:
    """Do this in the storage thread and wait for its result."""
    results: list[Any] = []
    storage.submit(work, results.append, pytest.fail)
    qtbot.waitUntil(lambda: bool(results))
    result: T = results[0]
    return result


def allow_pages(repositories: Repositories, more: int) -> None:
    """A disk on which the database may grow by so many pages; 0 is a full one."""
    sql = repositories.database.sql
    pages = sql.execute("PRAGMA page_count").fetchone()[0]
    sql.execute(f"PRAGMA max_page_count = {pages + more}").fetchone()


def refuse_writing(repositories: Repositories, *, refused: bool) -> None:
    """A database that can only be read, or one that can be written again."""
    repositories.database.sql.execute(f"PRAGMA query_only = {int(refused)}")
