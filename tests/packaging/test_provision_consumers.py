from __future__ import annotations

from pathlib import Path

import pytest
from provision import consumers


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WARDNOTE_CACHE", str(tmp_path / "cache"))
    return _checkout(tmp_path / "one")


def _checkout(root: Path) -> Path:
    (root / "packaging").mkdir(parents=True)
    (root / consumers.PINS).write_text("datasets==5.2.0\n", encoding="utf-8")
    return root


def _pip(monkeypatch: pytest.MonkeyPatch, code: int) -> list[Path]:
    """Stands for pip, which writes a file and ends with this code."""
    targets: list[Path] = []

    def install(command: list[object]) -> int:
        targets.append(Path(str(command[command.index("--target") + 1])))
        targets[-1].mkdir(parents=True)
        (targets[-1] / "datasets.py").touch()
        return code

    monkeypatch.setattr(consumers, "call", install)
    return targets


def test_one_installation_serves_every_checkout(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = _pip(monkeypatch, 0)
    assert consumers.ensure_consumers(checkout) and consumers.ensure_consumers(_checkout(tmp_path / "two"))
    assert len(targets) == 1 and not targets[0].exists()
    assert [path.name for path in consumers.consumers_home(checkout).iterdir()] == ["datasets.py"]


def test_a_failed_installation_is_told_and_leaves_nothing(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _pip(monkeypatch, 1)
    assert not consumers.ensure_consumers(checkout)
    assert "check the network" in capsys.readouterr().out
    assert list(consumers.consumers_home(checkout).parent.iterdir()) == []
