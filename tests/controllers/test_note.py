from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.note import (
    EncounterSummary,
    NoteController,
    NoteVersion,
    OpenNote,
    SaveTiming,
    VersionReason,
)
from app.core.backfill import Decision, check_backfill
from app.core.entities import Sex
from app.core.errors import UsageFault
from app.core.events import Vote
from app.core.notes import Note, input_hash
from app.core.runs import Binding
from app.storage.repositories import Repositories
from app.workers.storage_thread import StorageThread
from tests.helpers.logs import ExpectedLogs
from tests.helpers.records import DOCTOR, a_full_comparison, a_stay, a_vote
from tests.helpers.storage import allow_pages, ask, storage

__all__ = ["storage"]

QUICK = SaveTiming(after_last_key=20, at_most=100, first_retry=20, longest_retry=40)
NEVER = SaveTiming(after_last_key=3_600_000, at_most=3_600_000, first_retry=3_600_000, longest_retry=3_600_000)


@pytest.fixture
def controller(storage: StorageThread) -> Iterator[NoteController]:
    made = NoteController(storage, DOCTOR, QUICK)
    yield made
    made.close()


@pytest.fixture
def patient_one(storage: StorageThread, qtbot: QtBot) -> Binding:
    return ask(qtbot, storage, lambda repositories: a_stay(repositories, "测试甲", "1床"))


@pytest.fixture
def patient_two(storage: StorageThread, qtbot: QtBot) -> Binding:
    return ask(qtbot, storage, lambda repositories: a_stay(repositories, "测试乙", "2床"))


def opened(qtbot: QtBot, controller: NoteController, binding: Binding) -> OpenNote:
    with qtbot.waitSignal(controller.opened) as signal:
        controller.open(binding.encounter_id)
    assert signal.args is not None
    open_note: OpenNote = signal.args[0]
    return open_note


def stored(qtbot: QtBot, storage: StorageThread, binding: Binding) -> Note:
    return ask(qtbot, storage, lambda repositories: repositories.notes.get(binding.note_id))


