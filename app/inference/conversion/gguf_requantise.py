"""A GGUF that OpenVINO GenAI reads without loss: other tensors are quantised again, to 8 or 16 bits.

GenAI 2026.4 reads Q4_0, Q4_1, Q8_0, Q4_K, Q6_K, F16 and F32 tensors. Published Q4_K_M files of small models also hold
Q5_0, because Q4_K needs rows that are multiples of 256. Q4_1 it turns into 4-bit weights with an integer zero point,
which moves every value of a block whose minimum is no multiple of its step.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind
from numpy.typing import NDArray

from app.core.errors import ModelFileFault
from app.inference.catalog import Weights

_EXACT = frozenset({Kind.Q4_0, Kind.Q8_0, Kind.Q4_K, Kind.Q6_K})
# Read without loss too, but a matrix of these takes twice the room; norms and biases (one dimension) stay in them.
_PLAIN = frozenset({Kind.F16, Kind.F32})
_BLOCK = 32
# What the writer says itself.
_OF_THE_FILE = ("general.architecture", "general.alignment", "general.file_type")
# With these file types GenAI looks for weights that are not quantised.
_UNQUANTISED = (None, gguf.LlamaFileType.ALL_F32, gguf.LlamaFileType.MOSTLY_F16)
_FILE_TYPES = {Weights.INT8: gguf.LlamaFileType.MOSTLY_Q8_0, Weights.BF16: gguf.LlamaFileType.MOSTLY_F16}


def needs_requantising(path: Path) -> bool:
    """True if the file has tensors that GenAI refuses, rounds or leaves unquantised."""
    return not all(_stays(tensor) for tensor in gguf.GGUFReader(path).tensors)


def requantise(source: Path, target: Path, report: Callable[[float], None], weights: Weights = Weights.INT4) -> None:
    """Copy a GGUF; matrices of other kinds become Q8_0, from which those of 4 bits are made later.

    With 8-bit weights every matrix becomes Q8_0, with 16-bit weights float16.

    Raises ModelFileFault for a matrix whose rows are no multiples of a group.
    """
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, reader.fields["general.architecture"].contents())
    _copy_fields(reader, writer, _FILE_TYPES.get(weights))
    for done, tensor in enumerate(reader.tensors):
        stays = _stays(tensor) and (weights is Weights.INT4 or len(tensor.shape) == 1)
        data, kind = (tensor.data, tensor.tensor_type) if stays else _quantised_again(tensor, weights)
        writer.add_tensor(tensor.name, data, raw_dtype=kind)
        report((done + 1) / len(reader.tensors))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _stays(tensor: gguf.ReaderTensor) -> bool:
    return tensor.tensor_type in _EXACT or (tensor.tensor_type in _PLAIN and len(tensor.shape) == 1)


def _quantised_again(tensor: gguf.ReaderTensor, to: Weights) -> tuple[NDArray[Any], Kind]:
    weights = gguf.dequantize(tensor.data, tensor.tensor_type)
    if len(tensor.shape) == 1:  # a norm or a bias in bfloat16
        return weights, Kind.F32
    if to is Weights.BF16:
        return weights.astype(np.float16), Kind.F16
    if weights.shape[-1] % _BLOCK:
        raise ModelFileFault(f"GGUF 张量 {tensor.name} 的行长 {weights.shape[-1]} 不是 {_BLOCK} 的倍数，无法量化")
    return gguf.quantize(weights, Kind.Q8_0), Kind.Q8_0


def _copy_fields(reader: gguf.GGUFReader, writer: gguf.GGUFWriter, file_type: gguf.LlamaFileType | None) -> None:
    field = reader.fields.get("general.file_type")
    kind = None if field is None else field.contents()
    writer.add_file_type(file_type or (gguf.LlamaFileType.MOSTLY_Q8_0 if kind in _UNQUANTISED else kind))
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in _OF_THE_FILE:
            continue
        kind = field.types[0]
        sub_type = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, sub_type=sub_type)
