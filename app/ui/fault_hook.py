"""The last net: an exception that nobody caught is logged without patient text, shown calmly, and survived."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.infra.logging import PrivateFormatter

logger = logging.getLogger(__name__)

SENTENCE = "程序内部出错，这一步可能没有完成；已写的病历仍在。若反复出现，请把详情转交信息科。"


class FaultHook(QObject):
    """Takes Python's three hooks for uncaught exceptions.

    Signals:
        caught: a sentence, and details without messages (types and code lines only); from any thread.
    """

    caught = Signal(str, str)

    def install(self) -> None:
        """Take the hooks."""
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        sys.unraisablehook = self._on_unraisable

    def restore(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logger.error("uncaught exception", exc_info=(kind, error, trace))
        self.caught.emit(SENTENCE, PrivateFormatter().formatException((kind, error, trace)))

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self._on_exception(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _on_unraisable(self, unraisable: Any) -> None:
        if unraisable.exc_value is not None:
            self._on_exception(unraisable.exc_type, unraisable.exc_value, unraisable.exc_traceback)
