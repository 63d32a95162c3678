from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt

from app.core.events import EventKind
from app.core.notes import PRELIMINARY_DIAGNOSIS
from app.core.people import Role
from app.inference.engines.scripted import Script
from app.ui.comparison.commit_first import DEFAULT, WRITE_FIRST
from tests.ui.comparison.test_items import FEATURES, FIRST, SECOND, events
from tests.ui.test_main_window import CONTROL, SHIFT, Ward, open_ward

__all__ = ["open_ward"]


@pytest.fixture
def ward(open_ward: Callable[..., Ward]) -> Ward:
    """A case is written and the mode is on."""
    ward = open_ward(Script(FIRST, token_ms=0), Script(SECOND, token_ms=0))
    ward.open(ward.admit("张某", "3床"))
    ward.write_input("胸痛3小时", FEATURES)
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT)
    return ward


def test_answers_stay_covered_until_the_doctor_has_written(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.controllers.comparison.random.sample", lambda models, _count: list(models)[::-1])
    monkeypatch.setattr("app.ui.comparison.shown_clock.MINIMUM_MS", 0)
    ward.run_to_the_end()
    area, commit = ward.window.area, ward.window.commit
    assert commit.hides
    assert (area.splitter.isVisible(), area.consensus.isVisible(), commit.cover.isVisible()) == (False, False, True)
    ward.press(Qt.Key.Key_1, CONTROL)
    assert (ward.differential, ward.notice) == ("", WRITE_FIRST)
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT)
    assert commit.hides, "nothing is written yet"
    ward.write(PRELIMINARY_DIAGNOSIS.key, "急性心肌梗死")
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT)
    assert (area.splitter.isVisible(), area.consensus.isVisible(), commit.cover.isVisible()) == (True, True, False)
    assert [pane.model for pane in ward.panes] == ["model2", "model1"]
    shown = [one.data for one in events(ward) if one.kind is EventKind.SHOWN and not one.item]
    assert [one["display_order"] for one in shown if one.get("commit_first")] == [0, 1]
    assert all(one["wrote_first"] for one in shown if one.get("commit_first"))
    assert len([one for one in shown if not one.get("commit_first")]) == 2, "in view only after that"


def test_the_mode_is_the_doctors_own_and_kept(ward: Ward) -> None:
    commit = ward.window.commit
    kept = ward.window.state()
    assert any(name.startswith("commit_first:") for name in kept)
    ward.press(Qt.Key.Key_D, CONTROL | SHIFT)
    assert not commit.button.isChecked()
    ward.run_to_the_end()
    assert not commit.hides
    commit.restore(kept)
    assert commit.button.isChecked()
    others = {key.replace(ward.services.controllers.feedback.actor, "别人"): text for key, text in kept.items()}
    commit.restore(others)
    assert not commit.button.isChecked()
    commit.restore(others | {DEFAULT: "on"})
    assert commit.button.isChecked(), "the hospital's default holds for a doctor who chose nothing"
    assert commit.state() == {"commit_first:别人": "on"}, "and is no choice of the doctor's; the other's is kept"
    commit.button.click()
    commit.restore(ward.window.state() | {DEFAULT: "on"})
    assert not commit.button.isChecked(), "and gives way to a choice"


def test_another_doctor_at_the_window_has_the_mode_that_is_theirs(ward: Ward) -> None:
    people, commit = ward.services.controllers.people, ward.window.commit
    first = people.present
    with ward.bot.waitSignal(people.listed):
        people.add("王某", Role.DOCTOR)
    (second,) = [one for one in people.people if one.name == "王某"]
    ward.run_to_the_end()
    assert commit.hides
    with ward.bot.waitSignal(people.changed):
        people.switch(second, "", lambda _why: None)
    assert not commit.button.isChecked(), "who works now chose nothing"
    assert not ward.window.desk.shuffles
    assert not commit.hides, "nothing is covered for them"
    commit.button.click()
    commit.button.click()
    with ward.bot.waitSignal(people.changed):
        people.switch(first, "", lambda _why: None)
    assert commit.button.isChecked(), "the other's choice was not taken for this doctor's"
    assert commit.state() == {f"commit_first:{first.name}": "on", "commit_first:王某": "off"}


def test_switched_off_it_covers_no_earlier_comparison_either(ward: Ward) -> None:
    commit, history = ward.window.commit, ward.window.area.history
    ward.run_to_the_end()
    ward.write_input("胸痛5小时", FEATURES)
    ward.run_to_the_end()
    assert commit.hides
    commit.button.click()
    assert not commit.hides
    history.setCurrentIndex(0)
    assert not commit.hides
    assert not commit.cover.isVisible()
    assert ward.window.area.splitter.isVisible()
    shown = [one.data for one in events(ward) if one.kind is EventKind.SHOWN and one.data.get("commit_first")]
    assert len(shown) == 4, "each answer was uncovered once, and that is kept"
