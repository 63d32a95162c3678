"""Installs the keys of the window, and again when the doctor changes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.ui.kit.key_table import KEYS
from app.ui.kit.keys import Keys

_RETURN, _ENTER = "Return", "Enter"


class Shortcuts(QObject):
    """Every key of the table works anywhere in the window; a widget in which a composition runs keeps its keys."""

    def __init__(self, window: QWidget, keys: Keys, acts: Mapping[str, Callable[[], object]]) -> None:
        """Raises KeyError if an act has no key or a key no act: the help would lie."""
        super().__init__(window)
        wanted = [key.act for key in KEYS if not key.in_pane]
        if missing := acts.keys() ^ set(wanted):
            raise KeyError(f"keys and acts differ: {sorted(missing)}")
        self._keys = keys
        self._shortcuts = {act: _shortcut(window, acts[act]) for act in wanted}
        keys.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        for act, shortcut in self._shortcuts.items():
            shortcut.setKeys([QKeySequence(one) for one in _both(self._keys.map.of(act))])


def _both(sequence: str) -> tuple[str, ...]:
    """The number pad has an Enter key of its own."""
    if sequence.endswith(_RETURN):
        return sequence, sequence.removesuffix(_RETURN) + _ENTER
    return (sequence,)


def _shortcut(window: QWidget, act: Callable[[], object]) -> QShortcut:
    shortcut = QShortcut(window)
    shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
    shortcut.setAutoRepeat(False)
    shortcut.activated.connect(act)
    return shortcut
