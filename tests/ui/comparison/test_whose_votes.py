"""What is shown of votes and judgements is that of the doctor who works now."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.core.events import Vote
from app.core.people import Role
from app.ui.comparison.item_text import VOTES
from tests.ui.comparison.test_items import body, events
from tests.ui.comparison.test_judgement import ward
from tests.ui.test_main_window import ALT, CONTROL, Ward, open_ward

__all__ = ["open_ward", "ward"]


def vote_in_every_way(ward: Ward) -> None:
    feedback, row = ward.services.controllers.feedback, ward.window.area.consensus
    ward.press(Qt.Key.Key_1, ALT)
    with ward.bot.waitSignal(feedback.vote_stored):
        ward.press(Qt.Key.Key_Up, CONTROL)
    with ward.bot.waitSignal(feedback.item_vote_stored):
        ward.bot.keyClicks(body(ward), "-")
    ward.press(Qt.Key.Key_9, CONTROL)
    ward.bot.waitUntil(row.acceptable.isChecked)


def shown(ward: Ward) -> tuple[Vote | None, bool, bool]:
    card = ward.panes[0].card
    assert card is not None
    thumb = ward.panes[0].acts.up_button.isChecked()
    assert thumb is (card.vote is Vote.UP)
    return card.vote, VOTES[Vote.DOWN] in body(ward).toPlainText(), ward.window.area.consensus.acceptable.isChecked()


def test_another_doctor_sees_none_of_the_votes_before_and_takes_none_of_them_back(ward: Ward) -> None:
    people = ward.services.controllers.people
    first = people.present
    with ward.bot.waitSignal(people.listed):
        people.add("王某", Role.DOCTOR)
    (second,) = [one for one in people.people if one.name == "王某"]
    vote_in_every_way(ward)
    assert shown(ward) == (Vote.UP, True, True)
    people.switch(second, "", lambda _why: None)
    ward.bot.waitUntil(lambda: shown(ward) == (None, False, False))
    with ward.bot.waitSignal(ward.services.controllers.feedback.vote_stored):
        ward.press(Qt.Key.Key_Up, CONTROL)
    people.switch(first, "", lambda _why: None)
    ward.bot.waitUntil(lambda: shown(ward) == (Vote.UP, True, True))
    assert [(one.actor, one.data["vote"]) for one in events(ward) if one.data.get("vote") == "up"] == [
        (first.name, "up"),
        ("王某", "up"),
    ], "a vote of one's own, not the other's taken back"
