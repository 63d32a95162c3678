"""Where the doctor put the window and its dividing lines, kept between two starts."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QSplitter, QWidget

_WINDOW = "geometry"


class Arrangement:
    """The geometry of a window and of its splitters, as texts for the settings."""

    def __init__(self, window: QWidget, splitters: Mapping[str, QSplitter]) -> None:
        self._window = window
        self._splitters = splitters

    def state(self) -> dict[str, str]:
        """How it is now."""
        places = {name: splitter.saveState() for name, splitter in self._splitters.items()}
        places[_WINDOW] = self._window.saveGeometry()
        return {name: bytes(place.toBase64().data()).decode() for name, place in places.items()}

    def restore(self, state: Mapping[str, str]) -> bool:
        """As it was, on a screen that is there; False if its own place is not kept. Nonsense is passed over."""
        places = {name: QByteArray.fromBase64(text.encode()) for name, text in state.items()}
        for name in self._splitters.keys() & places.keys():
            self._splitters[name].restoreState(places[name])
        return _WINDOW in places and self._window.restoreGeometry(places[_WINDOW])
