"""One model in many formats of weights: perplexity over the unquantised parent's, size, and speed, on both engines.

`python -m tests.benchmarks.formats make --cases A.jsonl B.jsonl --work DIR --json OUT.json` makes the folders in DIR
and reads the cases with each; interrupted, it goes on where it was.
`python -m tests.benchmarks.formats speed --work DIR --json OUT.json` measures those that are there, taking turns;
nothing else should run. `--rows` chooses rows, `--model` another model. Rows of NNCF need `--nncf PYTHON`, the Python
of an environment of its own with the packages nncf and openvino; the program itself does without.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.controllers.model_keeper import sample_prompts
from app.controllers.model_library import open_library, quality_texts
from app.core.runs import ModelIdentity
from app.inference.calibrate import measure_speed
from app.inference.catalog import CatalogModel, Weights
from app.inference.conversion import steps
from app.inference.conversion.isolated import Report, isolated
from app.inference.engine import LoadRequest, Score
from app.inference.prepared import PreparedModel
from app.inference.scoring import score_logits
from app.infra.paths import Paths
from app.infra.resources import resource_path

TOKENS = 700
PLAIN = "openvino float16"
BLOCKS = "openvino, the file's blocks"


@dataclass(frozen=True)
class Row:
    """A format: how the program or NNCF makes it. The program's own default is the first of its engine."""

    engine: str
    weights: Weights | str
    nncf: dict[str, Any] = field(default_factory=dict)
    head: str = "int4"


def _nncf(mode: str, group: int, **more: Any) -> Row:
    return Row("openvino", "", {"mode": mode, "group_size": group, **more})


ROWS = {
    "openvino default": Row("openvino", Weights.INT4),
    BLOCKS: Row("openvino", Weights.INT4),
    "bigdl default": Row("bigdl", "sym_int4"),
    PLAIN: Row("openvino", Weights.BF16),
    "openvino int8": Row("openvino", Weights.INT8),
    "bigdl sym_int4, float32 head": Row("bigdl", "sym_int4", head="float32"),
    "bigdl asym_int4": Row("bigdl", "asym_int4"),
    "bigdl sym_int8": Row("bigdl", "sym_int8"),
    "bigdl bf16": Row("bigdl", "bf16"),
    **{f"nncf {mode} g{group}": _nncf(f"int4_{mode}", group) for mode in ("asym", "sym") for group in (32, 64, 128)},
    "nncf asym g32, int4 head": _nncf("int4_asym", 32, all_layers=True),
    "nncf sym g32, int4 head": _nncf("int4_sym", 32, all_layers=True),
    "nncf asym g64, scale estimation": _nncf("int4_asym", 64, scale_estimation=True),
    "nncf asym g64, AWQ": _nncf("int4_asym", 64, awq=True),
    "nncf asym g64, AWQ, scale estimation": _nncf("int4_asym", 64, awq=True, scale_estimation=True),
    "nncf sym g128, AWQ, scale estimation": _nncf("int4_sym", 128, awq=True, scale_estimation=True),
}


