"""Quantising again for GenAI: which tensors become what, and that a copy keeps all else."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind

from app.core.errors import ModelFileFault
from app.inference.conversion.gguf_requantise import needs_requantising, requantise
from app.inference.conversion.gguf_source import GgufSource
from tests.helpers.tiny_gguf import Tiny, write_tiny_gguf


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
    assert made["blk.0.ffn_up.weight"] == made["blk.0.attn_v.weight"] == made["token_embd.weight"] == Kind.Q8_0
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
    assert fields["general.file_type"].contents() == gguf.LlamaFileType.MOSTLY_Q8_0


def test_rows_that_cannot_be_cut_into_groups_are_said(tmp_path: Path) -> None:
    def odd(writer: gguf.GGUFWriter) -> None:
        writer.add_tensor("blk.9.odd.weight", np.ones((4, 40), np.float16))

    write_tiny_gguf(tmp_path / "a.gguf", Tiny(change=odd))
    with pytest.raises(ModelFileFault, match=r"blk\.9\.odd\.weight 的行长 40 不是 32 的倍数"):
        requantise(tmp_path / "a.gguf", tmp_path / "b.gguf", lambda fraction: None)