def bound(qtbot: QtBot, controller: NoteController) -> Binding:
    answers: list[Binding] = []
    controller.request_binding(answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    return answers[0]


def test_the_list_comes_by_bed(
    controller: NoteController, patient_two: Binding, patient_one: Binding, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(controller.encounters_changed) as signal:
        controller.refresh()
    assert signal.args is not None
    summaries: tuple[EncounterSummary, ...] = signal.args[0]
    assert [summary.patient.name for summary in summaries] == ["测试甲", "测试乙"]


def test_opening_shows_the_note_its_comparisons_and_votes(
    controller: NoteController, storage: StorageThread, patient_one: Binding, qtbot: QtBot
) -> None:
    def past(repositories: Repositories) -> Any:
        comparison = a_full_comparison(repositories, patient_one)
        repositories.feedback.append(a_vote(comparison[1][0].run.run_id, Vote.UP))
        return comparison

    comparison = ask(qtbot, storage, past)
    open_note = opened(qtbot, controller, patient_one)
    assert open_note.patient.name == "测试甲"
    assert open_note.note.note_id == patient_one.note_id
    assert open_note.comparisons == (comparison,)
    assert open_note.votes == {comparison[1][0].run.run_id: Vote.UP}


def test_an_unknown_encounter_is_told(controller: NoteController, qtbot: QtBot, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("storage work failed")
    with qtbot.waitSignal(controller.load_failed):
        controller.open("nobody")
    assert controller.open_note is None


def test_typing_is_saved_soon_after_the_last_key(
    controller: NoteController, storage: StorageThread, patient_one: Binding, qtbot: QtBot
) -> None:
    opened(qtbot, controller, patient_one)
    with qtbot.waitSignal(controller.saved) as signal:
        for length in range(1, 5):
            controller.edit("plan", "监护吸氧"[:length])
    assert signal.args is not None
    assert signal.args[:2] == [patient_one.note_id, 0]
    assert stored(qtbot, storage, patient_one).sections["plan"] == "监护吸氧"
    assert not controller.unsaved


def test_typing_without_a_pause_is_saved_at_the_latest(
    storage: StorageThread, patient_one: Binding, qtbot: QtBot
) -> None:
    controller = NoteController(storage, DOCTOR, SaveTiming(after_last_key=3_600_000, at_most=50))
    opened(qtbot, controller, patient_one)
    with qtbot.waitSignal(controller.saved):
        controller.edit("plan", "监护")
    controller.close()


def test_text_that_does_not_change_is_not_saved(controller: NoteController, patient_one: Binding, qtbot: QtBot) -> None:
    opened(qtbot, controller, patient_one)
    controller.edit("plan", "")
    assert not controller.unsaved
    with qtbot.assertNotEmitted(controller.saved, wait=60):
        controller.flush()


def test_an_unknown_section_is_a_bug(controller: NoteController, patient_one: Binding, qtbot: QtBot) -> None:
    opened(qtbot, controller, patient_one)
    with pytest.raises(KeyError):
        controller.edit("nonsense", "x")


def test_editing_with_nothing_open_is_a_bug(controller: NoteController) -> None:
    with pytest.raises(RuntimeError):
        controller.edit("plan", "x")


def test_opening_another_note_saves_the_first(
    storage: StorageThread, patient_one: Binding, patient_two: Binding, qtbot: QtBot
) -> None:
    controller = NoteController(storage, DOCTOR, NEVER)
    opened(qtbot, controller, patient_one)
    controller.edit("plan", "甲的计划")
    controller.open(patient_two.encounter_id)
    controller.edit("plan", "甲的计划，切换途中又写")
    qtbot.waitSignal(controller.opened).wait()
    assert controller.open_note is not None
    assert controller.open_note.note.note_id == patient_two.note_id
    controller.edit("plan", "乙的计划")
    controller.flush()
    assert stored(qtbot, storage, patient_one).sections["plan"] == "甲的计划，切换途中又写"
    assert stored(qtbot, storage, patient_two).sections["plan"] == "乙的计划"
    controller.close()


def test_late_saves_of_the_note_before_are_not_shown(
    storage: StorageThread, patient_one: Binding, patient_two: Binding, qtbot: QtBot
) -> None:
    controller = NoteController(storage, DOCTOR, NEVER)
    shown: list[str] = []
    controller.saved.connect(lambda note_id, version, at: shown.append(note_id))
    opened(qtbot, controller, patient_one)
    controller.open(patient_two.encounter_id)
    controller.edit("plan", "甲，在切换完成前写下")
    qtbot.waitSignal(controller.opened).wait()
    assert stored(qtbot, storage, patient_one).sections["plan"] == "甲，在切换完成前写下"
    assert shown == []
    controller.close()


def test_the_last_opened_encounter_wins(
    controller: NoteController, patient_one: Binding, patient_two: Binding, qtbot: QtBot
) -> None:
    seen: list[str] = []
    controller.opened.connect(lambda open_note: seen.append(open_note.note.note_id))
    controller.open(patient_one.encounter_id)
    controller.open(patient_two.encounter_id)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [patient_two.note_id]


def test_a_note_opened_again_has_what_was_typed(
    storage: StorageThread, patient_one: Binding, patient_two: Binding, qtbot: QtBot
) -> None:
    controller = NoteController(storage, DOCTOR, NEVER)
    opened(qtbot, controller, patient_one)
    controller.edit("plan", "监护")
    opened(qtbot, controller, patient_two)
    assert opened(qtbot, controller, patient_one).note.sections["plan"] == "监护"
    controller.close()


def test_a_binding_names_a_kept_version_of_the_input(
    controller: NoteController, storage: StorageThread, patient_one: Binding, qtbot: QtBot
) -> None:
    opened(qtbot, controller, patient_one)
    controller.edit("chief_complaint", "胸痛3小时")
    controller.edit("case_features", "男，65岁")
    binding = bound(qtbot, controller)
    assert binding == Binding(
        patient_one.patient_id,
        patient_one.encounter_id,
        patient_one.note_id,
        1,
        input_hash("胸痛3小时", "男，65岁"),
    )
    (version,) = ask(qtbot, storage, lambda repositories: repositories.notes.versions(binding.note_id))
    assert version.reason is VersionReason.COMPARISON
    assert version.actor == DOCTOR
    assert controller.binding == binding


def test_a_later_change_of_the_input_makes_the_binding_stale(
    controller: NoteController, patient_one: Binding, patient_two: Binding, qtbot: QtBot
) -> None:
    opened(qtbot, controller, patient_one)
    controller.edit("chief_complaint", "胸痛3小时")
    binding = bound(qtbot, controller)
    controller.edit("plan", "监护")
    assert controller.binding is not None
    assert check_backfill(binding, controller.binding).decision is Decision.ALLOWED
    controller.edit("chief_complaint", "胸痛3天")
    assert check_backfill(binding, controller.binding).decision is Decision.ASK
    opened(qtbot, controller, patient_two)
    assert check_backfill(binding, controller.binding).decision is Decision.REFUSED


def test_no_binding_comes_after_another_note_was_opened(
    controller: NoteController, patient_one: Binding, patient_two: Binding, qtbot: QtBot
) -> None:
    opened(qtbot, controller, patient_one)
    answers: list[Binding] = []
    controller.open(patient_two.encounter_id)
    controller.request_binding(answers.append)
    qtbot.waitUntil(
        lambda: controller.open_note is not None and controller.open_note.note.note_id == patient_two.note_id
    )
    assert bound(qtbot, controller).note_id == patient_two.note_id
    assert answers == []


def test_checkpoints_keep_their_reason(
    controller: NoteController, storage: StorageThread, patient_one: Binding, qtbot: QtBot
) -> None:
    opened(qtbot, controller, patient_one)
    for text, reason in (("一", VersionReason.SAVED), ("二", VersionReason.BACKFILL)):
        controller.edit("differential", text)
        with qtbot.waitSignal(controller.saved):
            controller.checkpoint(reason)
    versions = ask(qtbot, storage, lambda repositories: repositories.notes.versions(patient_one.note_id))
    assert [(version.version, version.reason.value) for version in versions] == [(1, "saved"), (2, "backfill")]


def test_kept_versions_are_listed_newest_first_and_read(
    controller: NoteController, patient_one: Binding, qtbot: QtBot
) -> None:
    opened(qtbot, controller, patient_one)
    numbers: list[int] = []
    for text in ("一", "二", "二"):
        controller.edit("plan", text)
        controller.checkpoint(VersionReason.SAVED, numbers.append)
    controller.edit("plan", "三")
    listed: list[tuple[NoteVersion, ...]] = []
    read: list[tuple[Mapping[str, str], ...]] = []
    controller.list_versions(listed.append)
    controller.read_versions((2, 1), read.append)
    qtbot.waitUntil(lambda: bool(read))
    assert numbers == [1, 2, 2]
    assert [(version.version, version.actor) for version in listed[0]] == [(2, DOCTOR), (1, DOCTOR)]
    assert [sections["plan"] for sections in read[0]] == ["二", "一"]


def test_versions_of_a_note_that_was_left_are_not_told(
    controller: NoteController, patient_one: Binding, patient_two: Binding, qtbot: QtBot
) -> None:
    opened(qtbot, controller, patient_one)
    controller.checkpoint()
    answers: list[object] = []
    controller.open(patient_two.encounter_id)
    controller.list_versions(answers.append)
    controller.read_versions((1,), answers.append)
    qtbot.waitUntil(lambda: controller.binding is not None and controller.binding.note_id == patient_two.note_id)
    bound(qtbot, controller)
    assert answers == []


def test_a_version_that_cannot_be_stored_is_not_told_as_kept(
    controller: NoteController,
    storage: StorageThread,
    patient_one: Binding,
    qtbot: QtBot,
    expected_logs: ExpectedLogs,
) -> None:
    expected_logs.expect("SQLITE_FULL")
    opened(qtbot, controller, patient_one)
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 0))
    controller.edit("plan", "长" * 60_000)
    numbers: list[int] = []
    with qtbot.waitSignal(controller.save_failed):
        controller.checkpoint(VersionReason.SAVED, numbers.append)
    assert numbers == []
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 10_000))


