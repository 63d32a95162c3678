"""Which key does which act: the table's own, or the doctor's; what may be a key, and how a key is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from app.ui.kit.key_table import BY_ACT, KEYS, Key

_Modifier = Qt.KeyboardModifier
_KEPT_MODIFIERS = _Modifier.ControlModifier | _Modifier.AltModifier | _Modifier.ShiftModifier | _Modifier.MetaModifier
# What Shift makes of a key on the keyboards that Chinese is typed on; Qt reports the sign, the table names the key.
_UNSHIFTED = dict(zip('!@#$%^&*()_+{}|:"<>?~', "1234567890-=[]\\;',./`", strict=True))
_SHOWN = {"Return": "Enter", "Up": "↑", "Down": "↓", "Left": "←", "Right": "→", "PgDown": "PgDn", "Space": "空格"}
_FUNCTION_KEY = re.compile(r"(Shift\+)?F\d{1,2}")
_TAKEN = {
    **dict.fromkeys(("Ctrl+A", "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+Y", "Ctrl+Shift+Z"), "编辑文字"),
    **dict.fromkeys((f"Ctrl+{key}" for key in ("Left", "Right", "Home", "End", "Backspace", "Del")), "编辑文字"),
    **dict.fromkeys((f"Ctrl+Shift+{key}" for key in ("Left", "Right", "Home", "End")), "选择文字"),
    **dict.fromkeys(("Ctrl+Space", "Shift+Space", "Ctrl+Shift+Space", "Ctrl+."), "切换输入法"),
    **dict.fromkeys(("Alt+F4", "Alt+Tab", "Alt+Shift+Tab", "Alt+Esc", "Alt+Space", "Ctrl+Esc"), "操作系统"),
}
_HELD = (
    *(Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta),
    *(Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_ScrollLock, Qt.Key.Key_unknown),
)
_NEVER = ("", "Esc", "Tab", "Shift+Tab", "Backtab", "Shift+Backtab")


def written(combination: QKeyCombination) -> str:
    """A pressed combination as the table writes it, the same for both Enter keys and for the number pad.

    Empty while only Ctrl, Shift and their like are held.
    """
    key, modifiers = combination.key(), combination.keyboardModifiers() & _KEPT_MODIFIERS
    if key is Qt.Key.Key_Enter:
        key = Qt.Key.Key_Return
    if key in _HELD:
        return ""
    name = QKeySequence(QKeyCombination(_Modifier.NoModifier, key)).toString(QKeySequence.SequenceFormat.PortableText)
    if modifiers & _Modifier.ShiftModifier and name in _UNSHIFTED:
        name = _UNSHIFTED[name]
    held = QKeySequence(QKeyCombination(modifiers, Qt.Key.Key_A)).toString(QKeySequence.SequenceFormat.PortableText)
    return f"{held[:-1]}{name}" if name else ""


def pane_key(combination: QKeyCombination) -> str:
    """As `written`; in a pane, where nothing is typed, + and = are one key, and Shift does not matter for a sign."""
    key = written(combination)
    return {"Shift+=": "+", "=": "+", "Shift++": "+", "Shift+-": "-"}.get(key, key)


def shown(sequence: str) -> str:
    """A key as the doctor reads it."""
    *held, name = sequence.rsplit("+", 1) if not sequence.endswith("+") else (sequence,)
    return "+".join((*held, _SHOWN.get(name, "Delete" if name == "Del" else name)))


def refusal(key: Key, sequence: str) -> str:
    """Why this can never be the key of this act, as a sentence; empty if it can."""
    if sequence == key.default:
        return ""
    if sequence in _NEVER or "Meta+" in sequence:
        return f"{shown(sequence) or '这个键'} 不能用作快捷键，请另选一个。"
    if sequence in _TAKEN:
        return f"{shown(sequence)} 用于{_TAKEN[sequence]}，请另选一个。"
    if key.in_pane or "Ctrl+" in sequence or "Alt+" in sequence or _FUNCTION_KEY.fullmatch(sequence):
        return ""
    return f"{shown(sequence)} 要留给书写和输入法：请加上 Ctrl 或 Alt，或者用 F1 至 F12。"


@dataclass(frozen=True, slots=True)
class KeyMap:
    """`changed`: the keys that differ from the table, by act."""

    changed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, kept: Mapping[str, str]) -> tuple[KeyMap, tuple[str, ...]]:
        """What was kept as far as it can be used; and the acts (by name) whose key could not."""
        known = {act: _normal(text) for act, text in kept.items() if act in BY_ACT}
        usable = {act: text for act, text in known.items() if not refusal(BY_ACT[act], text)}
        while clashing := _clashing(usable):
            usable = {act: text for act, text in usable.items() if act not in clashing}
        result = cls({act: text for act, text in usable.items() if text != BY_ACT[act].default})
        return result, tuple(act for act in kept if act not in usable)

    def of(self, act: str) -> str:
        """The key of an act."""
        return self.changed.get(act, BY_ACT[act].default)

    def holder(self, sequence: str) -> Key | None:
        """The act that this key does now."""
        return next((key for key in KEYS if self.of(key.act) == sequence), None)

    def giving(self, act: str, sequence: str) -> KeyMap:
        """With this key for this act; one that had it gets the act's key in exchange."""
        holder = self.holder(sequence)
        keys = {**self.changed, **({holder.act: self.of(act)} if holder else {}), act: sequence}
        return KeyMap({one: text for one, text in keys.items() if text != BY_ACT[one].default})


def _normal(text: str) -> str:
    """A kept key as the table writes it; empty if it is not exactly one key."""
    if text in ("+", "-"):
        return text
    sequence = QKeySequence(text, QKeySequence.SequenceFormat.PortableText)
    return sequence.toString(QKeySequence.SequenceFormat.PortableText) if sequence.count() == 1 else ""


def _clashing(changed: Mapping[str, str]) -> set[str]:
    """The changed acts whose key another act has too."""
    keys = KeyMap(changed)
    sequences = [keys.of(key.act) for key in KEYS]
    return {act for act, text in changed.items() if sequences.count(text) > 1}
