"""What is asked at the first start: what the hospital left open, and on a later start what was not come to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.first_start import FirstStartController, Plan, Step, plan_for, planned
from app.infra.paths import Paths
from app.settings.data_folder import Examined
from app.settings.file import Settings, SettingsFile
from app.settings.location import chosen_folder
from app.settings.policy import Policy
from app.storage.database import Database
from app.storage.encryption import DatabaseKind, kind_of
from app.storage.key_store import KeyStore

ALL = frozenset(Step)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "data").mkdir()
    return Paths(tmp_path / "data", tmp_path / "cache")


def policy(**values: object) -> Policy:
    return Policy({name.replace("__", "."): value for name, value in values.items()})


def test_without_a_policy_everything_is_asked() -> None:
    assert planned(Policy(), ask_folder=True) == Plan(ALL, frozenset())
    assert planned(Policy(), ask_folder=False).asked == ALL - {Step.FOLDER}


def test_what_the_hospital_decided_is_not_asked() -> None:
    decided = policy(data__folder=Path("/srv"), data__encrypted=False, first_start__models="later")
    assert planned(decided, ask_folder=True).steps == (Step.CALIBRATE, Step.SAMPLE)
    assert planned(policy(data__encrypted=True), ask_folder=False).asked >= {Step.RECOVERY}, "a person writes it down"


def test_what_the_hospital_wants_done_is_done_without_a_question() -> None:
    wanted = policy(first_start__models="pack", first_start__calibrate=True, first_start__sample=True)
    plan = planned(wanted, ask_folder=False)
    assert plan == Plan(frozenset({Step.RECOVERY}), frozenset({Step.MODELS, Step.CALIBRATE, Step.SAMPLE}))


def test_a_hospital_that_decided_everything_sees_no_question(paths: Paths) -> None:
    paths.policy.write_text(
        '[data]\nencrypted = false\n[first_start]\nmodels = "later"\ncalibrate = false\nsample = false\n'
    )
    assert plan_for(paths, ask_folder=False) is None


def test_only_a_new_data_folder_is_asked_for(paths: Paths) -> None:
    assert plan_for(paths, ask_folder=True) == Plan(ALL, frozenset())
    Database.open(paths.database).close()
    assert plan_for(paths, ask_folder=True) is None, "it has data, and no first start was interrupted"


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ("folder", [Step.RECOVERY, Step.MODELS, Step.CALIBRATE, Step.SAMPLE]),
        ("models", [Step.CALIBRATE, Step.SAMPLE]),
        ("sample", None),
        ("done", None),
    ],
)
def test_an_interrupted_start_goes_on(paths: Paths, kept: str, left: list[Step] | None) -> None:
    SettingsFile(paths.settings).save(Settings(chosen={"first_start": kept}))
    if kept != "folder":
        Database.open(paths.database).close()
    plan = plan_for(paths, ask_folder=True)
    assert (list(plan.steps) if plan else None) == left


@pytest.fixture
def start(paths: Paths, qtbot: QtBot) -> Iterator[FirstStartController]:
    plan = plan_for(paths, ask_folder=True)
    assert plan
    controller = FirstStartController(paths, plan)
    yield controller
    controller.close()
    controller.deleteLater()


def test_nothing_is_written_before_a_person_said_where(start: FirstStartController, paths: Paths) -> None:
    start.use_language("en")
    start.close()
    assert list(paths.data_dir.iterdir()) == []


def test_the_chosen_folder_is_found_by_the_next_start(
    start: FirstStartController, tmp_path: Path, qtbot: QtBot
) -> None:
    start.use_language("en")
    with qtbot.waitSignal(start.folder_examined) as told:
        start.use_folder(str(tmp_path / "另一个 文件夹"))
    assert told.args == [Examined(tmp_path / "另一个 文件夹", "", told.args[0].free_bytes)]
    assert start.paths.data_dir == chosen_folder() == tmp_path / "另一个 文件夹"
    start.done(Step.FOLDER)
    start.close()
    assert SettingsFile(start.paths.settings).load().chosen == {"language": "en", "first_start": "folder"}


def test_a_folder_that_cannot_be_used_is_not_taken(
    start: FirstStartController, paths: Paths, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "file").write_text("x")
    with qtbot.waitSignal(start.folder_examined) as told:
        start.use_folder(str(tmp_path / "file"))
    assert told.args and told.args[0].fault
    assert start.paths == paths and chosen_folder() is None


def test_the_code_that_is_shown_opens_the_database(start: FirstStartController, paths: Paths, qtbot: QtBot) -> None:
    code = start.code
    assert start.code == code
    with qtbot.waitSignal(start.recovery_kept, timeout=30_000):
        start.encrypt()
    assert kind_of(paths.database) is DatabaseKind.ENCRYPTED
    Database.open(paths.database, keys=KeyStore.of_user()).close()


def test_a_database_that_appeared_meanwhile_is_not_replaced(
    start: FirstStartController, paths: Paths, qtbot: QtBot
) -> None:
    Database.open(paths.database).close()
    before = paths.database.read_bytes()
    with qtbot.waitSignal(start.failed, timeout=30_000):
        start.encrypt()
    assert paths.database.read_bytes() == before
