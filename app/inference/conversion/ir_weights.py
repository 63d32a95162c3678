"""The matrices of an OpenVINO IR in the 4-bit form that the CPU plugin multiplies fastest without losing more.

GenAI writes an IR with a GGUF file's blocks. Those of 4 bits stay as they are: any other grid would lose again. The
rest (8 bits in groups of 32, 6 bits in groups of 16) becomes 8-bit weights with a scale per row where it is small or
loses most (keys, values, the head), and else 4-bit weights with zero points, in groups of 128, or of 32 in matrices
that narrow (the MLP's last), which are more sensitive, most of all in small models.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13

from app.core.errors import ModelFileFault

MODEL = "openvino_model.xml"

# Tried in this order: a row has to be cut into whole groups.
_GROUPS = (128, 32)
# Matrices that narrow are more sensitive; those of models with so few channels stay in 8 bits (SmolLM2-135M over its
# parent: 1.09, in groups of 32 1.18, of 64 1.20).
_NARROWING_GROUPS = (32,)
_FEW_CHANNELS = 768
# What lies between a matrix and the product that takes it.
_PASSED = frozenset({"Convert", "Reshape"})


def compress(source: Path, target: Path) -> str:
    """Write the IR of `source` into the folder `target` with its matrices in this form; embeddings stay as they are.

    Returns what the weights are (`int4 g32+g128, int8 per row`). Raises ModelFileFault if it has no matrices.
    """
    model = openvino.Core().read_model(source / MODEL)
    products = [node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul" and _matrix(node)]
    if not products:
        raise ModelFileFault("OpenVINO IR 中没有可以量化的矩阵，请检查模型文件")
    precise = {*_keys_and_values(model), products[-1].get_friendly_name()}
    groups = set()
    for product in products:
        matrix = _matrix(product)
        if (group := _four_bit_group(matrix)) is None:
            weights = _values(matrix)
            group = 0 if product.get_friendly_name() in precise else _group(*weights.shape)
            product.input(1).replace_source_output(_compressed(weights, group).output(0))
        groups.add(group)
    model.validate_nodes_and_infer_types()
    target.mkdir(parents=True, exist_ok=True)
    openvino.save_model(model, target / MODEL, compress_to_fp16=False)
    return _name(groups)


def quantised(weights: NDArray[np.float32], bits: int, group: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Numbers (out, groups, group) and zero points (out, groups, 1) uint8, scales (out, groups, 1) float16.

    A group spans from its least to its greatest weight, and 0 is met exactly. Narrower ranges with a smaller squared
    error made texts worse (1.19 instead of 1.11): the greatest weights matter most.
    """
    rows, columns = weights.shape
    blocks, top = weights.reshape(rows, columns // group, group), (1 << bits) - 1
    low = np.minimum(blocks.min(axis=-1, keepdims=True), 0)
    high = np.maximum(blocks.max(axis=-1, keepdims=True), 0)
    scales = ((high - low) / top).astype(np.float16)
    scales[scales == 0] = np.finfo(np.float16).tiny
    steps = scales.astype(np.float32)
    zeros = np.clip(np.rint(-low / steps), 0, top)
    numbers = np.clip(np.rint(blocks / steps) + zeros, 0, top)
    return numbers.astype(np.uint8), zeros.astype(np.uint8), scales


def _name(groups: set[int]) -> str:
    """0 is a row of 8-bit weights."""
    four = "+".join(f"g{group}" for group in sorted(groups) if group)
    parts = [f"int4 {four}" if four else "", "int8 per row" if 0 in groups else ""]
    return ", ".join(filter(None, parts))


def _group(rows: int, columns: int) -> int:
    """Weights in a 4-bit group; 0 (8 bits, the whole row) where that loses too much or a row cannot be cut."""
    narrows = rows < columns
    if narrows and rows < _FEW_CHANNELS:
        return 0
    sizes = _NARROWING_GROUPS if narrows else _GROUPS
    return next((size for size in sizes if columns % size == 0), 0)


def _four_bit_group(matrix: Any) -> int | None:
    """The group of a matrix that has 4-bit blocks already."""
    numbers = _numbers(matrix) if matrix.get_type_name() == "Multiply" else None
    if numbers is None or numbers.get_element_type().get_type_name() not in ("u4", "i4"):
        return None
    return int(numbers.get_output_shape(0)[-1])


def _compressed(weights: NDArray[np.float32], group: int) -> Any:
    """A node that gives these weights (out, in) in float32, in the pattern that the CPU plugin multiplies packed."""
    rows, columns = weights.shape
    bits = 4 if group else 8
    numbers, zeros, scales = quantised(weights, bits, group or columns)
    if not group:
        numbers, zeros, scales = numbers[:, 0], zeros[:, 0], scales[:, 0]
    parts = [opset13.convert(_constant(part, bits), "f16") for part in (numbers, zeros)]
    scaled = opset13.multiply(opset13.subtract(*parts), opset13.constant(scales))
    if group:
        scaled = opset13.reshape(scaled, np.array([rows, columns], dtype=np.int64), special_zero=False)
    return opset13.convert(scaled, "f32")


def _constant(numbers: NDArray[np.uint8], bits: int) -> Any:
    if bits == 8:
        return opset13.constant(np.ascontiguousarray(numbers))
    flat = numbers.reshape(-1)
    tensor = openvino.Tensor(openvino.Type.u4, openvino.Shape(list(numbers.shape)))
    tensor.data.reshape(-1).view(np.uint8)[:] = flat[0::2] | (np.append(flat, 0)[1::2][: (flat.size + 1) // 2] << 4)
    return openvino.op.Constant(tensor)


def _matrix(product: Any) -> Any:
    """The node that makes a product's weights: a Constant, or the Multiply of a block's scale. None: no weights."""
    node = _source(product, 1)
    while node.get_type_name() in _PASSED:
        node = _source(node, 0)
    if node.get_type_name() == "Multiply":
        return node if _numbers(node) is not None else None
    return node if node.get_type_name() == "Constant" and len(node.get_output_shape(0)) == 2 else None


def _numbers(multiply: Any) -> Any:
    """The Constant of a matrix in blocks, before its zero points and scales."""
    node = _source(multiply, 0)
    if node.get_type_name() == "Subtract":
        node = _source(node, 0)
    if node.get_type_name() != "Convert":
        return None
    node = _source(node, 0)
    return node if node.get_type_name() == "Constant" and len(node.get_output_shape(0)) in (2, 3) else None


def _values(matrix: Any) -> NDArray[np.float32]:
    """What a matrix is in float32 (out, in)."""
    if matrix.get_type_name() == "Constant":
        return np.asarray(matrix.get_data(), dtype=np.float32)
    numbers = _unpacked(_numbers(matrix))
    before = _source(matrix, 0)
    if before.get_type_name() == "Subtract":
        numbers = numbers - _unpacked(_source(_source(before, 1), 0))
    scaled = numbers * np.asarray(_source(matrix, 1).get_data(), dtype=np.float32)
    return scaled.reshape(scaled.shape[0], -1)


def _unpacked(constant: Any) -> NDArray[np.float32]:
    """The numbers of a constant; of two with four bits in a byte, the low one comes first."""
    kind, shape = constant.get_element_type().get_type_name(), tuple(constant.get_output_shape(0))
    data = constant.data
    if kind in ("u4", "i4"):
        packed = np.asarray(data).reshape(-1).view(np.uint8)
        data = np.stack([packed & 15, packed >> 4], axis=1).reshape(-1)[: int(np.prod(shape))]
        if kind == "i4":
            data = (data.astype(np.int8) ^ 8) - 8
    return np.asarray(data, dtype=np.float32).reshape(shape)


def _keys_and_values(model: Any) -> set[str]:
    """The products that make keys and values: those that attention takes second and third."""
    found = set()
    for node in model.get_ordered_ops():
        if node.get_type_name() == "ScaledDotProductAttention":
            for place in (1, 2):
                found |= {product.get_friendly_name() for product in _products_before(_source(node, place))}
    return found


def _products_before(node: Any) -> Iterator[Any]:
    """The nearest products with weights, upstream."""
    waiting, seen = [node], set()
    while waiting:
        node = waiting.pop()
        if node.get_friendly_name() in seen:
            continue
        seen.add(node.get_friendly_name())
        if node.get_type_name() == "MatMul" and _matrix(node):
            yield node
        else:
            waiting += [_source(node, place) for place in range(node.get_input_size())]


def _source(node: Any, place: int) -> Any:
    return node.input_value(place).get_node()
