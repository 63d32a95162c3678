from app.ui.comparison.shown_clock import ShownClock


def test_time_in_view_is_reported_once_a_suggestion_leaves_it() -> None:
    now = [0.0]
    reports: list[tuple[str, int]] = []
    clock = ShownClock[str](lambda run_id, milliseconds: reports.append((run_id, milliseconds)), lambda: now[0])
    clock.show(["a", "b"])
    now[0] = 5.0
    clock.show(["b"])
    assert reports == [("a", 5_000)]
    clock.set_running(False)
    now[0] = 100.0
    clock.set_running(True)
    now[0] = 102.0
    clock.show([])
    assert reports == [("a", 5_000), ("b", 7_000)]


def test_a_glance_is_not_reported() -> None:
    now = [0.0]
    reports: list[tuple[str, int]] = []
    clock = ShownClock[str](lambda run_id, milliseconds: reports.append((run_id, milliseconds)), lambda: now[0])
    clock.show(["a"])
    now[0] = 0.5
    clock.show([])
    assert reports == []
