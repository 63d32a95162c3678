"""One long act on models: told how far it is, and stopped from any thread within half a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.core.errors import EnvironmentFault, UsageFault
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost

HEARTBEAT_S = 0.5
"""How often at least a stage's fraction is reported, so that what `report` raises ends it."""

Report = Callable[[str, float], None]
"""Takes a stage in the user's words and the fraction of it that is done; what it raises ends the act."""

MakeHost = Callable[[PreparedModel], ModelHost]


class Stopped(UsageFault):
    """The act was stopped; what was complete stays, and the act can be repeated."""


class Work:
    """`report` and `host` are what the act is given; `stop` ends it, and the engine processes that it waits for."""

    def __init__(self, tell: Report) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._stopped = False
        self._hosts: list[ModelHost] = []

    def report(self, stage: str, fraction: float) -> None:
        """Pass it on. Raises Stopped."""
        self._check()
        self._tell(stage, fraction)

    def host(self, model: PreparedModel) -> ModelHost:
        """A host that ends when the work is stopped."""
        host = ModelHost(model)
        with self._lock:
            self._hosts.append(host)
            stopped = self._stopped
        if stopped:
            host.close()
        return host

    def stop(self) -> None:
        """End it soon. Thread-safe, returns within a second."""
        with self._lock:
            self._stopped = True
            hosts = list(self._hosts)
        for host in hosts:
            host.close()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """What fails because it was stopped is Stopped, not a fault of an engine."""
        try:
            yield
        except EnvironmentFault:
            self._check()
            raise
        self._check()

    def _check(self) -> None:
        with self._lock:
            if self._stopped:
                raise Stopped("已停止。已经完成的部分保留，可以再做一次。")
