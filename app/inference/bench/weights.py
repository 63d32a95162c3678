"""How large a prepared model's files are, and how much of them one token's pass must read."""

from __future__ import annotations

from pathlib import Path

from app.inference.engines.bigdl import stored_embedding


def file_bytes(path: str) -> int:
    """The size of a model as it lies on the disk: of its GGUF file, or of all files in its folder."""
    place = Path(path)
    return sum(file.stat().st_size for file in ([place] if place.is_file() else place.iterdir()))


def weight_bytes(path: str) -> int:
    """For a GGUF file, an IR folder or an INT4 folder.

    The embedding is read one row per token. It counts where the output head shares it (GGUF, IR of tied models), and
    not in an INT4 folder, which keeps it apart.
    """
    place = Path(path)
    if place.is_file():
        return place.stat().st_size
    compiled = place / "openvino_model.bin"
    if compiled.exists():
        return compiled.stat().st_size
    stored = sum(file.stat().st_size for file in place.glob("pytorch_model*.bin"))
    return stored - stored_embedding(place).nbytes