def test_a_full_disk_is_told_and_the_text_is_saved_once_there_is_room(
    controller: NoteController,
    storage: StorageThread,
    patient_one: Binding,
    qtbot: QtBot,
    expected_logs: ExpectedLogs,
) -> None:
    expected_logs.expect("database fault: SQLITE_FULL")
    opened(qtbot, controller, patient_one)
    text = "长" * 50_000
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 0))
    with qtbot.waitSignal(controller.save_failed) as signal:
        controller.edit("plan", text)
    assert signal.args is not None
    assert "磁盘已满" in signal.args[0]
    assert controller.unsaved
    assert controller.open_note is not None
    assert controller.open_note.note.sections["plan"] == text
    with qtbot.waitSignal(controller.saved):
        storage.submit(lambda repositories: allow_pages(repositories, 1000), lambda _: None, pytest.fail)
    assert stored(qtbot, storage, patient_one).sections["plan"] == text
    assert not controller.unsaved


def test_a_note_left_unsaved_keeps_its_text_until_it_is_saved(
    controller: NoteController,
    storage: StorageThread,
    patient_one: Binding,
    patient_two: Binding,
    qtbot: QtBot,
    expected_logs: ExpectedLogs,
) -> None:
    expected_logs.expect("database fault: SQLITE_FULL")
    opened(qtbot, controller, patient_one)
    text = "长" * 50_000
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 0))
    with qtbot.waitSignal(controller.save_failed):
        controller.edit("plan", text)
    opened(qtbot, controller, patient_two)
    with qtbot.waitSignal(controller.save_failed) as signal:
        controller.flush()
    assert signal.args is not None
    assert "刚才离开" in signal.args[0]
    assert opened(qtbot, controller, patient_one).note.sections["plan"] == text
    opened(qtbot, controller, patient_two)
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 1000))
    qtbot.waitUntil(lambda: not controller.unsaved)
    assert stored(qtbot, storage, patient_one).sections["plan"] == text


