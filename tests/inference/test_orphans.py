"""No engine process outlives the program, however the program ends."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

PROGRAM = """
import sys, time
from pathlib import Path
from app.core.runs import Decoding, Message
from app.inference.engine import GenerationRequest
from app.inference.engines.scripted import FaultKind, Script, scripted_model
from app.inference.supervisor import ModelHost

class Observer:
    def loading(self, fraction): pass
    def reading(self, done, total): pass
    def text(self, delta, tokens): print(host.pid, flush=True)

script = Script("word", fault=FaultKind(sys.argv[2]), fault_at_token=1)
host = ModelHost(scripted_model(Path(sys.argv[1]), script))
host.generate("r", GenerationRequest((Message("user", "?"),), Decoding()), Observer())
time.sleep(600)
"""


@pytest.mark.parametrize("fault", ["none", "hang", "freeze"])
def test_the_child_of_a_killed_program_ends(tmp_path: Path, fault: str) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "script.json"), fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        child = psutil.Process(int(program.stdout.readline()))
        assert child.ppid() == program.pid
        program.kill()
    try:
        child.wait(timeout=10)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
