"""How long an engine process may be silent, make no progress, or crash, before the program draws its conclusions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from app.inference.messages import FromChild, Heartbeat

# A single wait counts no more than this: after a night of suspend the process gets its time to speak first.
_LONGEST_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds. Loading may hold the interpreter for long, so that its heart may pause longer."""

    heartbeat: float = 20.0
    loading_heartbeat: float = 120.0
    reading: float = 600.0
    writing: float = 120.0
    loading: float = 600.0
    cancelling: float = 1.0
    crashes: int = 3
    crash_window: float = 300.0


class Patience:
    """Counts the silence of one request, as time spent waiting in this process."""

    def __init__(self, silence: float, progress: float) -> None:
        self.silence = silence
        self.progress = progress
        self._silent = 0.0
        self._stuck = 0.0

    def heard(self, message: FromChild) -> None:
        """A message came; anything but a heartbeat is progress."""
        self._silent = 0.0
        if not isinstance(message, Heartbeat):
            self._stuck = 0.0

    def waited(self, seconds: float) -> None:
        """Nothing came for this long."""
        self._silent += min(seconds, _LONGEST_WAIT)
        self._stuck += min(seconds, _LONGEST_WAIT)

    def lost(self) -> str | None:
        """Why the process is taken for hung, in Chinese, or None."""
        if self._silent > self.silence:
            return f"引擎进程 {self.silence:.0f} 秒没有响应，已强制结束"
        if self._stuck > self.progress:
            return f"引擎进程 {self.progress:.0f} 秒没有进展，已强制结束"
        return None


class CrashCounter:
    """Says when a process that keeps dying is no longer started by itself."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._times: deque[float] = deque(maxlen=limits.crashes)

    def add(self) -> None:
        """A process died or had to be killed."""
        self._times.append(self._clock())

    def forget(self) -> None:
        """Start counting anew."""
        self._times.clear()

    def is_exhausted(self) -> bool:
        """True when the limit was reached within the window."""
        oldest_counts = self._times and self._clock() - self._times[0] < self._limits.crash_window
        return bool(oldest_counts) and len(self._times) == self._limits.crashes
