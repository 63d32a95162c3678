"""What was measured on this machine, kept in one JSON file of the cache; another machine measures anew."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from app.core.errors import EnvironmentFault
from app.inference.prepared import PreparedModel, Speed

# A typical differential: the prompt that is read and the answer that is written, in tokens.
_TYPICAL_INPUT = 600
_TYPICAL_OUTPUT = 300


class Calibration:
    """Speeds by model and engine. Values are immutable; `with_speed` gives a new one."""

    def __init__(self, path: Path, speeds: Mapping[str, Speed]) -> None:
        self._path = path
        self._speeds = dict(speeds)

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """The file's figures if they are of this machine; nothing (not an error) if they are not, or unreadable."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            speeds = {key: _speed(value) for key, value in raw["speeds"].items()}
            return cls(path, speeds if raw["machine"] == machine_key() else {})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path, {})

    def speed(self, model: str, engine: str, recipe: str) -> Speed | None:
        """What was measured for this model on this engine, prepared by this recipe."""
        return self._speeds.get(_key(model, engine, recipe))

    def with_speed(self, model: str, engine: str, recipe: str, speed: Speed) -> Calibration:
        """The same figures with this one added or replaced."""
        return Calibration(self._path, {**self._speeds, _key(model, engine, recipe): speed})

    def write(self) -> None:
        """Replace the file as a whole. Raises EnvironmentFault if it cannot be written."""
        temporary = self._path.with_suffix(".partial")
        speeds = {key: asdict(speed) for key, speed in self._speeds.items()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps({"machine": machine_key(), "speeds": speeds}, indent=1), encoding="utf-8")
            temporary.replace(self._path)
        except OSError as error:
            raise EnvironmentFault(f"无法写入 {self._path}（{error.strerror}），请检查磁盘空间与权限") from error

    @staticmethod
    def job_seconds(model: PreparedModel) -> float:
        """Seconds for a typical differential; infinite before any measurement (then the first engine is taken)."""
        if model.speed is None:
            return float("inf")
        return _TYPICAL_INPUT / model.speed.reading + _TYPICAL_OUTPUT / model.speed.writing


def _speed(values: Mapping[str, float]) -> Speed:
    speed = Speed(**values)
    if not all(math.isfinite(value) and value > 0 for value in (speed.reading, speed.writing)):
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
