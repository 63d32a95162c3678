"""WardNote works on a machine without a network, and does not try to reach one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.helpers.offline import run_offline

WARDNOTE = Path(sys.executable).with_name("wardnote")


def test_the_namespace_has_nothing_but_loopback(tmp_path: Path) -> None:
    listed = run_offline(["cat", "/proc/net/dev"], tmp_path, timeout=30).stdout.splitlines()[2:]
    assert [line.split(":")[0].strip() for line in listed] == ["lo"]


def test_an_attempt_that_is_swallowed_is_seen(tmp_path: Path) -> None:
    child = "import socket, contextlib\nwith contextlib.suppress(OSError): socket.create_connection(('192.0.2.1', 9))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    run = run_offline([sys.executable, "-c", parent], tmp_path, timeout=60)
    assert run.returncode == 0, run.stderr
    assert any("socket.connect ('192.0.2.1', 9)" in attempt for attempt in run.attempts)


def test_loading_the_libraries_tries_nothing(tmp_path: Path) -> None:
    run = run_offline([WARDNOTE, "self-test", "--json", "--data-dir", tmp_path / "data"], tmp_path, timeout=300)
    findings = {check["name"]: check["ok"] for check in json.loads(run.stdout)["checks"]}
    assert findings["import openvino-genai"], run.stdout
    assert not findings["models"], "this test's cache is empty"
    assert run.attempts == ()


CONVERSION = """
import importlib, multiprocessing
from app.inference.conversion.isolated import isolated

def step(report):
    importlib.import_module("openvino_genai")
    for sender in multiprocessing.active_children():
        sender.join()
    return "loaded"

if __name__ == "__main__":
    print(isolated(step, report=lambda fraction: None))
"""


def test_a_conversion_tries_nothing(tmp_path: Path) -> None:
    (tmp_path / "conversion.py").write_text(CONVERSION)
    run = run_offline([sys.executable, tmp_path / "conversion.py"], tmp_path, timeout=120)
    assert run.stdout == "loaded\n", run.stderr
    assert run.attempts == ()


@pytest.mark.models
@pytest.mark.parametrize("engine", ["bigdl", "openvino"])
def test_every_model_writes_without_a_network(engine: str, tmp_path: Path) -> None:
    command = [WARDNOTE, "self-test", "--engine", engine, "--json", "--data-dir", tmp_path / "data"]
    run = run_offline(command, tmp_path, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    names = [check["name"] for check in json.loads(run.stdout)["checks"]]
    assert sum(name.startswith("generation ") for name in names) == 3
    assert run.attempts == ()
