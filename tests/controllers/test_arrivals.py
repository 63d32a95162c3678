"""A stay or link that the desktop hands over: read, asked for, stored only then, and opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.controllers.arrivals import MAX_BYTES, ArrivalController, linked_mrn
from app.core.errors import UsageFault
from app.infra.resources import resource_path
from app.ui.ward.arrival import ArrivalQuestion, described
from app.workers.storage_thread import StorageThread
from tests.helpers.stays import sample_stays
from tests.helpers.storage import ask, storage

__all__ = ["storage"]
STAY = sample_stays()[0].stay
FILE = min(resource_path("samples", "stays").iterdir())


@pytest.fixture
def arrivals(storage: StorageThread) -> ArrivalController:
    return ArrivalController(storage, "测试医生")


def encounters(qtbot: QtBot, storage: StorageThread) -> list[str]:
    return ask(
        qtbot, storage, lambda repositories: [one.encounter.encounter_id for one in repositories.encounters.summaries()]
    )


def test_a_file_is_read_and_stored_only_when_it_is_taken(
    qtbot: QtBot, storage: StorageThread, arrivals: ArrivalController, tmp_path: Path
) -> None:
    path = tmp_path / "一次 住院.wardnote"
    path.write_bytes(FILE.read_bytes())
    with qtbot.waitSignal(arrivals.stay_read) as read:
        arrivals.open(str(path))
    assert encounters(qtbot, storage) == []
    with qtbot.waitSignal(arrivals.found) as found:
        arrivals.take(read.args[0])
    assert encounters(qtbot, storage) == found.args
    with qtbot.waitSignal(arrivals.failed) as failed:
        arrivals.take(read.args[0])
    assert "已在库中" in failed.args[0]


def test_a_link_opens_the_patient_with_that_number(
    qtbot: QtBot, storage: StorageThread, arrivals: ArrivalController
) -> None:
    with qtbot.waitSignal(arrivals.found) as stored:
        arrivals.take(STAY)
    with qtbot.waitSignal(arrivals.found) as found:
        arrivals.open(f"wardnote://patient/{STAY.patient.mrn}")
    assert found.args == stored.args
    with qtbot.waitSignal(arrivals.failed) as failed:
        arrivals.open("wardnote://patient/NOBODY")
    assert failed.args == ["链接中的住院号不在患者列表中。"]


@pytest.mark.parametrize("link", ["wardnote://", "wardnote://patient/", "wardnote://delete/1", "wardnote:patient/1"])
def test_other_links_are_refused(link: str) -> None:
    with pytest.raises(UsageFault, match="链接不认识"):
        linked_mrn(link)
    assert linked_mrn("wardnote://patient/%E4%BD%8F1/") == "住1"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "无法读取"), (b"\xff\xfe", "不是 UTF-8"), (b"{", "不是有效的 JSON"), (b" " * (MAX_BYTES + 1), "过大")],
    ids=["missing", "binary", "broken", "huge"],
)
def test_what_is_no_stay_has_its_sentence(
    qtbot: QtBot, arrivals: ArrivalController, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "x.wardnote"
    if content is not None:
        path.write_bytes(content)
    with qtbot.waitSignal(arrivals.failed) as failed:
        arrivals.open(str(path))
    assert sentence in failed.args[0]


@pytest.mark.parametrize(("button", "stored"), [("导入", 1), ("取消", 0)])
def test_the_question_says_whose_stay_it_is_and_is_obeyed(
    qtbot: QtBot, storage: StorageThread, arrivals: ArrivalController, button: str, stored: int
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    ArrivalQuestion(arrivals, window)
    with qtbot.waitSignal(arrivals.stay_read):
        arrivals.open(str(FILE))
    (box,) = window.findChildren(QMessageBox)
    assert described(STAY) in box.text()
    assert f"{STAY.patient.bed}床" in box.text()
    (pressed,) = (one for one in box.findChildren(QPushButton) if one.text() == button)
    pressed.click()
    qtbot.waitUntil(lambda: len(encounters(qtbot, storage)) == stored)
