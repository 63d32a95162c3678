"""Which data folder is opened: given, decided by the hospital, chosen at the first start, or the usual one."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import EnvironmentFault, PolicyFault
from app.settings import location
from app.settings.location import choose_folder, chosen_folder, locate


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of this computer's policy; nothing is there yet."""
    path = tmp_path / "policy.toml"
    monkeypatch.setattr("app.settings.policy.system_policy", lambda: path)
    return path


def test_the_usual_one_where_nobody_chose(policy: Path) -> None:
    assert locate(None) is None


def test_given_goes_before_the_hospitals_and_that_before_the_users(policy: Path, tmp_path: Path) -> None:
    choose_folder(tmp_path / "我的 数据")
    assert locate(None) == tmp_path / "我的 数据"
    policy.write_text('[data]\nfolder = "ward"\n', encoding="utf-8")
    assert locate(None) == tmp_path / "ward"
    assert locate(tmp_path / "given") == tmp_path / "given"


def test_a_policy_that_is_not_understood_opens_no_folder(policy: Path) -> None:
    policy.write_text("[data\n", encoding="utf-8")
    with pytest.raises(PolicyFault):
        locate(None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"folder": 3}', '{"folder": ""}'])
def test_a_damaged_choice_is_none(policy: Path, tmp_path: Path, text: str) -> None:
    choose_folder(tmp_path)
    location._choice().write_text(text, encoding="utf-8")
    assert chosen_folder() is None


def test_a_choice_that_cannot_be_kept_is_said(policy: Path, tmp_path: Path) -> None:
    location._choice().parent.parent.mkdir(parents=True)
    location._choice().parent.write_text("a file")
    with pytest.raises(EnvironmentFault, match="无法记住数据文件夹的位置"):
        choose_folder(tmp_path)


def test_a_file_is_no_data_folder(policy: Path, tmp_path: Path) -> None:
    (tmp_path / "case.json").touch()
    with pytest.raises(EnvironmentFault, match="是一个文件"):
        locate(tmp_path / "case.json")
