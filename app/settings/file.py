"""The settings of one data folder: a small versioned JSON file, never a reason for the window not to open."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)

VERSION = 1
NEWER = "设置文件来自更新版本的病程助手，这一版不使用也不改动它：窗口和快捷键用默认值，更改不会保留。"
DAMAGED = "设置文件已损坏，另存为 settings.damaged：窗口和快捷键恢复默认，病历不受影响。"
UNREADABLE = "设置文件无法读取：窗口和快捷键用默认值，更改不会保留，病历不受影响。"


@dataclass(frozen=True, slots=True)
class Settings:
    """`window`: how the window was left, as texts that only the window understands; empty at first.

    `chosen`: what was decided once (language, theme, how far the first start came); `engines`: a model's engine;
    `keys`: the keys that the doctor changed, by act.
    """

    window: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    engines: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)


class SettingsFile:
    """Reads and writes the file; neither raises.

    A damaged file is set aside under another name. A file of a newer program is neither used nor written over.
    `trouble` says in a sentence why what was kept is not in force.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self._path = path
        self._writable = True
        self.trouble = ""

    def load(self) -> Settings:
        """What is kept; the defaults where that cannot be read."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            self._writable = kept["version"] <= VERSION
            if self._writable:
                more = (_texts(kept.get(part, {})) for part in ("chosen", "engines", "keys"))
                return Settings(_texts(kept["window"]), *more)
            self.trouble = NEWER
        except FileNotFoundError:
            pass
        except (ValueError, TypeError, KeyError, RecursionError):
            self.trouble = DAMAGED
            self._set_aside()
        except OSError as error:
            self._writable = False
            self.trouble = UNREADABLE
            logger.warning("the settings cannot be read: %s", type(error).__name__)
        return Settings()

    def save(self, settings: Settings) -> None:
        """Keep these, whole or not at all."""
        if not self._writable:
            return
        unfinished = self._path.with_suffix(".new")
        try:
            text = json.dumps({"version": VERSION, **asdict(settings)}, indent=1)
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(self._path)
        except OSError as error:
            logger.warning("the settings cannot be kept: %s", type(error).__name__)

    def _set_aside(self) -> None:
        logger.warning("the settings file is damaged and was set aside")
        try:
            self._path.replace(self._path.with_suffix(".damaged"))
        except OSError:
            self._writable = False


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ValueError("not a mapping of texts")
    return values