def test_a_binding_comes_even_if_its_version_cannot_be_stored(
    controller: NoteController,
    storage: StorageThread,
    patient_one: Binding,
    qtbot: QtBot,
    expected_logs: ExpectedLogs,
) -> None:
    expected_logs.expect("database fault: SQLITE_FULL")
    opened(qtbot, controller, patient_one)
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 0))
    controller.edit("case_features", "长" * 50_000)
    with qtbot.waitSignal(controller.save_failed):
        binding = bound(qtbot, controller)
    assert binding.note_version == 0
    assert binding.input_hash == input_hash("", "长" * 50_000)
    ask(qtbot, storage, lambda repositories: allow_pages(repositories, 1000))


def test_closing_saves_what_is_left(tmp_path: Any, storage: StorageThread, patient_one: Binding, qtbot: QtBot) -> None:
    controller = NoteController(storage, DOCTOR, NEVER)
    opened(qtbot, controller, patient_one)
    controller.edit("plan", "最后一句")
    controller.close()
    assert stored(qtbot, storage, patient_one).sections["plan"] == "最后一句"


def test_what_is_still_being_read_at_the_end_is_not_opened(
    storage: StorageThread, patient_one: Binding, patient_two: Binding, qtbot: QtBot
) -> None:
    controller = NoteController(storage, DOCTOR, NEVER)
    opened(qtbot, controller, patient_one)
    controller.open(patient_two.encounter_id)
    controller.close()
    ask(qtbot, storage, lambda repositories: None)
    assert controller.binding is not None
    assert controller.binding.note_id == patient_one.note_id


def test_a_new_patient_can_be_opened_at_once(controller: NoteController, qtbot: QtBot) -> None:
    with qtbot.waitSignals([controller.encounters_changed, controller.opened]):
        encounter_id = controller.add_encounter(
            name=" 测试丙 ", sex=Sex.FEMALE, age="30岁", bed="5床", mrn="ZY5", department="妇科", ward="一病区"
        )
        controller.open(encounter_id)
    assert controller.open_note is not None
    assert controller.open_note.patient.name == "测试丙"


def test_a_patient_needs_a_name(controller: NoteController) -> None:
    with pytest.raises(UsageFault, match="姓名"):
        controller.add_encounter(name=" ", sex=Sex.UNKNOWN, age="", bed="", mrn="", department="", ward="")
