"""The tokenizers made from the demonstration models' files, against the engine's own reading of the same files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from app.controllers.model_library import open_library
from app.infra.paths import Paths
from app.infra.resources import resource_text

pytestmark = pytest.mark.models

TEXTS = [
    "患者男，65岁，因“突发胸骨后压榨样疼痛3小时”入院。",
    "体温38.5℃，脉搏96次/分，呼吸20次/分，血压130/80 mmHg，SpO₂ 95%。",
    "ＣＴ示右肺上叶２．５ｃｍ结节；（建议）复查！？《指南》…——",
    "The patient's ECG shows ST-elevation; isn't it 1,234.50 mg/dL?\n",
    "  two  spaces\tand\ttabs \n\n\n  lines\r\nof Windows \u3000ideographic space  ",
    "🫀🩺 emoji 👩‍⚕️ and 𠮷 rare, é composed, Ω µg → ≥ ± ①②",
    "0123456789 2024-05-01 08:30 +8613800000000",
    "",
    " ",
    "\n",
    resource_text("quality", "zh.txt")[:400],
    resource_text("quality", "en.txt")[:400],
    resource_text("prompts", "differential.md"),
]

# In a process of its own: OpenVINO keeps threads for as long as it is loaded, and reports its import to its maker.
READ = """
import json, sys
sys.modules["openvino_telemetry"] = None
import numpy, openvino_genai
tokenizer = openvino_genai.Tokenizer(sys.argv[1])
read = []
for text in json.load(sys.stdin):
    ids = numpy.asarray(tokenizer.encode(text, add_special_tokens=False).input_ids.data).reshape(-1).tolist()
    read.append({"ids": [int(one) for one in ids], "text": tokenizer.decode(ids, skip_special_tokens=True)})
json.dump(read, sys.stdout)
"""


def read_by_openvino(folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder)],
        input=json.dumps(TEXTS),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    result: list[dict[str, Any]] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("name", ["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m"])
def test_it_reads_and_writes_every_text_as_openvino_does(name: str) -> None:
    library = open_library(Paths.resolve())
    ours, theirs = (Path(library.choose([name], engine)[0].request.path) for engine in ("bigdl", "openvino"))
    tokenizer = Tokenizer.from_file(str(ours / "tokenizer.json"))
    for text, read in zip(TEXTS, read_by_openvino(theirs), strict=True):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert ids == read["ids"], text
        assert tokenizer.decode(ids, skip_special_tokens=True) == read["text"] == text
