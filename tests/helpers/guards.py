"""The guards that every test of WardNote runs under, as one pytest plugin."""

from __future__ import annotations

from tests.helpers.leaks import no_leaked_processes, no_leaked_threads
from tests.helpers.logs import expected_logs
from tests.helpers.qt_leaks import no_leaked_qt_objects, pytest_runtest_teardown

__all__ = [
    "expected_logs",
    "no_leaked_processes",
    "no_leaked_qt_objects",
    "no_leaked_threads",
    "pytest_runtest_teardown",
]
