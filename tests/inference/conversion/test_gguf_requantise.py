"""Quantising again for GenAI: what the packed values mean, and that a copy keeps all else."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from app.core.errors import ModelFileFault
from app.inference.conversion.gguf_requantise import (
    needs_requantising,
    pack_with_zero_points,
    requantise,
    weights_name,
)
from app.inference.conversion.gguf_source import GgufSource
from tests.helpers.tiny_gguf import Tiny, write_tiny_gguf

BLOCK = 32
Matrix = NDArray[np.float32]


def unpacked(packed: NDArray[np.uint8], columns: int) -> tuple[Matrix, Matrix, Matrix]:
    """Steps, zero points and 4-bit values of each block, read by hand from ggml's layout."""
    blocks = packed.reshape(-1, 20)
    step, minimum = (blocks[:, at : at + 2].copy().view(np.float16).astype(np.float32)[:, 0] for at in (0, 2))
    values = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1).astype(np.float32)
    assert values.shape == (packed.shape[0] * columns // BLOCK, BLOCK)
    return step, -minimum / step, values


def random_weights(rows: int = 8, columns: int = 96) -> Matrix:
    return np.random.default_rng(3).normal(0, 0.05, (rows, columns)).astype(np.float32)


def test_ggml_reads_it_as_values_times_step_less_a_whole_zero_point() -> None:
    weights = random_weights()
    packed = pack_with_zero_points(weights)
    assert packed.shape == (8, 96 // BLOCK * 20) and packed.dtype == np.uint8
    step, zero, values = unpacked(packed, 96)
    np.testing.assert_allclose(zero, np.rint(zero), atol=0.01)
    assert (zero >= 0).all() and (zero <= 15.01).all()
    meant = ((values - np.rint(zero)[:, None]) * step[:, None]).reshape(weights.shape)
    np.testing.assert_allclose(gguf.dequantize(packed, Kind.Q4_1), meant, atol=1e-4)


def test_the_error_is_that_of_four_bits() -> None:
    weights = random_weights(64, 256)
    error = gguf.dequantize(pack_with_zero_points(weights), Kind.Q4_1) - weights
    spread = np.ptp(weights.reshape(-1, BLOCK), axis=1).max()
    assert np.abs(error).max() < 0.16 * spread, "at most 15 % are cut from a block's range, and half a step is rounded"
    plain = gguf.dequantize(gguf.quantize(weights, Kind.Q4_1), Kind.Q4_1) - weights
    assert np.sqrt((error**2).mean()) < 1.1 * np.sqrt((plain**2).mean())


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.float32, (2, BLOCK), elements=st.floats(-4, 4, width=32)))
def test_no_block_is_far_off(weights: Matrix) -> None:
    error = np.abs(gguf.dequantize(pack_with_zero_points(weights), Kind.Q4_1) - weights)
    low, high = np.minimum(weights.min(axis=1), 0), np.maximum(weights.max(axis=1), 0)
    assert (error.max(axis=1) <= 0.2 * (high - low) + 1e-4).all()


@pytest.mark.parametrize("value", [0.0, 1e-9, -1e-9])
def test_a_block_of_nothing_stays_nothing(value: float) -> None:
    weights = np.full((2, 64), value, np.float32)
    np.testing.assert_allclose(gguf.dequantize(pack_with_zero_points(weights), Kind.Q4_1), 0, atol=1e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_block_of_one_sign(sign: int) -> None:
    weights = (sign * np.linspace(1.0, 2.0, BLOCK, dtype=np.float32))[None]
    back = gguf.dequantize(pack_with_zero_points(weights), Kind.Q4_1)
    assert np.abs(back - weights).max() < 2.0 / 15


def test_what_four_bits_hold_is_exact() -> None:
    weights = (np.random.default_rng(5).integers(-8, 8, (4, 64)) / 16).astype(np.float32)
    weights[:, ::32], weights[:, 1::32] = -0.5, 7 / 16
    np.testing.assert_array_equal(gguf.dequantize(pack_with_zero_points(weights), Kind.Q4_1), weights)


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        (Kind.F32, True),
        (Kind.F16, True),
        (Kind.BF16, True),
        (Kind.Q8_0, False),
        (Kind.Q4_0, False),
        (Kind.Q5_0, True),
        (Kind.Q4_1, True),
    ],
)
def test_what_is_not_exact_int4_or_int8_is_made_so(kind: Kind, needed: bool, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "a.gguf", Tiny(kinds=dict.fromkeys(matrices(tmp_path), kind)))
    assert needs_requantising(tmp_path / "a.gguf") is needed


