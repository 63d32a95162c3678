from __future__ import annotations

from app.controllers.pin_guard import WRONG_PIN, PinGuard


def test_wrong_pins_make_the_next_attempt_wait_longer_each_time_and_nobody_else() -> None:
    now = 0.0
    guard = PinGuard(lambda: now)
    assert [guard.judge("a", False) for _ in range(2)] == [WRONG_PIN] * 2
    assert "5 秒" in guard.judge("a", False)
    assert "5 秒" in guard.refusal("a") and not guard.refusal("b")
    now = 5.0
    assert guard.refusal("a") == ""
    assert "10 秒" in guard.judge("a", False)
    now = 20.0
    assert guard.judge("a", True) == ""
    assert guard.judge("a", False) == WRONG_PIN


def test_the_pause_has_an_end() -> None:
    guard = PinGuard(lambda: 0.0)
    said = [guard.judge("a", False) for _ in range(2_000)]
    assert "300 秒" in said[-1]
