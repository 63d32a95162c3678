"""A log record at WARNING or above that no test expected makes that test fail."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest


class ExpectedLogs(logging.Handler):
    """Collects what is logged at WARNING or above, and what the test said would be."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._records: list[logging.LogRecord] = []
        self._patterns: dict[str, bool] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging."""
        self._records.append(record)

    def expect(self, pattern: str) -> None:
        """Say that a record whose `LEVEL logger: message` matches (re.search) comes, at least once."""
        self._patterns.setdefault(pattern, False)

    def tolerate(self, pattern: str) -> None:
        """Say that a matching record may come or not, as the timing of threads has it."""
        self._patterns[pattern] = True

    def complaint(self) -> str | None:
        """What came unexpectedly or was expected in vain; None if all is as said."""
        lines = [line for line in map(_line, self._records) if not self._is_expected(line)]
        unexpected = ["unexpected log records:", *lines] if lines else []
        unmet = [f"never logged: {pattern}" for pattern, met in self._patterns.items() if not met]
        return "\n".join([*unexpected, *unmet]) or None

    def _is_expected(self, line: str) -> bool:
        matching = [pattern for pattern in self._patterns if re.search(pattern, line)]
        self._patterns.update(dict.fromkeys(matching, True))
        return bool(matching)


def _line(record: logging.LogRecord) -> str:
    return f"{record.levelname} {record.name}: {record.getMessage()}"


@pytest.fixture(autouse=True)
def expected_logs() -> Iterator[ExpectedLogs]:
    """`expected_logs.expect(pattern)` for the records that a test provokes on purpose."""
    handler = ExpectedLogs()
    logging.getLogger().addHandler(handler)
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)
    if complaint := handler.complaint():
        pytest.fail(complaint, pytrace=False)
