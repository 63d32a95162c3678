from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import checks
from app.cli.checks import Check, Finding, all_checks
from app.core.errors import EnvironmentFault
from app.inference.engines.scripted import FaultKind, Script
from app.infra.paths import Paths
from tests.helpers.logs import ExpectedLogs
from tests.helpers.scripted_catalog import add_scripted_models


@pytest.fixture
def findings(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Finding]:
    """All findings for one good and one crashing model; of the packages only the quick ones are imported."""
    monkeypatch.setenv("WARDNOTE_ALLOW_SCRIPTED", "1")
    monkeypatch.setattr(checks, "PACKAGES", {"markdown": "markdown", "nh3": "nh3.absent"})
    scripts = {"good": Script("答"), "bad": Script("答", fault=FaultKind.EXIT)}
    add_scripted_models(data_dir, scripts)
    return {check.name: check.run() for check in all_checks(Paths.resolve(data_dir), "auto")}


def test_what_is_well_and_what_is_not(findings: dict[str, Finding]) -> None:
    assert [name for name, finding in findings.items() if not finding.ok] == ["import nh3", "generation bad"]
    assert {"import markdown", "fonts", "resources", "database", "files good", "files bad", "generation good"} < set(
        findings
    )
    assert "nh3.absent" in findings["import nh3"].sentence
    assert all(finding.sentence.endswith(("。", "）", "！")) for finding in findings.values())


def test_the_policy_in_force_is_named(data_dir: Path) -> None:
    def look() -> Finding:
        return next(check for check in all_checks(Paths.resolve(data_dir), "auto") if check.name == "policy").run()

    assert look().ok and "没有策略文件" in look().sentence
    data_dir.mkdir()
    (data_dir / "policy.toml").write_text('[window]\ntheme = "dark"\n[feedback]\nexport = false\n', encoding="utf-8")
    assert look().ok and "feedback.export = false；window.theme = dark" in look().sentence
    (data_dir / "policy.toml").write_text('[window]\ntheme = "blue"\n', encoding="utf-8")
    assert not look().ok and "第 2 行" in look().sentence


def test_windows_is_asked_for_its_fonts_where_qt_sees_them() -> None:
    """Qt's `offscreen` knows no font of Windows: every PC there was told to install a Chinese one."""
    assert checks.font_platform("win32") == "windows"
    assert checks.font_platform("linux") == "offscreen"


def test_no_model_is_a_finding(data_dir: Path) -> None:
    *_, last = all_checks(Paths.resolve(data_dir), "auto")
    assert last.name == "models"
    assert not last.run().ok and "wardnote models" in last.run().sentence


def test_a_bug_in_a_check_is_a_finding(expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("ERROR app.cli.checks: a check failed")

    def bug() -> str:
        raise ValueError("张三")

    finding = Check("x", bug).run()
    assert not finding.ok and "ValueError" in finding.sentence and "张三" not in finding.sentence


def test_a_fault_speaks_for_itself() -> None:
    def refuse() -> str:
        raise EnvironmentFault("没有字体。")

    assert Check("x", refuse).run() == Finding("x", False, "没有字体。")
