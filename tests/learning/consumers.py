"""Reads an export with the tools it is made for; run by the interpreter that has them, not imported by any test.

Prints one JSON document: what each tool found.
"""

from __future__ import annotations

import json
import os
import sys
import types
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "DISABLE_VERSION_CHECK": "1"}


def trl(folder: Path) -> dict[str, Any]:
    """Rows, columns and whether TRL takes every row for a conversation, by kind."""
    import datasets
    from trl.data_utils import is_conversational

    datasets.disable_progress_bars()
    found = {}
    for kind in ("sft", "kto", "dpo", "grpo"):
        rows = datasets.Dataset.from_json(str(folder / f"trl-{kind}.jsonl"), cache_dir=str(folder / "cache"))
        found[kind] = [rows.num_rows, sorted(rows.column_names), all(map(is_conversational, rows))]
    return found


def llama_factory(folder: Path) -> dict[str, Any]:
    """By data set: whether it is ranked, and of each row the prompt and response messages that its converter reads."""
    # Its multimodal part wants torchaudio, which nothing here needs.
    sys.modules["torchaudio"] = types.ModuleType("torchaudio")
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import DataArguments

    names = list(json.loads((folder / "dataset_info.json").read_text(encoding="utf-8")))
    found = {}
    for attributes in get_dataset_list(names, str(folder)):
        convert = get_dataset_converter(attributes.formatting, attributes, DataArguments(dataset_dir=str(folder)))
        lines = (folder / attributes.dataset_name).read_text(encoding="utf-8").splitlines()
        rows = [convert(json.loads(line)) for line in lines]
        found[attributes.dataset_name] = [attributes.ranking, [[len(r["_prompt"]), len(r["_response"])] for r in rows]]
    return found


def label_studio(folder: Path) -> dict[str, Any]:
    """Tasks that the labelling interface can show, and each task's marked regions with what is wrong about them."""
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface((folder / "labeling_config.xml").read_text(encoding="utf-8"))
    interface.validate()
    tasks = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    marked = [prediction for task in tasks for prediction in task["predictions"]]
    return {
        "shown": [interface.validate_task({"data": task["data"]}) for task in tasks],
        "regions": [len(prediction["result"]) for prediction in marked],
        "wrong": [interface.validate_prediction(prediction, return_errors=True) for prediction in marked],
    }


if __name__ == "__main__":
    export = Path(sys.argv[1])
    told = {
        "trl": trl(export),
        "llama_factory": llama_factory(export / "llama-factory"),
        "label_studio": label_studio(export / "label-studio"),
    }
    print(json.dumps(told))
