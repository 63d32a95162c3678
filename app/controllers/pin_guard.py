"""Wrong PINs in a row make the next attempt wait, longer each time; for each person, as long as the program runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from app.core.people import pause_after

WRONG_PIN = "签名密码不对，请重试。"


class PinGuard:
    """Counts the wrong attempts of everybody."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds."""
        self._clock = clock
        self._wrong: dict[str, int] = {}
        self._until: dict[str, float] = {}

    def refusal(self, person_id: str) -> str:
        """Why this person's PIN is not looked at now, as a sentence; empty if it is."""
        left = self._until.get(person_id, 0.0) - self._clock()
        return f"签名密码多次输错，请 {math.ceil(left)} 秒后再试。" if left > 0 else ""

    def judge(self, person_id: str, right: bool) -> str:
        """An attempt was right or wrong: what is said of it; empty if it was right."""
        if right:
            self._wrong.pop(person_id, None)
            self._until.pop(person_id, None)
            return ""
        self._wrong[person_id] = self._wrong.get(person_id, 0) + 1
        self._until[person_id] = self._clock() + pause_after(self._wrong[person_id])
        return self.refusal(person_id) or WRONG_PIN
