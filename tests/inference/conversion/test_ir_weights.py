"""4-bit weights of an IR: what the numbers mean, which matrices get how many bits, and that the model is the same."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino  # noqa: E402
from openvino import opset13  # noqa: E402

from app.core.errors import ModelFileFault  # noqa: E402
from app.inference.conversion.ir_weights import MODEL, compress, quantised  # noqa: E402

Matrix = NDArray[np.float32]
WIDTH, KEYS, WORDS = 128, 64, 192


def back(numbers: NDArray[Any], zeros: NDArray[Any], scales: NDArray[Any]) -> Matrix:
    values: Matrix = (numbers.astype(np.float32) - zeros) * scales.astype(np.float32)
    return values.reshape(values.shape[0], -1)


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.float32, (2, 64), elements=st.floats(-4, 4, width=32)), st.sampled_from([4, 8]))
def test_no_weight_is_further_off_than_half_a_step(weights: Matrix, bits: int) -> None:
    numbers, zeros, scales = quantised(weights, bits, 32)
    assert numbers.max() < 1 << bits and zeros.max() < 1 << bits
    blocks = weights.reshape(2, 2, 32)
    spread = np.maximum(blocks.max(-1), 0) - np.minimum(blocks.min(-1), 0)
    error = np.abs(back(numbers, zeros, scales) - weights).reshape(2, 2, 32).max(-1)
    # A zero point is rounded, too; a scale has eleven bits.
    assert (error <= spread / ((1 << bits) - 1) * 1.02 + 1e-4).all()


def test_nothing_stays_nothing_and_what_the_bits_hold_is_exact() -> None:
    assert not back(*quantised(np.zeros((2, 64), np.float32), 4, 32)).any()
    weights = (np.random.default_rng(5).integers(-8, 8, (4, 64)) / 16).astype(np.float32)
    weights[:, ::32], weights[:, 1::32] = -0.5, 7 / 16
    np.testing.assert_array_equal(back(*quantised(weights, 4, 32)), weights)


class Model:
    """Attention over `WIDTH` numbers with an output head, as GenAI writes it: weights in 16 bits, or in blocks."""

    def __init__(self, folder: Path, bits: int) -> None:
        random = np.random.default_rng(1)
        self.folder = folder
        self.input = opset13.parameter([1, 3, WIDTH], np.float32, name="rows")
        self._bits = bits
        self._random = random
        queries, keys, values = (self._product(self.input, rows) for rows in (KEYS, KEYS, KEYS))
        turned = opset13.multiply(keys, np.float32(0.5))
        mixed = opset13.scaled_dot_product_attention(*map(self._heads, (queries, turned, values)), causal=True)
        flat = opset13.squeeze(mixed, np.array([1]))
        hidden = self._product(self._product(flat, WIDTH), WIDTH)
        self.model = openvino.Model([self._product(hidden, WORDS)], [self.input], "tiny")
        folder.mkdir()
        openvino.save_model(self.model, folder / MODEL, compress_to_fp16=False)

    @staticmethod
    def _heads(rows: Any) -> Any:
        return opset13.unsqueeze(rows, np.array([1]))

    def _product(self, rows: Any, out: int) -> Any:
        columns = list(rows.output(0).get_partial_shape())[-1].get_length()
        weights = self._random.normal(0, 0.1, (out, columns)).astype(np.float32)
        if self._bits == 16:
            made = opset13.convert(opset13.constant(weights.astype(np.float16)), "f32")
        else:
            numbers, zeros, scales = quantised(weights, self._bits, 32)
            kind = openvino.Type.u4 if self._bits == 4 else openvino.Type.u8
            made = [
                openvino.op.Constant(kind, openvino.Shape(part.shape), part.ravel().tolist())
                for part in (numbers, zeros)
            ]
            parts = [opset13.convert(part, "f16") for part in made]
            scaled = opset13.multiply(opset13.subtract(*parts), opset13.constant(scales))
            made = opset13.convert(opset13.reshape(scaled, np.array([out, columns]), special_zero=False), "f32")
        return opset13.matmul(rows, made, False, True)


def answer(folder: Path) -> Matrix:
    compiled = openvino.Core().compile_model(folder / MODEL, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    rows = np.random.default_rng(2).normal(0, 1, (1, 3, WIDTH)).astype(np.float32)
    found: Matrix = compiled([rows])[0]
    return found


def packed(folder: Path) -> Counter[tuple[str, tuple[int, ...]]]:
    """The element types and shapes of matrices, without zero points."""
    nodes = openvino.Core().read_model(folder / MODEL).get_ops()
    constants = [node for node in nodes if node.get_type_name() == "Constant" and len(node.get_output_shape(0)) >= 2]
    kinds = [(node.get_element_type().get_type_name(), tuple(node.get_output_shape(0))) for node in constants]
    return Counter(kind for kind in kinds if kind[0] in ("u4", "u8") and kind[1][-1] > 1)


@pytest.mark.parametrize("bits", [4, 8, 16])
def test_keys_values_and_head_have_eight_bits_and_the_answer_is_the_same(bits: int, tmp_path: Path) -> None:
    Model(tmp_path / "from", bits)
    name = compress(tmp_path / "from", tmp_path / "to")
    if bits == 4:  # they stay as they are
        assert name == "int4 g32"
        np.testing.assert_array_equal(answer(tmp_path / "from"), answer(tmp_path / "to"))
        return
    assert name == "int4 g32+g128, int8 per row"
    assert packed(tmp_path / "to") == {
        ("u8", (KEYS, WIDTH)): 3,  # the queries narrow, in a model of few channels
        ("u4", (WIDTH, 2, 32)): 1,
        ("u4", (WIDTH, 1, 128)): 1,
        ("u8", (WORDS, WIDTH)): 1,
    }
    assert np.corrcoef(answer(tmp_path / "from").ravel(), answer(tmp_path / "to").ravel())[0, 1] > 0.98


def test_an_ir_without_matrices_is_refused(tmp_path: Path) -> None:
    rows = opset13.parameter([1, 3], np.float32)
    tmp_path.joinpath("from").mkdir()
    openvino.save_model(openvino.Model([opset13.relu(rows)], [rows], "none"), tmp_path / "from" / MODEL)
    with pytest.raises(ModelFileFault, match="没有可以量化的矩阵"):
        compress(tmp_path / "from", tmp_path / "to")
