"""How large a prepared model's files are, and how much of them one token's pass must read."""

from __future__ import annotations

import json
from pathlib import Path

_FLOAT32 = 4


def file_bytes(path: str) -> int:
    """The size of a model as it lies on the disk: of its GGUF file, or of all files in its folder."""
    place = Path(path)
    return sum(file.stat().st_size for file in ([place] if place.is_file() else place.iterdir()))


def weight_bytes(path: str) -> int:
    """For a GGUF file, an IR folder or an INT4 folder.

    The embedding is read one row per token. It counts where the output head shares it (GGUF, IR of tied models), and
    not in an INT4 folder, which keeps it apart, in float32.
    """
    place = Path(path)
    if place.is_file():
        return place.stat().st_size
    compiled = place / "openvino_model.bin"
    if compiled.exists():
        return compiled.stat().st_size
    config = json.loads((place / "config.json").read_text(encoding="utf-8"))
    embedding = config["vocab_size"] * config["hidden_size"] * _FLOAT32
    stored = sum(file.stat().st_size for pattern in ("*.bin", "*.safetensors") for file in place.glob(pattern))
    return int(max(stored - embedding, 0))
