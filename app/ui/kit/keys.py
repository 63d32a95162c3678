"""The keys in force, and texts that name them: those in the code name the table's keys, the doctor reads their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from app.ui.kit.key_map import KeyMap, shown
from app.ui.kit.key_table import BY_ACT, KEYS

# A bare Esc or Enter in a sentence is that of a list or a dialog.
_NAMED = {shown(key.default): key.act for key in KEYS if not key.in_pane and key.default != "Esc"}
_NAME = re.compile(
    "(?<![A-Za-z0-9+])(?:" + "|".join(map(re.escape, sorted(_NAMED, key=len, reverse=True))) + ")(?![A-Za-z0-9+])"
)


class Keys(QObject):
    """Which key does what, as the doctor chose.

    Signals:
        changed: another key does some act.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.map = KeyMap()

    def use(self, keys: KeyMap) -> None:
        """Put these in force."""
        if keys != self.map:
            self.map = keys
            self.changed.emit()

    def restore(self, kept: Mapping[str, str]) -> str:
        """Put in force what was kept; a sentence about what could not be used, empty if all could."""
        keys, refused = KeyMap.read(kept)
        self.use(keys)
        acts = [f"{BY_ACT[act].words.split('：')[0]}（{self.shown(act)}）" for act in refused if act in BY_ACT]
        if not refused:
            return ""
        more = [f"另有 {len(refused) - len(acts)} 项不认识"] * (len(acts) < len(refused))
        which = "、".join([*acts, *more])
        return f"保存的快捷键有 {len(refused)} 项无法使用，已用默认键：{which}。按 {self.shown('help')} 可更改。"

    def kept(self) -> dict[str, str]:
        """For `restore`."""
        return dict(self.map.changed)

    def shown(self, act: str) -> str:
        """The key of an act as the doctor reads it."""
        return shown(self.map.of(act))

    def worded(self, text: str) -> str:
        """The text with the keys in force in the place of the table's that it names."""
        return _NAME.sub(lambda found: self.shown(_NAMED[found[0]]), text) if self.map.changed else text


class Worded(QObject):
    """Keeps a text of a widget (button, tool tip, hint) true while keys change; lives as long as the widget."""

    def __init__(self, widget: QObject, keys: Keys, text: str, *setters: Callable[[str], object]) -> None:
        super().__init__(widget)
        self._keys, self._text, self._setters = keys, text, setters
        keys.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        for setter in self._setters:
            setter(self._keys.worded(self._text))
