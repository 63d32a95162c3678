"""What the weights of a ready folder are."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import ModelFileFault
from app.inference.catalog import SourceKind
from app.inference.conversion.adopted import NEEDED, adopted_weights, refuse_incomplete
from tests.helpers.catalog_models import a_catalog_model


def ir(*constants: tuple[str, int]) -> str:
    """An IR with constants of these kinds and sizes in bytes."""
    lines = [f'<data element_type="{kind}" shape="1" offset="0" size="{size}" />' for kind, size in constants]
    return "\n".join(["<net>", *lines, '<data element_type="i64" shape="1" offset="0" size="999999" />', "</net>"])


EMBEDDING = ("u8", 100_000)


@pytest.mark.parametrize(
    ("xml", "name"),
    [
        (ir(EMBEDDING, ("u4", 8000), ("f16", 900)), "int4 u4"),
        (ir(EMBEDDING, ("u4", 8000), ("u8", 9000), ("f16", 900)), "int4 u4+u8"),
        (ir(EMBEDDING, ("u4", 3000), ("i8", 9000)), "int8 i8+u4"),
        (ir(("f16", 100_000), ("f16", 9000), ("f32", 300)), "float f16"),
    ],
)
def test_an_ir_is_named_for_most_of_its_weights(xml: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "openvino_model.xml").write_text(xml)
    assert adopted_weights(a_catalog_model(tmp_path, kind=SourceKind.IR_FOLDER)) == name


def test_an_int4_folder_says_it_itself(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"bigdl_transformers_low_bit": "asym_int4"}')
    assert adopted_weights(a_catalog_model(tmp_path, kind=SourceKind.INT4_FOLDER)) == "asym_int4"


@pytest.mark.parametrize("content", ["{}", "[]", "{", "<net></net>"])
@pytest.mark.parametrize("kind", [SourceKind.INT4_FOLDER, SourceKind.IR_FOLDER])
def test_what_is_neither_is_said(kind: SourceKind, content: str, tmp_path: Path) -> None:
    for name in ("config.json", "openvino_model.xml"):
        (tmp_path / name).write_text(content)
    with pytest.raises(ModelFileFault, match=f"模型 ward-7b 的文件夹 {tmp_path.name} 不是 {kind} 格式"):
        adopted_weights(a_catalog_model(tmp_path, kind=kind))


def test_the_first_missing_file_is_named() -> None:
    for kind, names in NEEDED.items():
        refuse_incomplete(kind, iter([*names, "more"]), "文件夹")
        with pytest.raises(ModelFileFault, match=f"文件夹 缺少文件 {names[0]}，请补全"):
            refuse_incomplete(kind, iter(names[1:]), "文件夹")
    refuse_incomplete(SourceKind.GGUF, [], "文件夹")
