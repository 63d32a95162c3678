"""Which suggestions, and which diagnoses of them, are in view, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer

from app.controllers.feedback import FeedbackController
from app.ui.comparison.comparison_area import ComparisonArea
from app.ui.comparison.comparison_desk import ComparisonDesk
from app.ui.comparison.shown_clock import ShownClock
from app.ui.comparison.suggestion_pane import SuggestionPane

SETTLED_MS = 200


class Dwell(QObject):
    """Tells the feedback what was in view; a diagnosis is while its name is."""

    def __init__(
        self,
        area: ComparisonArea,
        desk: ComparisonDesk,
        feedback: FeedbackController,
        hides: Callable[[], bool],
    ) -> None:
        """`hides`: whether the suggestions are covered."""
        super().__init__(area)
        self._area = area
        self._desk = desk
        self._hides = hides
        self._known_panes: set[SuggestionPane] = set()
        self._runs = ShownClock[str](feedback.shown)
        self._items = ShownClock[tuple[str, str]](
            lambda about, milliseconds: feedback.shown(about[0], milliseconds, about[1])
        )
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self._look_at_items)
        desk.view_changed.connect(self.refresh)

    def refresh(self) -> None:
        """What is in view may be something else."""
        card = None if self._hides() else self._desk.shown
        self._runs.show(run.run.run_id for run in (card.runs if card else ()) if not run.live and run.text)
        for pane in self._area.panes:
            if pane not in self._known_panes:
                self._known_panes.add(pane)
                bar = pane.body.verticalScrollBar()
                for changed in (bar.valueChanged, bar.rangeChanged, pane.body.picks_changed):
                    changed.connect(lambda *_: self._settled.start())
        self._look_at_items()

    def set_running(self, running: bool) -> None:
        """Whether the window is in front."""
        self._runs.set_running(running)
        self._items.set_running(running)

    def end(self) -> None:
        """Nothing is in view any more."""
        self._settled.stop()
        self._runs.show(())
        self._items.show(())

    def _look_at_items(self) -> None:
        self._items.show(() if self._hides() else self._items_in_view())

    def _items_in_view(self) -> Iterator[tuple[str, str]]:
        for pane in self._area.panes:
            if pane.run_id is not None and pane.body.answer is not None and pane.body.isVisible():
                for index in pane.body.in_view():
                    yield pane.run_id, pane.body.answer.diagnoses[index].name