class Results:
    """The JSON file, written after each row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": {}}

    def row(self, name: str) -> dict[str, Any]:
        """What is known of a row; may be changed, then `write`."""
        found: dict[str, Any] = self.values["rows"].setdefault(name, {})
        return found

    def write(self) -> None:
        """Replace the file as a whole."""
        temporary = self._path.with_suffix(".partial")
        temporary.write_text(json.dumps(self.values, ensure_ascii=False, indent=1), encoding="utf-8")
        temporary.replace(self._path)


class Bench:
    """One model, its parent, and the folders made of it."""

    def __init__(self, model: CatalogModel, work: Path, results: Results, nncf: str | None) -> None:
        self.model = model
        self.work = work
        self.results = results
        self._nncf_python = nncf
        self._gguf = Path(max(model.files, key=lambda file: file.size).path)
        work.mkdir(parents=True, exist_ok=True)

    @property
    def parent(self) -> Path:
        """The dequantised file, as a Hugging Face folder."""
        folder = self.work / "parent"
        if not (folder / "complete").exists():
            isolated(steps.dequantise, self._gguf, folder, report=_quiet)
            (folder / "complete").touch()
        return folder

    def make(self, name: str) -> Path:
        """The folder of a row."""
        row, folder = ROWS[name], self.work / name.replace(" ", "_").replace(",", "")
        if (folder / "complete").exists():
            return folder
        began = time.monotonic()
        if row.nncf:
            self._compress(row, folder)
        elif row.engine == "openvino" and row.weights is Weights.INT4 and name != BLOCKS:
            isolated(steps.compress_for_openvino, self.make(BLOCKS), folder, report=_quiet)
        elif row.engine == "openvino":
            isolated(steps.convert_for_openvino, self._gguf, folder, row.weights, report=_quiet)
        else:
            isolated(steps.quantise_for_bigdl, self.parent, folder, row.weights, row.head, report=_quiet)
        self.results.row(name)["made_s"] = round(time.monotonic() - began, 1)
        (folder / "complete").touch()
        return folder

    def _compress(self, row: Row, folder: Path) -> None:
        """NNCF in its own environment, on texts that no case is one of."""
        texts = self.work / "calibration.json"
        if not texts.exists():
            ids = isolated(token_ids, self.parent, sample_texts(), report=_quiet)
            texts.write_text(json.dumps(ids), encoding="utf-8")
        script = Path(__file__).with_name("formats_nncf.py")
        assert self._nncf_python
        command = [self._nncf_python, str(script), str(self.make(PLAIN)), str(folder), str(texts), json.dumps(row.nncf)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def prepared(self, name: str) -> PreparedModel:
        """The row in its engine, as the program runs it."""
        row, model = ROWS[name], self.model
        head = (("head", row.head),) if row.weights == "sym_int4" else ()
        identity = ModelIdentity(model.name, model.title, model.sha256, model.base, row.engine, "", name)
        template = steps.read_chat_template(self.parent)
        request = LoadRequest(model.name, str(self.make(name)), template, model.context_tokens, 2, head)
        return PreparedModel(identity, request, (), model.demonstration)


def token_ids(parent: Path, texts: Sequence[str], report: Report) -> list[list[int]]:
    """The first tokens of texts."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(parent / "tokenizer.json"))
    return [tokenizer.encode(text, add_special_tokens=False).ids[:TOKENS] for text in texts]


def parent_scores(parent: Path, texts: Sequence[str], report: Report) -> list[tuple[str, Score]]:
    """Each text cut at so many tokens, and how the parent reads it in float32."""
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    tokenizer = Tokenizer.from_file(str(parent / "tokenizer.json"))
    model = AutoModelForCausalLM.from_pretrained(parent, torch_dtype=torch.float32, use_safetensors=True).eval()
    found = []
    for number, text in enumerate(texts):
        encoding = tokenizer.encode(text, add_special_tokens=False)
        text = text if len(encoding.ids) <= TOKENS else text[: encoding.offsets[TOKENS][0]]
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        with torch.inference_mode():
            found.append((text, score_logits(ids, model(torch.tensor([ids]), use_cache=False).logits[0].numpy())))
        report((number + 1) / len(texts))
    return found


def sample_texts() -> list[str]:
    """The sample cases, and the discharge records of the sample stays."""
    samples = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(resource_path("samples").glob("*.json"))]
    stays = sorted(resource_path("samples", "stays").glob("*.json"))
    records = [json.loads(path.read_text(encoding="utf-8"))["reference"] for path in stays]
    cases = [f"{sample['chief_complaint']}\n{sample['case_features']}" for sample in samples]
    return cases + ["\n".join(map(_words, record.values())) for record in records]


def case_texts(paths: Sequence[Path], each: int) -> list[str]:
    """All that the first cases of each file say, one text a case."""
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()[:each]]
    return ["\n".join(map(_words, json.loads(line).values())) for line in lines]


