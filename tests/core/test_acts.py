from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import acts
from app.core.acts import ErrorReport
from app.core.events import ErrorSeverity, ErrorType, EventKind

TEXT = "患者𠮷田，右侧胸痛"


def a_report(start: int, quote: str, correction: str = "左侧") -> ErrorReport:
    return ErrorReport(start, start + len(quote), quote, ErrorType.SIDE, ErrorSeverity.DANGEROUS, correction)


def test_offsets_count_code_points_not_utf16() -> None:
    assert a_report(5, "右侧").corrected(TEXT) == "患者𠮷田，左侧胸痛"


def test_an_omission_is_inserted_at_its_place() -> None:
    report = ErrorReport(9, 9, "", ErrorType.OMISSION, ErrorSeverity.MINOR, "，放射至背部")
    assert report.corrected(TEXT) == f"{TEXT}，放射至背部"


@pytest.mark.parametrize("report", [a_report(4, "右侧"), a_report(5, "右侧", correction=""), a_report(40, "右侧")])
def test_nothing_is_corrected_where_the_quote_does_not_stand(report: ErrorReport) -> None:
    assert report.corrected(TEXT) is None


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (3, 2), (0, 3)])
def test_a_span_that_is_not_the_quotes_is_no_report(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="span"):
        ErrorReport(start, end, "右侧", ErrorType.SIDE, ErrorSeverity.MINOR)


@given(
    st.integers(0, 9),
    st.text(),
    st.sampled_from(ErrorType),
    st.sampled_from(ErrorSeverity),
    st.text(),
    st.text(),
)
def test_a_report_comes_back_from_its_event(
    start: int, quote: str, kind: ErrorType, severity: ErrorSeverity, correction: str, comment: str
) -> None:
    report = ErrorReport(start, start + len(quote), quote, kind, severity, correction, comment)
    event = acts.error_reported(report, "主动脉夹层").event("e", "g", "王医师", datetime(2025, 3, 1, tzinfo=UTC))
    assert acts.report_of(event) == report
    assert (event.kind, event.item, event.generation_id) == (EventKind.ERROR_REPORTED, "主动脉夹层", "g")
