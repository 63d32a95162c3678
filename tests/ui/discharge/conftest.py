from __future__ import annotations

from functools import partial
from typing import Protocol

import pytest

from app.controllers.autosave import local_now
from app.core.discharge.draft import render
from app.core.notes import NoteKind
from app.core.stay import Stay
from app.storage.repositories import Repositories
from app.storage.stay_import import import_stay
from tests.helpers.stays import sample_stays
from tests.helpers.storage import ask
from tests.ui.test_main_window import Ward, open_ward

__all__ = ["open_ward"]

STAY = sample_stays()[0].stay
SECTIONS = {
    "discharge_diagnosis": "右输尿管结石\n右肾积水",
    "admission_condition": "患者因突发右腰部绞痛6小时于2026年3月2日入院。右肾区叩击痛阳性。",
    "course": "3月2日，予双氯芬酸钠栓止痛后缓解。3月3日，全麻下行右侧输尿管镜钬激光碎石术。",
    "discharge_condition": "患者出院时无腰痛，无发热，尿色清。",
    "discharge_orders": "门诊复诊。服用阿托伐他汀钙片。",
}


def draft(**other: str) -> str:
    """What a model writes of that stay, as the form has it."""
    return render({**SECTIONS, **other})


class OpenRecord(Protocol):
    """Imports a stay and opens its discharge record; returns the encounter's id."""

    def __call__(self, ward: Ward, stay: Stay = STAY) -> str: ...


@pytest.fixture
def open_record() -> OpenRecord:
    """The first of the invented stays, if not said otherwise."""

    def open_document(ward: Ward, stay: Stay = STAY) -> str:
        services = ward.services
        encounter_id = ask(ward.bot, services.storage, partial(_import, stay))
        ward.open(encounter_id)
        with ward.bot.waitSignal(services.controllers.notes.opened):
            services.controllers.notes.add_document(NoteKind.DISCHARGE)
        return encounter_id

    return open_document


def _import(stay: Stay, repositories: Repositories) -> str:
    return import_stay(repositories, stay, "医师", local_now())
