"""The program's log: a rotating file in the data folder, without patient text.

Exceptions are written as their type and the lines of code they passed, never with their message: a message may
quote what was being worked on.
"""

from __future__ import annotations

import copy
import logging
import sys
import traceback
from contextlib import suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from types import TracebackType

from app.infra.paths import Paths

LOG_FILE = "wardnote.log"
MAX_BYTES = 1_000_000
BACKUPS = 5

_FILE_HANDLER = "wardnote-file"
_STDERR_HANDLER = "wardnote-stderr"


class PrivateFormatter(logging.Formatter):
    """One line per record, time with offset; exceptions without their messages."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """As `logging.Formatter`, deaf to the traceback text that another handler's formatter left in the record."""
        private = copy.copy(record)
        private.exc_text = None
        return super().format(private)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """ISO 8601 with milliseconds and offset."""
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")

    def formatException(  # noqa: N802
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """The chain of exception types, each with its frames."""
        lines: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None:
            lines += [f"  {_name(error)}", *_frames(error)]
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


class _LogFile(RotatingFileHandler):
    """On a full disk the log falls silent: what it could not write is no fault of the command that went on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say nothing: Python's own words would be a traceback, with what was to be logged."""

    def close(self) -> None:
        """As the base class; what is still in its buffer may be lost."""
        with suppress(OSError):
            super().close()


def configure(paths: Paths, *, verbose: bool) -> None:
    """Send the log to the data folder and warnings (everything, if `verbose`) to stderr; replaces an earlier call.

    A data folder that cannot be written leaves stderr only: a missing log is no reason not to start.
    """
    shutdown()
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    if sys.stderr is not None:
        stream = logging.StreamHandler()
        stream.setLevel(logging.DEBUG if verbose else logging.WARNING)
        _install(stream, _STDERR_HANDLER)
    try:
        paths.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = _LogFile(paths.logs / LOG_FILE, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
    except OSError as error:
        logging.getLogger(__name__).warning("no log file: %s", type(error).__name__)
        return
    _install(file, _FILE_HANDLER)


def shutdown() -> None:
    """Close what `configure` opened."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if handler.get_name() in (_FILE_HANDLER, _STDERR_HANDLER):
            root.removeHandler(handler)
            handler.close()


def _install(handler: logging.Handler, name: str) -> None:
    handler.set_name(name)
    handler.setFormatter(PrivateFormatter())
    logging.getLogger().addHandler(handler)


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"    {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
