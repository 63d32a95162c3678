"""Models for the tests of engines and their processes: scripted ones, and the real SmolLM2-135M."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from app.controllers.model_library import open_library
from app.inference.engines.scripted import Script, scripted_model
from app.inference.patience import Limits
from app.inference.prepared import PreparedModel
from app.inference.supervisor import ModelHost
from app.infra.paths import Paths
from tests.helpers.llama_server import ALIAS, llama_server


@dataclass
class Record:
    """An observer that keeps what it is told; `on_text` and `on_reading` act in the middle of a run."""

    on_text: Callable[[], None] = lambda: None
    on_reading: Callable[[], None] = lambda: None
    loadings: list[float] = field(default_factory=list)
    readings: list[tuple[int, int]] = field(default_factory=list)
    deltas: list[str] = field(default_factory=list)
    tokens: int = 0

    def loading(self, fraction: float) -> None:
        """Keep it."""
        self.loadings.append(fraction)

    def reading(self, done: int, total: int) -> None:
        """Keep it, act."""
        self.readings.append((done, total))
        self.on_reading()

    def text(self, delta: str, tokens: int) -> None:
        """Keep it, act."""
        self.deltas.append(delta)
        self.tokens += tokens
        self.on_text()

    @property
    def written(self) -> str:
        """All text so far."""
        return "".join(self.deltas)


def strike(host: ModelHost, signal_name: str) -> None:
    """Send a signal to the host's process."""
    assert host.pid is not None
    os.kill(host.pid, getattr(signal, signal_name))


class MakeHost(Protocol):
    """Makes hosts that are closed after the test."""

    def __call__(self, model: PreparedModel, limits: Limits | None = None) -> ModelHost: ...


@pytest.fixture
def make_host() -> Iterator[MakeHost]:
    """Hosts whose processes do not outlive the test."""
    hosts: list[ModelHost] = []

    def make(model: PreparedModel, limits: Limits | None = None) -> ModelHost:
        hosts.append(ModelHost(model, limits=limits))
        return hosts[-1]

    yield make
    for host in hosts:
        host.close()


@pytest.fixture
def script(tmp_path: Path) -> Callable[[Script], PreparedModel]:
    """A model that follows a script."""
    return lambda script: scripted_model(tmp_path / "script.json", script)


@pytest.fixture(scope="session")
def prepared_smollm2(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], PreparedModel]:
    """The real SmolLM2-135M, prepared for an engine (`bigdl` or `openvino`)."""
    paths = Paths.resolve(tmp_path_factory.mktemp("data"))
    return lambda engine: open_library(paths).choose(["smollm2-135m"], engine)[0]


SERVED = """[[model]]
name = "served"
context_tokens = 8192
[model.source]
kind = "openai-server"
url = "{url}"
model = "{model}"
dialect = "llama.cpp"
"""


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    """A real server with SmolLM2-135M, ended with its module: later tests count this process's children."""
    source = next(model for model in open_library(Paths.resolve()).catalog.models if model.name == "smollm2-135m")
    with llama_server(Path(source.files[0].path)) as url:
        yield url


@pytest.fixture(scope="module")
def served_smollm2(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> PreparedModel:
    """That model as the catalog and the policy of a hospital give it."""
    paths = Paths.resolve(tmp_path_factory.mktemp("served"))
    paths.hospital_catalog.mkdir()
    (paths.hospital_catalog / "served.toml").write_text(SERVED.format(url=server_url, model=ALIAS))
    paths.policy.write_text(f'[servers]\nallowed = ["{server_url.split("/")[2]}"]\n')
    return open_library(paths).choose(["served"])[0]