def _words(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def engine_scores(engine: str, request: LoadRequest, texts: Sequence[str], report: Report) -> list[Score]:
    """How an engine reads texts, at ordinary priority: the program's own processes give way to everything else."""
    from app.inference.engines.bigdl import BigDLEngine
    from app.inference.engines.openvino import OpenVINOEngine

    loaded = BigDLEngine() if engine == "bigdl" else OpenVINOEngine()
    loaded.load(request, report)
    return [loaded.score(text) for text in texts]


def read_row(bench: Bench, name: str, parents: Sequence[tuple[str, Score]]) -> None:
    """Read every text with a row; the last text is the one of the proof."""
    request, texts = bench.prepared(name).request, [text for text, _ in parents]
    scores = isolated(engine_scores, ROWS[name].engine, request, texts, report=_quiet)
    pairs = [(score, parent) for score, (_, parent) in zip(scores, parents, strict=True)]
    assert all(score.token_ids == parent.token_ids for score, parent in pairs), "the tokens differ"
    cases = pairs[:-1]
    equal = [a == b for one, parent in cases for a, b in zip(one.top_tokens, parent.top_tokens, strict=True)]
    folder = bench.make(name)
    bench.results.row(name).update(
        cases=round(_ratio(cases), 4),
        proof=round(_ratio(pairs[-1:]), 4),
        top1=round(sum(equal) / len(equal), 4),
        tokens=len(equal),
        megabytes=round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6),
    )
    bench.results.write()


def _ratio(pairs: Sequence[tuple[Score, Score]]) -> float:
    """Perplexity of the first over that of the second, over all tokens of all texts."""
    losses = [
        parent - own
        for score, other in pairs
        for own, parent in zip(score.log_likelihoods, other.log_likelihoods, strict=True)
    ]
    return math.exp(sum(losses) / len(losses))


def make_all(bench: Bench, names: Sequence[str], cases: Sequence[Path], each: int) -> None:
    """Every row that has no accuracy yet."""
    missing = [name for name in names if "cases" not in bench.results.row(name)]
    if not missing:
        return
    texts = [*case_texts(cases, each), quality_texts()["zh"]]
    parents = _parents(bench, texts)
    for name in missing:
        read_row(bench, name, parents)
        print(name, bench.results.row(name), flush=True)


def _parents(bench: Bench, texts: Sequence[str]) -> list[tuple[str, Score]]:
    """The parent's scores, kept: reading them takes longer than any row."""
    kept = bench.work / "parents.json"
    if not kept.exists():
        scores = isolated(parent_scores, bench.parent, texts, report=_quiet)
        kept.write_text(json.dumps([(text, asdict(score)) for text, score in scores]), encoding="utf-8")
    read = json.loads(kept.read_text(encoding="utf-8"))
    return [(text, Score(**{key: tuple(values) for key, values in score.items()})) for text, score in read]


def measure_all(bench: Bench, names: Sequence[str], rounds: int) -> None:
    """Tokens/s while reading and writing, the rows taking turns; every round is kept."""
    for _ in range(rounds):
        for name in names:
            speed = measure_speed(bench.prepared(name), sample_prompts())
            taken = bench.results.row(name).setdefault("speeds", [])
            taken.append([round(speed.reading, 1), round(speed.writing, 2)])
            bench.results.write()
            print(name, taken, flush=True)


def _quiet(fraction: float) -> None: ...


def main() -> None:
    """Make or measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=("make", "speed"))
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--rows", nargs="*", choices=ROWS, default=list(ROWS), metavar="ROW")
    parser.add_argument("--cases", nargs="*", type=Path, default=[], help="JSON lines; a line's values are its text")
    parser.add_argument("--each", type=int, default=6, help="how many cases of each file")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--nncf", metavar="PYTHON")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    model = open_library(Paths.resolve(None)).catalog.get(arguments.model)
    bench = Bench(model, arguments.work, Results(arguments.json), arguments.nncf)
    names = [name for name in arguments.rows if arguments.nncf or not ROWS[name].nncf or arguments.act == "speed"]
    if arguments.act == "make":
        make_all(bench, names, arguments.cases, arguments.each)
    else:
        measure_all(bench, [name for name in names if "cases" in bench.results.row(name)], arguments.rounds)


if __name__ == "__main__":
    main()
