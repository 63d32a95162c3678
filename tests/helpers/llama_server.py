"""A real server of the OpenAI protocol on loopback: llama.cpp's, in a process of its own.

`python -m tests.helpers.llama_server GGUF ALIAS` prints its address and serves until its standard input ends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ALIAS = "ward-model"


@contextmanager
def llama_server(gguf: Path) -> Iterator[str]:
    """The server's URL (`http://127.0.0.1:PORT/v1`)."""
    command = [sys.executable, "-m", "tests.helpers.llama_server", str(gguf), ALIAS]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin and process.stdout
    try:
        address = next((line.split()[1] for line in process.stdout if line.startswith("listening ")), "")
        assert address, "the server did not start"
        yield f"{address}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _serve(gguf: str, alias: str) -> None:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = gguf
    parameters.model_alias = {alias}
    parameters.n_ctx, parameters.n_parallel = 8192, 1
    parameters.cpuparams.n_threads = 2
    parameters.hostnames, parameters.port = ["127.0.0.1"], 0
    server = xllamacpp.Server(parameters)
    print("listening", server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
