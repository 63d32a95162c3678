"""A GGUF that OpenVINO GenAI reads without loss, as INT4, INT8 or float16: other tensors are quantised again.

GenAI 2026.4 reads Q4_0, Q4_1, Q8_0, Q4_K, Q6_K, F16 and F32 tensors. Published Q4_K_M files of small models also hold
Q5_0, because Q4_K needs rows that are multiples of 256. Q4_1 it turns into 4-bit weights with an integer zero point,
which moves every value of a block whose minimum is no multiple of its step.
"""

from __future__ import annotations

from collections import Counter
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
# Read without loss too, but a matrix of these is not INT4; norms and biases (one dimension) stay in them.
_PLAIN = frozenset({Kind.F16, Kind.F32})
# Kept in 8 bits, as llama.cpp's Q4_K_M mixture gives these more: they lose most, and are the smaller part. The
# embedding is read one row per token, so that 8 bits cost no speed there. Perplexity of SmolLM2-135M over the
# parent's: 1.26 with all in 4 bits, 1.09 so.
_PRECISE = ("token_embd", "attn_k.", "attn_v.", "ffn_down.")
_BLOCK = 32
# What the writer says itself.
_OF_THE_FILE = ("general.architecture", "general.alignment", "general.file_type")
# With these file types GenAI looks for weights that are not quantised.
_UNQUANTISED = (None, gguf.LlamaFileType.ALL_F32, gguf.LlamaFileType.MOSTLY_F16)
_FILE_TYPES = {Weights.INT8: gguf.LlamaFileType.MOSTLY_Q8_0, Weights.BF16: gguf.LlamaFileType.MOSTLY_F16}
# Shares of the full range that are tried as a block's range; the one with the least squared error is taken.
_RANGES = (1.0, 0.95, 0.9, 0.85)


def needs_requantising(path: Path) -> bool:
    """True if the file has tensors that GenAI refuses, rounds or leaves unquantised."""
    return not all(_stays(tensor) for tensor in gguf.GGUFReader(path).tensors)


def weights_name(path: Path) -> str:
    """What a file's weights are, for the generation's metadata: `int4 q4_1+q8_0` where most of them are 4-bit.

    The embedding, which INT4 models commonly keep in 8 bits, is named but not counted.
    """
    tensors = [tensor for tensor in gguf.GGUFReader(path).tensors if tensor.tensor_type != Kind.F32]
    sizes: Counter[Kind] = Counter()
    for tensor in tensors:
        sizes[tensor.tensor_type] += int(tensor.n_elements) if tensor.name != "token_embd.weight" else 0
    four_bit = sum(size for kind, size in sizes.items() if kind.name.startswith("Q4"))
    bits = "float16" if sizes[Kind.F16] > sizes.total() / 2 else "int8"
    count = Counter(tensor.tensor_type for tensor in tensors)
    kinds = "+".join(kind.name.lower() for kind, _ in count.most_common())
    return f"{'int4' if four_bit > sizes.total() / 2 else bits} {kinds}"


def requantise(source: Path, target: Path, report: Callable[[float], None], weights: Weights = Weights.INT4) -> None:
    """Copy a GGUF; other tensors become 4-bit with integer zero points (groups of 32), the precise ones Q8_0.

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
    if to is Weights.INT8 or any(part in tensor.name for part in _PRECISE):
        return gguf.quantize(weights, Kind.Q8_0), Kind.Q8_0
    return pack_with_zero_points(weights), Kind.Q4_1


def pack_with_zero_points(weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Weights (out, in) as Q4_1 blocks (out, in / 32 * 20 bytes) whose minimum is a multiple of their step.

    A block is a float16 step, a float16 minimum and 32 4-bit values (low nibbles first), as ggml defines it.
    """
    blocks = np.ascontiguousarray(weights, dtype=np.float32).reshape(-1, _BLOCK)
    step, zero, values, error = _quantised(blocks, _RANGES[0])
    for share in _RANGES[1:]:
        other_step, other_zero, other_values, other_error = _quantised(blocks, share)
        better = other_error < error
        step, zero = np.where(better, other_step, step), np.where(better, other_zero, zero)
        values, error = np.where(better[:, None], other_values, values), np.where(better, other_error, error)
    nibbles = values.astype(np.uint8)
    packed = nibbles[:, : _BLOCK // 2] | (nibbles[:, _BLOCK // 2 :] << 4)
    head = np.stack([step, -zero * step], axis=1).astype(np.float16).view(np.uint8)
    result: NDArray[np.uint8] = np.concatenate([head, packed], axis=1).reshape(weights.shape[0], -1)
    return result


def _quantised(
    blocks: NDArray[np.float32], share: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Step, zero point, values (0-15) and squared error of each block (n, 32), for a share of its range."""
    low, high = np.minimum(blocks.min(axis=1), 0), np.maximum(blocks.max(axis=1), 0)
    step = ((high - low) * share / 15).astype(np.float16).astype(np.float32)
    step[step == 0] = np.finfo(np.float16).tiny
    zero = np.clip(np.rint(-low * share / step), 0, 15)
    values = np.clip(np.rint(blocks / step[:, None]) + zero[:, None], 0, 15)
    error = (((values - zero[:, None]) * step[:, None] - blocks) ** 2).sum(axis=1)
    return step, zero, values, error


def _copy_fields(reader: gguf.GGUFReader, writer: gguf.GGUFWriter, file_type: gguf.LlamaFileType | None) -> None:
    field = reader.fields.get("general.file_type")
    kind = None if field is None else field.contents()
    writer.add_file_type(file_type or (gguf.LlamaFileType.MOSTLY_Q4_1 if kind in _UNQUANTISED else kind))
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in _OF_THE_FILE:
            continue
        kind = field.types[0]
        sub_type = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, sub_type=sub_type)
