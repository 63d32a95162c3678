from __future__ import annotations

import subprocess

from app.infra.interpreter import python_command


def test_a_child_reads_and_writes_utf8_whatever_its_variables_say() -> None:
    program = "import sys; print(sys.flags.utf8_mode)"
    command = [*python_command(), "-I", "-c", program]  # as isolated as the embedded interpreter
    environment = {"PYTHONUTF8": "0", "LC_ALL": "en_US.ISO-8859-1"}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "1"
