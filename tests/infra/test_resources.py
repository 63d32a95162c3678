from __future__ import annotations

import pytest

from app.infra.resources import resource_path, resource_text


def test_resources_are_found_wherever_the_program_is_started(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    assert resource_path("prompts").is_dir()
    assert "# system" in resource_text("prompts", "differential.md")


def test_a_missing_resource_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        resource_text("prompts", "none.md")
