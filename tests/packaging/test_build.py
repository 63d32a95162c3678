"""packaging/build.py: what it is told, what dates its files, and the parts that build nothing large."""

from __future__ import annotations

import subprocess
from importlib import import_module
from pathlib import Path

import build
import pytest
from installers import product, sums
from installers.plan import Plan
from installers.targets import TARGETS
from provision.interpreter import ROOT, SetupFault

import app


def test_every_target_has_a_module_that_builds_it() -> None:
    for target in TARGETS.values():
        assert callable(import_module(target.module).build)


def test_the_version_is_the_programs() -> None:
    assert product.version(ROOT) == app.__version__
    assert product.four_part("1.2.3") == "1.2.3.0"


def test_a_target_that_is_not_known_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        build.main(["amiga"])
    assert stop.value.code == 2
    assert "sums" in capsys.readouterr().err


def test_the_given_date_is_taken_and_else_the_last_commits(tmp_path: Path) -> None:
    assert Plan.of(ROOT, tmp_path, {"SOURCE_DATE_EPOCH": "1700000000"}).epoch == 1_700_000_000
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text('__version__ = "1.2.3"\n')
    with pytest.raises(SetupFault, match="SOURCE_DATE_EPOCH"):
        Plan.of(tmp_path, tmp_path, {})
    with pytest.raises(SetupFault, match="yesterday"):
        Plan.of(tmp_path, tmp_path, {"SOURCE_DATE_EPOCH": "yesterday"})


def test_the_sums_are_what_sha256sum_checks(tmp_path: Path) -> None:
    plan = Plan.of(ROOT, tmp_path, {"SOURCE_DATE_EPOCH": "1"})
    with pytest.raises(SetupFault, match="nothing"):
        sums.build(plan)
    for name in ("b.deb", "a 病.run"):
        (tmp_path / name).write_text(name)
    for _again in range(2):
        (built,) = sums.build(plan)
        assert built.read_text(encoding="utf-8").count("\n") == 2
    subprocess.run(["sha256sum", "--check", "--strict", built.name], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "b.deb").write_text("other")
    assert subprocess.run(["sha256sum", "-c", built.name], cwd=tmp_path, capture_output=True).returncode != 0
