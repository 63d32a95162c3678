"""Compress an OpenVINO IR by NNCF: `python formats_nncf.py IR_FOLDER TARGET CALIBRATION.json OPTIONS`.

A development tool, run by `formats.py` in an environment of its own: nothing of the program is imported. OPTIONS are
those of `nncf.compress_weights` in JSON; CALIBRATION.json has lists of token ids, read where they ask for data.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import openvino


def main(source: Path, target: Path, calibration: Path, options: dict[str, object]) -> None:
    """Write the compressed model, and the tokenizer beside it."""
    import nncf

    model = openvino.Core().read_model(source / "openvino_model.xml")
    names = {name for port in model.inputs for name in port.names}
    data = None
    if options.get("awq") or options.get("scale_estimation"):
        data = nncf.Dataset([inputs(ids, names) for ids in json.loads(calibration.read_text())])
    mode = nncf.CompressWeightsMode(options.pop("mode"))
    compressed = nncf.compress_weights(model, mode=mode, ratio=1.0, dataset=data, **options)
    target.mkdir(parents=True, exist_ok=True)
    openvino.save_model(compressed, target / "openvino_model.xml", compress_to_fp16=False)
    for file in source.iterdir():
        if not file.name.startswith("openvino_model."):
            shutil.copy(file, target / file.name)


def inputs(ids: list[int], names: set[str]) -> dict[str, np.ndarray]:
    """A text from its beginning, as the stateful model takes it."""
    row = np.array([ids], dtype=np.int64)
    values = {
        "input_ids": row,
        "attention_mask": np.ones_like(row),
        "position_ids": np.arange(len(ids), dtype=np.int64)[None],
        "beam_idx": np.zeros(1, dtype=np.int32),
    }
    return {name: value for name, value in values.items() if name in names}


if __name__ == "__main__":
    os.environ["NNCF_CI"] = "1"  # its telemetry sends nothing then
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4]))
