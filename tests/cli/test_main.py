from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import app
from app.cli import db
from app.cli.main import make_parser, run
from app.core.errors import DatabaseFault, EnvironmentFault, UsageFault
from app.infra.interrupts import interruptible
from app.infra.paths import Paths
from tests.helpers.logs import ExpectedLogs


def no_window(paths: Paths, arguments: argparse.Namespace) -> int:
    raise AssertionError("no window was asked for")


def raising(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def command(arguments: argparse.Namespace) -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageFault("字段为空。"), 2),
        (EnvironmentFault("磁盘已满。"), 3),
        (DatabaseFault("数据库被占用。"), 3),
        (KeyboardInterrupt(), 3),
    ],
)
def test_faults_are_one_sentence_and_their_exit_code(
    error: BaseException, code: int, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(db, "_check", raising(error))
    assert run(["db", "check", "--data-dir", str(data_dir)], no_window) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"{str(error) or '已中断。'}\n"


def test_a_signal_that_came_inside_of_c_code_is_no_bug(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], expected_logs: ExpectedLogs
) -> None:
    def interrupted(_: object) -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        raise SystemError("returned a result with an exception set")

    monkeypatch.setattr(db, "_check", interrupted)
    with interruptible():
        assert run(["db", "check", "--data-dir", str(data_dir)], no_window) == 3
    assert capsys.readouterr().err == "已中断。\n"
    expected_logs.expect("ERROR app.cli.main: a command failed")
    monkeypatch.setattr(db, "_check", raising(SystemError("of its own")))
    assert run(["db", "check", "--data-dir", str(data_dir)], no_window) == 1


def test_a_bug_is_logged_without_its_words(
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    expected_logs: ExpectedLogs,
) -> None:
    expected_logs.expect("ERROR app.cli.main: a command failed")
    monkeypatch.setattr(db, "_check", raising(ValueError("患者张三胸痛")))
    assert run(["db", "check", "--data-dir", str(data_dir)], no_window) == 1
    printed = capsys.readouterr()
    logged = (data_dir / "logs" / "wardnote.log").read_text(encoding="utf-8")
    assert "程序内部出错（ValueError）" in printed.err
    assert "test_main.py" in logged and "ValueError" in logged
    assert "张三" not in printed.err + logged


def test_without_a_command_the_window_opens(data_dir: Path) -> None:
    opened: list[tuple[Path, str]] = []

    def window(paths: Paths, arguments: argparse.Namespace) -> int:
        opened.append((paths.data_dir, arguments.engine))
        return 7

    assert run(["--data-dir", str(data_dir), "--engine", "bigdl"], window) == 7
    assert opened == [(data_dir, "bigdl")]


@pytest.mark.parametrize("arguments", ["--data-dir X suggest --case c", "suggest --case c --data-dir X"])
def test_common_options_stand_before_or_after_the_command(arguments: str) -> None:
    namespace = make_parser().parse_args(arguments.split())
    assert (namespace.data_dir, namespace.json, namespace.engine) == (Path("X"), False, "auto")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "不能是“nonsense”"),
        (["suggest"], "缺少必需的参数：--case"),
        (["suggest", "--case"], "--case 后面缺少内容"),
        (["suggest", "--case", "a", "--engine", "gpu"], "--engine 不能是“gpu”"),
        (["db"], "缺少必需的参数：操作"),
        (["self-test", "--fast"], "不认识的参数：--fast"),
        (["suggest", "--cas", "a"], "--case"),
        (["models", "list", "--data-dir", ""], "--data-dir 的值"),
    ],
)
def test_wrong_arguments_are_one_chinese_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(arguments, no_window)
    printed = capsys.readouterr()
    assert caught.value.code == 2
    assert words in printed.err and len(printed.err.splitlines()) == 1 and not printed.out


def test_the_version_and_the_help_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["--version"], app.__version__),
        (["--help"], "用法：wardnote"),
        (["suggest", "-h"], "CASE.json"),
    ):
        with pytest.raises(SystemExit) as caught:
            run(arguments, no_window)
        assert caught.value.code == 0
        assert words in capsys.readouterr().out


def test_the_hospitals_data_folder_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy.toml"
    monkeypatch.setattr("app.settings.policy.system_policy", lambda: policy)
    opened: list[Path] = []

    def open_window(paths: Paths, arguments: argparse.Namespace) -> int:
        opened.append(paths.data_dir)
        return 0

    policy.write_text('[data]\nfolder = "ward"\n', encoding="utf-8")
    assert run([], open_window) == 0
    assert opened == [tmp_path / "ward"]


def test_a_wrong_policy_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.toml"
    monkeypatch.setattr("app.settings.policy.system_policy", lambda: policy)
    policy.write_text("[data]\nfolder = 3\n", encoding="utf-8")
    shown: list[str] = []
    assert run([], lambda paths, arguments: 0, shown.append) == 3
    assert len(shown) == 1 and "data.folder" in shown[0], "who double-clicks reads no terminal"
    assert run(["models", "list"], lambda paths, arguments: 0, shown.append) == 3 and len(shown) == 1
    assert "第 2 行：data.folder 不能是 3，可以是：" in capsys.readouterr().err
