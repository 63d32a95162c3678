import os
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile, QProcess
from pytestqt.qtbot import QtBot

from app.core.errors import EnvironmentFault
from app.ui.single_instance import LOCK_FILE, SingleInstance

SECOND = """
import os
import sys
import time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.ui.single_instance import SingleInstance
application = QCoreApplication([])
instance = SingleInstance(Path(sys.argv[1]))
sys.exit(1 if instance.claim() else 0 if instance.ask_first(*sys.argv[2:]) else 2)
"""


@pytest.fixture
def second(qtbot: QtBot, tmp_path: Path) -> QProcess:
    process = QProcess()
    process.setProgram(sys.executable)
    process.setArguments(["-c", SECOND, str(tmp_path)])
    process.setWorkingDirectory(str(Path(__file__).resolve().parents[2]))
    return process


def test_a_second_start_asks_the_first_to_come_forward(qtbot: QtBot, tmp_path: Path, second: QProcess) -> None:
    first = SingleInstance(tmp_path)
    assert first.claim()
    with qtbot.waitSignals([first.raise_wanted, second.finished], timeout=20_000):
        second.start()
    assert second.exitCode() == 0
    first.release()


def test_a_window_that_is_open_for_hours_keeps_its_folder(qtbot: QtBot, tmp_path: Path, second: QProcess) -> None:
    first = SingleInstance(tmp_path)
    assert first.claim()
    long_ago = time.time() - 36_000
    os.utime(tmp_path / LOCK_FILE, (long_ago, long_ago))
    with qtbot.waitSignals([first.raise_wanted, second.finished], timeout=20_000):
        second.start()
    assert second.exitCode() == 0
    first.release()


def test_a_released_folder_can_be_claimed_again(qtbot: QtBot, tmp_path: Path, second: QProcess) -> None:
    first = SingleInstance(tmp_path)
    assert first.claim()
    first.release()
    with qtbot.waitSignal(second.finished, timeout=20_000):
        second.start()
    assert second.exitCode() == 1


def test_the_lock_of_a_killed_program_is_no_hindrance(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("999999999\nwardnote\n\n", encoding="utf-8")
    first = SingleInstance(tmp_path)
    assert first.claim()
    first.release()


def test_other_data_folders_have_windows_of_their_own(qtbot: QtBot, tmp_path: Path) -> None:
    one, other = SingleInstance(tmp_path / "a"), SingleInstance(tmp_path / "b")
    assert one.claim()
    assert other.claim()
    one.release()
    other.release()


def test_a_folder_that_cannot_be_made_is_a_clear_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="无法建立数据文件夹"):
        SingleInstance(tmp_path / "file" / "data")


def test_a_second_start_hands_over_what_it_was_asked_to_open(qtbot: QtBot, tmp_path: Path, second: QProcess) -> None:
    first = SingleInstance(tmp_path)
    assert first.claim()
    second.setArguments([*second.arguments(), "/media/盘 1/住院.wardnote"])
    opened: list[str] = []
    first.open_wanted.connect(opened.append)
    with qtbot.waitSignals([first.raise_wanted, second.finished], timeout=20_000):
        second.start()
    assert second.exitCode() == 0
    assert opened == ["/media/盘 1/住院.wardnote"]
    first.release()


def test_a_lock_of_a_killed_process_with_the_same_id_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where nothing but the id tells who made the lock."""
    left = QLockFile(str(tmp_path / LOCK_FILE))
    assert left.tryLock(0)
    removed = []

    def remove(lock: QLockFile) -> bool:
        removed.append(lock)
        left.unlock()
        return True

    monkeypatch.setattr(QLockFile, "removeStaleLockFile", remove)
    again = SingleInstance(tmp_path)
    assert again.claim()
    assert len(removed) == 1
    again.release()
