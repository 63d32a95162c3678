from __future__ import annotations

import pytest

from app.core.errors import UsageFault
from app.core.stay import Abnormal, Order, Result
from app.storage.repositories import Repositories
from tests.helpers.records import DOCTOR, NOW, a_stay

ASPIRIN = Order("2025-03-02", "阿司匹林", "100mg", "口服", "qd", extra={"group": "长期"})
OXYGEN = Order("2025-03-01T08:00", "吸氧")
POTASSIUM = Result("2025-03-02", "血钾", "3.1", "mmol/L", "3.5-5.3", Abnormal.LOW, {"machine": 7})


def test_orders_and_results_come_back_by_date(repositories: Repositories) -> None:
    stay, other = a_stay(repositories), a_stay(repositories)
    repositories.stays.add_orders(stay.encounter_id, [ASPIRIN, OXYGEN], DOCTOR, NOW)
    repositories.stays.add_results(stay.encounter_id, [POTASSIUM], DOCTOR, NOW)
    assert repositories.stays.orders(stay.encounter_id) == (OXYGEN, ASPIRIN)
    assert repositories.stays.results(stay.encounter_id) == (POTASSIUM,)
    assert repositories.stays.orders(other.encounter_id) == ()
    assert repositories.database.check().ok


def test_an_order_is_stopped_and_a_mistake_withdrawn_without_losing_it(repositories: Repositories) -> None:
    stay = a_stay(repositories)
    repositories.stays.add_orders(stay.encounter_id, [ASPIRIN, OXYGEN], DOCTOR, NOW)
    repositories.stays.add_results(stay.encounter_id, [POTASSIUM], DOCTOR, NOW)
    oxygen, aspirin = repositories.stays.orders(stay.encounter_id)
    repositories.stays.stop_order(aspirin.entry_id, "2025-03-05")
    repositories.stays.withdraw_order(oxygen.entry_id)
    repositories.stays.withdraw_result(repositories.stays.results(stay.encounter_id)[0].entry_id)
    assert [(order.name, order.until) for order in repositories.stays.orders(stay.encounter_id)] == [
        ("阿司匹林", "2025-03-05")
    ]
    assert repositories.stays.results(stay.encounter_id) == ()
    assert repositories.database.check().rows["orders"] == 2
    assert repositories.database.check().ok
    with pytest.raises(UsageFault, match="撤回"):
        repositories.stays.stop_order(oxygen.entry_id, "2025-03-05")
