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

import psutil

from app.core.errors import EnvironmentFault
from app.inference.prepared import PreparedModel, Speed, Together
from app.inference.scheduler import slots_for

# A typical differential: the prompt that is read and the answer that is written, in tokens.
_TYPICAL_INPUT = 600
_TYPICAL_OUTPUT = 300

# The most tokens of one guess of a copied text. OpenVINO can guess too, but not under a grammar, and every record has
# one.
GUESSES = {"bigdl": 7}
_WORTHWHILE = 1.1

Settings = tuple[tuple[str, str], ...]
"""What is chosen for a model on this machine, where that is not the default: `kv` (precision of the key-value cache)
and `threads`."""

# OpenVINO keeps keys and values in 8 bits unless it is told otherwise. Its attention backend SDPA is no choice: it
# forgets a prompt that was read ahead, so that every answer reads all of it again.
_SETTINGS = ("kv", "threads")
_CACHES = {"openvino": ("f16", "bf16")}
_LOCAL = ("bigdl", "openvino")


class Calibration:
    """Speeds and settings by model and engine, gains by set of models. Immutable; `with_…` gives a new one."""

    def __init__(
        self,
        path: Path,
        speeds: Mapping[str, Speed],
        gains: Mapping[str, Together] | None = None,
        settings: Mapping[str, Settings] | None = None,
    ) -> None:
        self._path = path
        self._speeds = dict(speeds)
        self._gains = dict(gains or {})
        self._settings = dict(settings or {})

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """The file's figures if they are of this machine; nothing (not an error) if they are not, or unreadable."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            speeds = {key: _speed(value) for key, value in raw["speeds"].items()}
            # A bare number is from an older program, which measured too much.
            gains = {key: _together(each) for key, each in raw.get("gains", {}).items() if isinstance(each, dict)}
            settings = {key: _settings(value) for key, value in raw.get("settings", {}).items()}
            return cls(path, speeds, gains, settings) if raw["machine"] == machine_key() else cls(path, {})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path, {})

    def speed(self, model: str, engine: str, recipe: str) -> Speed | None:
        """What was measured for this model on this engine, prepared by this recipe."""
        return self._speeds.get(_key(model, engine, recipe))

    def with_speed(self, model: str, engine: str, recipe: str, speed: Speed) -> Calibration:
        """The same figures with this one added or replaced."""
        speeds = {**self._speeds, _key(model, engine, recipe): speed}
        return Calibration(self._path, speeds, self._gains, self._settings)

    def settings(self, model: str, engine: str, recipe: str) -> Settings:
        """What was chosen for this model on this engine; nothing where the defaults are as good."""
        return self._settings.get(_key(model, engine, recipe), ())

    def with_settings(self, model: str, engine: str, recipe: str, settings: Settings) -> Calibration:
        """The same figures with this choice added or replaced."""
        chosen = {**self._settings, _key(model, engine, recipe): settings}
        return Calibration(self._path, self._speeds, self._gains, chosen)

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
        gains = {**self._gains, _key_of_all(models): together}
        return Calibration(self._path, self._speeds, gains, self._settings)

    def write(self) -> None:
        """Replace the file as a whole. Raises EnvironmentFault if it cannot be written."""
        temporary = self._path.with_suffix(".partial")
        speeds = {key: asdict(speed) for key, speed in self._speeds.items()}
        gains = {key: asdict(together) for key, together in self._gains.items()}
        settings = {key: dict(chosen) for key, chosen in self._settings.items()}
        document = {"machine": machine_key(), "speeds": speeds, "gains": gains, "settings": settings}
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
        return job_seconds(model.speed.reading, model.speed.writing)


def job_seconds(reading: float, writing: float) -> float:
    """Seconds for a typical differential at these tokens/s."""
    return _TYPICAL_INPUT / reading + _TYPICAL_OUTPUT / writing


def engine_options(engine: str, speed: Speed | None) -> tuple[tuple[str, str], ...]:
    """What the measurements make of an engine's settings: copied text is guessed where that pays."""
    pays = speed is not None and speed.copying >= _WORTHWHILE and engine in GUESSES
    return (("lookup", str(GUESSES[engine])),) if pays else ()


def guessing(model: PreparedModel) -> PreparedModel:
    """The model with guesses of copied text on, whatever was measured. Its engine must be one of GUESSES."""
    options = {**dict(model.request.options), "lookup": str(GUESSES[model.identity.engine])}
    return replace(model, request=replace(model.request, options=tuple(options.items())))


def setting_choices(engine: str) -> list[tuple[str, str]]:
    """What may be better than the defaults here; threads only where the processor runs two on a core."""
    physical, logical = physical_cores(), psutil.cpu_count() or 1
    threads = [("threads", str(logical))] if engine in _LOCAL and logical > physical else []
    return [*threads, *(("kv", precision) for precision in _CACHES.get(engine, ()))]


def with_settings(model: PreparedModel, settings: Settings) -> PreparedModel:
    """The model with these settings, and the defaults for the others; a model on a server has none."""
    if model.identity.engine not in _LOCAL:
        return model
    chosen = dict(settings)
    threads = int(chosen.pop("threads", physical_cores()))
    kept = tuple(option for option in model.request.options if option[0] not in _SETTINGS)
    return replace(model, request=replace(model.request, threads=threads, options=(*kept, *chosen.items())))


def physical_cores() -> int:
    """As many threads an engine gets by default."""
    return psutil.cpu_count(logical=False) or 1


def _settings(values: Mapping[str, Any]) -> Settings:
    for key, value in values.items():
        known = value in sum(_CACHES.values(), ()) if key == "kv" else key == "threads" and int(value) > 0
        if not known:
            raise ValueError("no setting of an engine")
    return tuple((key, str(value)) for key, value in values.items())


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
