"""One comparison for an evaluation: the real controller, and nothing of it in the database."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEventLoop

from app.cli.event_loop import interrupts, slot_errors
from app.controllers.comparison import ComparisonController, ComparisonRequest
from app.controllers.comparison_request import DischargeRequest
from app.core.errors import UsageFault
from app.core.runs import Comparison, Generation


class Unstored:
    """A journal that keeps nothing: cases of an evaluation are no patients of this ward."""

    def record_comparison(self, _comparison: Comparison, done: Callable[[Exception | None], None]) -> None:
        """See ComparisonJournal."""
        done(None)

    def record_generation(self, _generation: Generation, done: Callable[[Exception | None], None]) -> None:
        """See ComparisonJournal."""
        done(None)


def ask(controller: ComparisonController, request: ComparisonRequest | DischargeRequest) -> list[Generation]:
    """The ends of all runs of a request, in an event loop of its own.

    Raises UsageFault if it is refused, KeyboardInterrupt at Ctrl+C or a polite end, and what a slot raised.
    """
    loop, ended, errors = QEventLoop(), list[Generation](), list[BaseException]()

    def fail(error: BaseException) -> None:
        errors.append(error)
        loop.quit()

    def refused(sentence: str) -> None:
        fail(UsageFault(sentence))

    controller.run_finished.connect(ended.append)
    controller.comparison_finished.connect(loop.quit)
    controller.refused.connect(refused)
    with interrupts(lambda: fail(KeyboardInterrupt())), slot_errors(fail):
        controller.start(request)
        if controller.busy and not errors:
            loop.exec()
    controller.run_finished.disconnect(ended.append)
    controller.comparison_finished.disconnect(loop.quit)
    controller.refused.disconnect(refused)
    if errors:
        raise errors[0]
    return ended
