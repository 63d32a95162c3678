from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.repositories import Repositories
from tests.helpers.records import repositories_in


@pytest.fixture
def repositories(tmp_path: Path) -> Iterator[Repositories]:
    opened = repositories_in(tmp_path / "data")
    yield opened
    opened.close()
