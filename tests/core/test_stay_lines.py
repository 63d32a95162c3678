from __future__ import annotations

import pytest

from app.core.stay import Abnormal, Order, Result
from app.core.stay_lines import entry_line


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (Result("2026-11-20", "血钾", "3.1", "mmol/L", "3.5-5.3", Abnormal.LOW), "2026-11-20 血钾 3.1 mmol/L ↓"),
        (
            Result("2026-11-20T14:30", "乙肝表面抗原", "阳性", abnormal=Abnormal.YES),
            "2026-11-20 乙肝表面抗原 阳性 （异常）",
        ),
        (Result("2026-11-20", "血钠", "140", "mmol/L"), "2026-11-20 血钠 140 mmol/L"),
        (Order("2026-11-18", "阿司匹林", "100mg", "口服", "qd"), "2026-11-18 阿司匹林 100mg 口服 qd"),
        (Order("2026-11-18", "肝素", "4000IU", until="2026-11-22"), "2026-11-18 肝素 4000IU，至 2026-11-22"),
    ],
)
def test_a_line_is_as_a_ward_writes_it(entry: Order | Result, line: str) -> None:
    assert entry_line(entry) == line