def matrices(folder: Path) -> list[str]:
    write_tiny_gguf(folder / "plain.gguf")
    return [tensor.name for tensor in gguf.GGUFReader(folder / "plain.gguf").tensors if len(tensor.shape) == 2]


def test_a_copy_keeps_fields_weights_and_the_tensors_that_are_fine(tmp_path: Path) -> None:
    kinds = {"blk.0.ffn_up.weight": Kind.Q5_0, "blk.0.attn_v.weight": Kind.Q5_0, "blk.1.ffn_up.weight": Kind.Q4_0}
    source, target = tmp_path / "a.gguf", tmp_path / "b.gguf"
    write_tiny_gguf(source, Tiny("qwen2", kinds=kinds, change=mixture_aligned_to_64, omit=frozenset({"file_type"})))
    fractions: list[float] = []
    requantise(source, target, fractions.append)
    assert fractions[-1] == 1.0 and fractions == sorted(fractions)
    before, after = gguf.GGUFReader(source), gguf.GGUFReader(target)
    fields = [
        {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
        for reader in (before, after)
    ]
    assert fields[0].pop("general.alignment") == 64
    assert fields[0] == fields[1]
    made = {tensor.name: tensor.tensor_type for tensor in after.tensors}
    assert made["blk.0.ffn_up.weight"] == Kind.Q4_1
    assert made["blk.0.attn_v.weight"] == made["token_embd.weight"] == Kind.Q8_0, "those that lose most"
    assert made["blk.1.ffn_up.weight"] == Kind.Q4_0
    assert made["output_norm.weight"] == made["blk.0.attn_q.bias"] == Kind.F32
    expected = dict(GgufSource(source).weights())
    for name, weight in GgufSource(target).weights():
        np.testing.assert_allclose(weight, expected[name], atol=0.02, err_msg=name)


def mixture_aligned_to_64(writer: gguf.GGUFWriter) -> None:
    writer.add_custom_alignment(64)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_K_M)


@pytest.mark.parametrize("omit", ["", "file_type"])
def test_a_file_of_plain_weights_says_that_it_is_quantised_now(omit: str, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "a.gguf", Tiny(omit=frozenset({omit})))
    requantise(tmp_path / "a.gguf", tmp_path / "b.gguf", lambda fraction: None)
    fields = gguf.GGUFReader(tmp_path / "b.gguf").fields
    assert fields["general.file_type"].contents() == gguf.LlamaFileType.MOSTLY_Q4_1


def test_weights_are_named_for_what_they_are(tmp_path: Path) -> None:
    source, target = tmp_path / "a.gguf", tmp_path / "b.gguf"
    write_tiny_gguf(source, Tiny(kinds=dict.fromkeys(matrices(tmp_path), Kind.Q8_0)))
    assert weights_name(source) == "int8 q8_0"
    write_tiny_gguf(source, Tiny(kinds=dict.fromkeys(matrices(tmp_path), Kind.F16)))
    requantise(source, target, lambda fraction: None)
    assert weights_name(target) == "int4 q4_1+q8_0"


def test_rows_that_cannot_be_cut_into_groups_are_said(tmp_path: Path) -> None:
    def odd(writer: gguf.GGUFWriter) -> None:
        writer.add_tensor("blk.9.odd.weight", np.ones((4, 40), np.float16))

    write_tiny_gguf(tmp_path / "a.gguf", Tiny(change=odd))
    with pytest.raises(ModelFileFault, match=r"blk\.9\.odd\.weight 的行长 40 不是 32 的倍数"):
        requantise(tmp_path / "a.gguf", tmp_path / "b.gguf", lambda fraction: None)
