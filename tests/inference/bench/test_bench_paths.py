"""The paths of the benchmark: the program's with a scripted engine, the bare libraries missing, crashing and real."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch

from app.controllers.model_library import open_library
from app.core.errors import EngineFault
from app.core.runs import Message
from app.inference.bench.contestants import contestants
from app.inference.bench.figures import Take
from app.inference.bench.machine import CpuWatch, describe_machine, peak_rss_mib, read_bandwidth
from app.inference.bench.own_path import OwnPath
from app.inference.bench.peer_path import PeerPath
from app.inference.bench.starts import measure_starts
from app.inference.bench.weights import file_bytes, weight_bytes
from app.inference.bench.workload import Workload
from app.inference.engine import LoadRequest
from app.inference.engines.bigdl import stored_embedding
from app.inference.engines.scripted import FaultKind, Script
from app.inference.prepared import PreparedModel
from app.infra.paths import Paths

SHORT = Workload(
    "differential",
    "short",
    (Message("user", "A man of 65 has chest pain."),),
    (Message("user", "A man of 65 has chest pains."),),
)
TOKENS = 8


def test_the_programs_own_path_is_measured(script: Callable[[Script], PreparedModel]) -> None:
    model = script(Script("0123456789", token_ms=60, prefill_ms=50, prefill_chunks=2))
    own = OwnPath(model)
    assert (own.path, own.engine, own.model) == ("wardnote", "scripted", "scripted")
    with closing(own):
        take, again = own.measure(SHORT, TOKENS), own.measure(SHORT, TOKENS)
    assert again.load_s == take.load_s, "the process is kept"
    assert take.answers.cold.output_tokens == TOKENS
    assert take.answers.cold.first_token_s >= 0.1
    assert 0 < (take.answers.cold.decode_tokens_per_second or 0) <= 1000 / 60
    assert take.load_s > 0
    assert take.weight_bytes == take.file_bytes == model.files[0].size
    assert take.plain is None, "nothing is guessed"


def test_a_record_is_written_again_without_guessing_where_the_engine_guesses(
    script: Callable[[Script], PreparedModel],
) -> None:
    model = script(Script("0123456789", token_ms=5))
    guessing = replace(model, request=replace(model.request, options=(("lookup", "3"),)))
    with closing(OwnPath(guessing)) as own:
        record, note = own.measure(replace(SHORT, copies=True), TOKENS), own.measure(SHORT, TOKENS)
    assert record.plain is not None
    assert record.plain.output_tokens == record.answers.cold.output_tokens
    assert record.same_text
    assert note.plain is None


@pytest.mark.parametrize("dropped", [True, False])
def test_a_start_is_cold_only_where_the_page_cache_was_dropped(
    dropped: bool, script: Callable[[Script], PreparedModel]
) -> None:
    drops: list[bool] = []

    def drop() -> bool:
        drops.append(dropped)
        return dropped

    (starts,) = measure_starts([script(Script("0"))], 2, lambda words: None, drop)
    row = starts.document()
    assert (row["engine"], row["model"]) == ("scripted", "scripted")
    assert len(starts.warm) == len(drops) == 2
    assert len(starts.cold) == (2 if dropped else 0)
    assert {"load_cold_s", "warm_over_cold"} <= set(row) if dropped else "load_cold_s" not in row


def test_a_failing_run_is_a_fault_of_the_take(script: Callable[[Script], PreparedModel]) -> None:
    own = OwnPath(script(Script("0123456789", fault=FaultKind.RAISE, fault_at_token=2)))
    with closing(own), pytest.raises(EngineFault):
        own.measure(SHORT, TOKENS)


@pytest.mark.parametrize(
    ("library", "sentence"),
    [
        ("import no_such_package_xyz", "没有安装 no_such_package_xyz"),
        ("raise ValueError('the prompt was: …')", "llama.cpp 无法完成测速（ValueError）"),
        ("import os; os.abort()", "llama.cpp 的测速进程意外退出"),
    ],
)
def test_a_bare_library_that_is_missing_or_breaks_is_said_in_words(
    library: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text(library, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    peer = PeerPath("llama.cpp", LoadRequest("m", "model.gguf", "", 512, threads=1))
    with closing(peer), pytest.raises(EngineFault) as caught:
        peer.measure(SHORT, TOKENS)
    assert sentence in str(caught.value)
    assert "prompt" not in str(caught.value)


def test_what_a_token_reads_follows_from_the_files(tmp_path: Path) -> None:
    gguf, ir, int4 = tmp_path / "a.gguf", tmp_path / "ir", tmp_path / "int4"
    gguf.write_bytes(b"x" * 10)
    ir.mkdir()
    (ir / "openvino_model.bin").write_bytes(b"x" * 20)
    int4.mkdir()
    embedding, rest = torch.zeros(50, 30, dtype=torch.float16), torch.zeros(70, dtype=torch.uint8)
    torch.save({"model.embed_tokens.weight": embedding, "rest": rest}, int4 / "pytorch_model.bin")
    (int4 / "config.json").write_text("{}", encoding="utf-8")
    stored = (int4 / "pytorch_model.bin").stat().st_size
    assert [weight_bytes(str(path)) for path in (gguf, ir, int4)] == [10, 20, stored - 50 * 30 * 2]
    assert [file_bytes(str(path)) for path in (gguf, ir, int4)] == [10, 20, stored + 2]


def test_a_folder_in_parts_has_its_embedding_in_the_first(tmp_path: Path) -> None:
    embedding, rest = torch.rand(50, 30).half(), torch.zeros(70, dtype=torch.uint8)
    parts = [tmp_path / f"pytorch_model-0000{number}-of-00002.bin" for number in (1, 2)]
    for part, state in zip(parts, ({"model.embed_tokens.weight": embedding}, {"rest": rest}), strict=True):
        torch.save(state, part)
    assert torch.equal(stored_embedding(tmp_path), embedding)
    assert weight_bytes(str(tmp_path)) == sum(part.stat().st_size for part in parts) - embedding.nbytes


def test_the_machine_is_described() -> None:
    bandwidth = read_bandwidth(2)
    assert bandwidth > 1e8
    machine = describe_machine(2, bandwidth)
    assert machine["threads"] == 2
    assert json.loads(json.dumps(machine)) == machine


def test_a_childs_work_is_no_others() -> None:
    code = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True); input()"
    watch = CpuWatch()
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        own_while_it_lives = watch.own_seconds()
        child.communicate(b"\n", timeout=30)
    assert own_while_it_lives >= 0.45
    # Its end may round user and system time down by a tick each.
    assert watch.own_seconds() >= own_while_it_lives - 0.03
    assert 0 <= (watch.others_share() or 0) <= 1


def test_the_peak_of_a_process_is_at_least_what_it_holds() -> None:
    now = psutil.Process().memory_info().rss / 2**20
    assert peak_rss_mib(psutil.Process().pid) >= now * 0.9


@pytest.mark.models
@pytest.mark.parametrize(
    "path", ["wardnote/bigdl", "wardnote/openvino", "bigdl/bigdl", "openvino/openvino", "llama.cpp"]
)
def test_every_path_is_measured_with_a_real_model(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Other tests may run beside it: a measurement would leave the library its spinning threads.
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    library = open_library(Paths.resolve(tmp_path))
    found = contestants(library, library.catalog.get("smollm2-135m"), peers=True)
    (contestant,) = [one for one in found if f"{one.path}/{one.engine}".startswith(path)]
    with closing(contestant):
        check(contestant.measure(SHORT, TOKENS))


def check(take: Take) -> None:
    cold, warm = take.answers.cold, take.answers.warm
    assert cold.input_tokens > 10
    assert warm is None or warm.input_tokens == cold.input_tokens
    assert cold.output_tokens == TOKENS
    assert take.peak_rss_mib > 100
    assert 1e7 < take.weight_bytes < 1e9
    assert take.figures(1e10)["decode_tokens_per_second"] > 0
