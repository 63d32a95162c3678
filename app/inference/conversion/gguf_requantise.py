"""A GGUF that OpenVINO GenAI can read: tensors of kinds that it refuses are quantised again, to 4 bits.

GenAI 2026.4 reads Q4_0, Q4_1, Q8_0, Q4_K, Q6_K, F16 and F32 tensors; published Q4_K_M files of small models also
hold Q5_0, because Q4_K needs rows that are multiples of 256.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf
from gguf import GGMLQuantizationType as Kind

_READABLE = frozenset({Kind.Q4_0, Kind.Q4_1, Kind.Q8_0, Kind.Q4_K, Kind.Q6_K, Kind.F16, Kind.F32})
# Read one row per token, so that 8 bits cost no speed there.
_EMBEDDING = "token_embd.weight"


def needs_requantising(path: Path) -> bool:
    """True if the file has tensors that GenAI refuses."""
    return any(tensor.tensor_type not in _READABLE for tensor in gguf.GGUFReader(path).tensors)


def requantise(source: Path, target: Path, report: Callable[[float], None]) -> None:
    """Copy a GGUF; unreadable tensors become Q4_1 (asymmetric, groups of 32), the embedding Q8_0."""
    reader = gguf.GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    writer = gguf.GGUFWriter(target, architecture)
    _copy_fields(reader, writer)
    total = len(reader.tensors)
    for done, tensor in enumerate(reader.tensors):
        data, kind = tensor.data, tensor.tensor_type
        if kind not in _READABLE:
            kind = Kind.Q8_0 if tensor.name == _EMBEDDING else Kind.Q4_1
            data = gguf.quantize(gguf.dequantize(tensor.data, tensor.tensor_type), kind)
        writer.add_tensor(tensor.name, data, raw_dtype=kind)
        report((done + 1) / total)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy_fields(reader: gguf.GGUFReader, writer: gguf.GGUFWriter) -> None:
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        kind = field.types[0]
        sub_type = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, sub_type=sub_type)
