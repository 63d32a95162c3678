"""What was measured on this machine, kept in one JSON file of the cache; another machine measures anew."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.core.errors import EnvironmentFault
from app.inference.prepared import PreparedModel, Speed, Together
from app.inference.scheduler import slots_for

# A typical differential: the prompt that is read and the answer that is written, in tokens.
_TYPICAL_INPUT = 600
_TYPICAL_OUTPUT = 300

# Tokens of one guess of a copied text. Four rows cost BigDL's engine 1.3 times one row, eight 2.6 times. OpenVINO can
# guess too, but not under a grammar, and every record has one.
GUESSES = {"bigdl": 3}
_WORTHWHILE = 1.1


class Calibration:
    """Speeds by model and engine, gains by set of models. Values are immutable; `with_…` gives a new one."""

    def __init__(self, path: Path, speeds: Mapping[str, Speed], gains: Mapping[str, Together] | None = None) -> None:
        self._path = path
        self._speeds = dict(speeds)
        self._gains = dict(gains or {})

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """The file's figures if they are of this machine; nothing (not an error) if they are not, or unreadable."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            speeds = {key: _speed(value) for key, value in raw["speeds"].items()}
            # A bare number is from an older program, which measured too much.
            gains = {key: _together(each) for key, each in raw.get("gains", {}).items() if isinstance(each, dict)}
            return cls(path, speeds, gains) if raw["machine"] == machine_key() else cls(path, {})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path, {})

    def speed(self, model: str, engine: str, recipe: str) -> Speed | None:
        """What was measured for this model on this engine, prepared by this recipe."""
        return self._speeds.get(_key(model, engine, recipe))

    def with_speed(self, model: str, engine: str, recipe: str, speed: Speed) -> Calibration:
        """The same figures with this one added or replaced."""
        return Calibration(self._path, {**self._speeds, _key(model, engine, recipe): speed}, self._gains)

    def together(self, models: Sequence[PreparedModel]) -> Together:
        """What was measured for these models at once (see `measure_together`); no gain before any measurement."""
        return self._gains.get(_key_of_all(models), Together())

    def arranged(self, models: Sequence[PreparedModel]) -> tuple[PreparedModel, ...]:
        """The models on the cores that are theirs: all of them, or a share where they run at once and gain by it."""
        together = self.together(models)
        if not together.threads or slots_for(together.gain, len(models)) == 1:
            return tuple(models)
        return tuple(replace(one, request=replace(one.request, threads=together.threads)) for one in models)

    def with_together(self, models: Sequence[PreparedModel], together: Together) -> Calibration:
        """The same figures with this one added or replaced."""
        return Calibration(self._path, self._speeds, {**self._gains, _key_of_all(models): together})

    def write(self) -> None:
        """Replace the file as a whole. Raises EnvironmentFault if it cannot be written."""
        temporary = self._path.with_suffix(".partial")
        speeds = {key: asdict(speed) for key, speed in self._speeds.items()}
        gains = {key: asdict(together) for key, together in self._gains.items()}
        document = {"machine": machine_key(), "speeds": speeds, "gains": gains}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
            temporary.replace(self._path)
        except OSError as error:
            raise EnvironmentFault(f"无法写入 {self._path}（{error.strerror}），请检查磁盘空间与权限") from error

    @staticmethod
    def job_seconds(model: PreparedModel) -> float:
        """Seconds for a typical differential; infinite before any measurement (then the first engine is taken)."""
        if model.speed is None:
            return float("inf")
        return _TYPICAL_INPUT / model.speed.reading + _TYPICAL_OUTPUT / model.speed.writing


def engine_options(engine: str, speed: Speed | None) -> tuple[tuple[str, str], ...]:
    """What the measurements make of an engine's settings: copied text is guessed where that pays."""
    pays = speed is not None and speed.copying >= _WORTHWHILE and engine in GUESSES
    return (("lookup", str(GUESSES[engine])),) if pays else ()


def _together(values: Mapping[str, Any]) -> Together:
    together = Together(**values)
    if not (math.isfinite(together.gain) and together.gain > 0 and together.threads >= 0):
        raise ValueError("a gain is a positive number")
    return together


def _key_of_all(models: Sequence[PreparedModel]) -> str:
    return " + ".join(sorted(f"{model.identity.model} {model.identity.engine}" for model in models))


def _speed(values: Mapping[str, Any]) -> Speed:
    speed = Speed(**values)
    if not all(math.isfinite(value) and value > 0 for value in (speed.reading, speed.writing, speed.copying)):
        raise ValueError("a speed is a positive number")
    return speed


def machine_key() -> str:
    """What the figures depend on: the processor and how many of its cores the program may use."""
    return f"{platform.machine()}/{_processor()}/{os.cpu_count()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def _key(model: str, engine: str, recipe: str) -> str:
    return f"{model} {engine} {recipe}"
