from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.infra import logging as wardnote_logging
from app.infra.paths import Paths
from tests.helpers.logs import ExpectedLogs


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    level = logging.getLogger().level
    yield Paths(tmp_path / "data", tmp_path / "cache")
    wardnote_logging.shutdown()
    logging.getLogger().setLevel(level)


def log_text(paths: Paths) -> str:
    return (paths.logs / wardnote_logging.LOG_FILE).read_text(encoding="utf-8")


def test_an_exceptions_message_is_not_logged(
    paths: Paths, capsys: pytest.CaptureFixture[str], expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect(r"ERROR app.test: a save failed")
    wardnote_logging.configure(paths, verbose=True)
    try:
        try:
            raise KeyError("张某 胸痛3小时")
        except KeyError as error:
            raise ValueError("住院号 12345") from error
    except ValueError:
        logging.getLogger("app.test").exception("a save failed")
    written = log_text(paths)
    assert "builtins.ValueError" in written
    assert "builtins.KeyError" in written
    assert "test_logging.py" in written
    for text in (written, capsys.readouterr().err):
        assert "张某" not in text
        assert "12345" not in text


def test_times_carry_their_offset(paths: Paths) -> None:
    wardnote_logging.configure(paths, verbose=False)
    logging.getLogger("app.test").info("started")
    first = log_text(paths).splitlines()[0]
    assert first.split()[0][-6] in "+-"
    assert "INFO" in first


def test_only_warnings_reach_stderr_unless_verbose(
    paths: Paths, capsys: pytest.CaptureFixture[str], expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect(r"WARNING app.test: loud")
    wardnote_logging.configure(paths, verbose=False)
    logging.getLogger("app.test").info("quiet")
    logging.getLogger("app.test").warning("loud")
    err = capsys.readouterr().err
    assert "loud" in err
    assert "quiet" not in err


def test_a_second_call_replaces_the_first(paths: Paths, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect(r"WARNING app.test: once")
    before = len(logging.getLogger().handlers)
    wardnote_logging.configure(paths, verbose=False)
    wardnote_logging.configure(paths, verbose=False)
    assert len(logging.getLogger().handlers) == before + 2
    logging.getLogger("app.test").warning("once")
    assert log_text(paths).count("once") == 1


def test_a_folder_that_cannot_be_made_leaves_stderr(
    paths: Paths, capsys: pytest.CaptureFixture[str], expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect(r"WARNING app.infra.logging: no log file")
    expected_logs.expect(r"WARNING app.test: still heard")
    paths.data_dir.parent.mkdir(parents=True, exist_ok=True)
    paths.data_dir.write_text("a file where the folder should be")
    wardnote_logging.configure(paths, verbose=False)
    logging.getLogger("app.test").warning("still heard")
    assert "still heard" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_silences_the_log_and_ends_no_command(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    paths.logs.mkdir(parents=True)
    (paths.logs / wardnote_logging.LOG_FILE).symlink_to("/dev/full")
    wardnote_logging.configure(paths, verbose=False)
    logging.getLogger("app.test").info("a line")
    wardnote_logging.shutdown()
    assert capsys.readouterr().err == ""
