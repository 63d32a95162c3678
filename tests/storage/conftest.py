from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.repositories import Repositories
from tests.helpers.records import make_encrypted, repositories_in


@pytest.fixture(params=["plain", "encrypted"])
def repositories(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repositories]:
    """An empty ward, in each kind of file."""
    if request.param == "encrypted":
        make_encrypted(tmp_path / "data")
    opened = repositories_in(tmp_path / "data")
    yield opened
    opened.close()
