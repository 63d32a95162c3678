"""A model that is ready to run on this machine: what the catalog and `prepare` hand to the engine processes."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.runs import ModelIdentity
from app.inference.engine import LoadRequest


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that a loader will read; `path` absolute, `sha256` hex, `size` in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Speed:
    """What `calibrate` measured on this machine: tokens/s while reading and writing, seconds to load.

    `copying` is how many times as fast a copied text is written when it is guessed from the prompt. `memory_bytes` is
    what its process held after an answer, 0 where that was not measured.
    """

    reading: float
    writing: float
    load_seconds: float
    copying: float = 1.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Together:
    """How some models run at once: with `gain` times the throughput of one (A), on `threads` each.

    0 threads: each has all the cores, and the system divides them.
    """

    gain: float = 1.0
    threads: int = 0


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """One model on one engine. `files` must match their hashes before the engine process may load them.

    `demonstration` models are no medical models: the program says so wherever it shows their output.
    `speed` is None before any calibration. `server` is the `host:port` that the text is sent to, empty for a model
    that runs here. `languages`: what it was made for, the first is the one it is proved in.
    """

    identity: ModelIdentity
    request: LoadRequest
    files: tuple[CheckedFile, ...]
    demonstration: bool
    speed: Speed | None = None
    server: str = ""
    languages: tuple[str, ...] = ("zh",)
