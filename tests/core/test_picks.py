from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.answer_map import NAME, places
from app.core.diagnosis_table import DiagnosisTable
from app.core.differential import parse_items
from app.core.evidence import EvidenceIndex
from app.core.judged_answer import judged
from app.core.picks import Picks, composed

TEXT = (
    "1. **肺炎**\n   - 支持点：发热；咳嗽\n   - 不支持点：无胸痛\n"
    "2. **肺栓塞**\n   - 支持点：咳嗽\n   - 建议检查：CTPA\n"
    "3. **肺结核**\n   - 支持点：发热"
)
ITEMS = parse_items(TEXT)


def test_all_go_into_the_note_until_some_are_ticked() -> None:
    picks = Picks.of(3)
    assert (picks.chosen, picks.is_touched) == ((0, 1, 2), False)
    assert picks.ticking(2).ticking(0).chosen == (0, 2)
    assert picks.dropping(1).chosen == (0, 2)
    assert picks.dropping(1).ticking(1).dropped == frozenset()
    assert picks.moving(2, -1).chosen == (0, 2, 1)
    assert picks.moving(0, -1) == picks == picks.ticking(1).ticking(1)


ACTS = st.lists(st.tuples(st.sampled_from(["tick", "drop", "up", "down"]), st.integers(0, 4)), max_size=30)


@given(ACTS)
def test_no_act_loses_a_diagnosis_or_ticks_a_dropped_one(acts: list[tuple[str, int]]) -> None:
    picks = Picks.of(5)
    for act, index in acts:
        does = {"tick": picks.ticking, "drop": picks.dropping}.get(act)
        picks = does(index) if does else picks.moving(index, -1 if act == "up" else 1)
    assert sorted(picks.order) == list(range(5))
    assert not picks.ticked & picks.dropped
    assert set(picks.chosen) <= set(picks.order) - picks.dropped


def test_the_chosen_pieces_are_numbered_anew() -> None:
    assert composed(TEXT, ITEMS, (2, 1)) == (
        "1. **肺结核**\n   - 支持点：发热\n2. **肺栓塞**\n   - 支持点：咳嗽\n   - 建议检查：CTPA"
    )
    assert composed(TEXT, ITEMS, (0, 1, 2)) == TEXT


def test_names_and_points_have_their_places() -> None:
    shown = composed(TEXT, ITEMS, (2, 0)).replace("**", "")
    found = places(shown, [(2, ITEMS[2].diagnosis), (0, ITEMS[0].diagnosis)])
    assert [(one.about, shown[one.start : one.end]) for one in found] == [
        ((2, NAME, 0), "肺结核"),
        ((2, "supporting", 0), "发热"),
        ((0, NAME, 0), "肺炎"),
        ((0, "supporting", 0), "发热"),
        ((0, "supporting", 1), "咳嗽"),
        ((0, "opposing", 0), "无胸痛"),
    ]


def test_an_answer_is_judged_against_what_its_model_was_shown() -> None:
    table = DiagnosisTable.parse("名称,别名,ICD-10,危急\n肺栓塞,,I26,是\n")
    source = {"chief_complaint": "咳嗽3天", "case_features": "无胸痛"}
    answer = judged(TEXT, source, EvidenceIndex(source), table)
    assert answer.dangerous == {1}
    assert answer.without_source == {(0, "supporting", 0), (2, "supporting", 0)}
    assert answer.unsupported == ()
