"""What a path is: each form of model, and each thing that is none."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from app.core.errors import ModelFileFault, UsageFault
from app.inference.catalog import SourceKind
from app.inference.conversion.adopted import NEEDED
from app.inference.recognition import Recognised, recognise
from tests.helpers.tiny_gguf import Tiny, write_tiny_gguf
from tests.helpers.tiny_huggingface import write_tiny_huggingface


def look(path: Path) -> Recognised:
    return recognise(path, lambda fraction: None)


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileFault) as caught:
        look(path)
    return str(caught.value)


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    """A Hugging Face folder."""
    write_tiny_huggingface(tmp_path / "ward", max_position_embeddings=131072)
    return tmp_path / "ward"


def ready_folder(folder: Path, kind: SourceKind) -> Path:
    folder.mkdir()
    for name in NEEDED[kind]:
        (folder / name).write_text("{}")
    if kind is SourceKind.INT4_FOLDER:
        config = {"bigdl_transformers_low_bit": "sym_int4", "max_position_embeddings": 2048}
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_a_gguf_file(tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "ward.gguf")
    found = look(tmp_path / "ward.gguf")
    assert found == Recognised(SourceKind.GGUF, tmp_path, (tmp_path / "ward.gguf",), 512, has_template=True)


def test_a_gguf_file_without_a_template_or_of_another_kind(tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "ward.gguf", Tiny(omit=frozenset({"chat_template"})))
    assert not look(tmp_path / "ward.gguf").has_template
    write_tiny_gguf(tmp_path / "part.gguf", Tiny(omit=frozenset({"blk.1.ffn_up.weight"})))
    assert "缺少张量 blk.1.ffn_up.weight" in refusal(tmp_path / "part.gguf")


def test_a_hugging_face_folder(ward: Path) -> None:
    (ward / "README.md").write_text("about")
    (ward / "modeling_ward.py").write_text("print()")
    (ward / "logs").mkdir()
    found = look(ward)
    assert (found.kind, found.folder, found.context_tokens) == (SourceKind.HUGGINGFACE, ward, 8192)
    assert [path.name for path in found.files] == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert found.has_template


def test_an_int4_folder(tmp_path: Path) -> None:
    found = look(ready_folder(tmp_path / "ward", SourceKind.INT4_FOLDER))
    assert (found.kind, found.context_tokens, found.has_template) == (SourceKind.INT4_FOLDER, 2048, False)
    assert {path.name for path in found.files} == set(NEEDED[SourceKind.INT4_FOLDER])


def test_an_ir_folder(tmp_path: Path) -> None:
    folder = ready_folder(tmp_path / "ward", SourceKind.IR_FOLDER)
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    found = look(folder)
    assert (found.kind, found.context_tokens, found.has_template) == (SourceKind.IR_FOLDER, 4096, True)
    assert {path.name for path in found.files} == {*NEEDED[SourceKind.IR_FOLDER], "chat_template.jinja"}


def test_a_path_is_taken_from_where_the_user_stands(ward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ward)
    assert look(Path()).folder == ward
    assert look(Path("../ward")).folder == ward


def test_nothing_there_is_the_users(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match=r"找不到 .*/none，请检查路径"):
        look(tmp_path / "none")


def test_links_are_refused(ward: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ward)
    assert "link 是一个链接，已拒绝" in refusal(tmp_path / "link")
    for name in ("model.safetensors", "config.json"):
        elsewhere = tmp_path / f"elsewhere-{name}"
        shutil.move(ward / name, elsewhere)
        (ward / name).symlink_to(elsewhere)
        assert f"{name} 是一个链接，已拒绝，请换成文件本身" in refusal(ward)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_pipe_is_refused_and_not_waited_for(name: str, ward: Path) -> None:
    (ward / name).unlink()
    os.mkfifo(ward / name)
    assert f"{name} 不是普通文件" in refusal(ward)


def test_a_pipe_is_no_gguf(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ward.gguf")
    assert "ward.gguf 不是 GGUF 文件" in refusal(tmp_path / "ward.gguf")


@pytest.mark.parametrize("content", [b"", b"GG", b"PK\x03\x04 archive"])
def test_another_file_is_no_gguf(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "ward.gguf").write_bytes(content)
    assert "不是 GGUF 文件；其他格式请指定模型所在的文件夹" in refusal(tmp_path / "ward.gguf")


def test_a_broken_gguf_is_said(tmp_path: Path) -> None:
    (tmp_path / "ward.gguf").write_bytes(b"GGUF" + bytes(100))
    assert "GGUF 文件 ward.gguf 无法读取" in refusal(tmp_path / "ward.gguf")


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    assert "无法识别文件夹" in refusal(tmp_path)
    (tmp_path / "ward.gguf").write_bytes(b"GGUF")
    assert "请直接指定其中的一个文件" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("missing", "words"),
    [("tokenizer.json", "缺少文件 tokenizer.json"), ("model.safetensors", "没有 safetensors 权重")],
)
def test_what_a_folder_lacks_is_said(missing: str, words: str, ward: Path) -> None:
    (ward / missing).unlink()
    assert words in refusal(ward)


def test_an_incomplete_ir_is_said(tmp_path: Path) -> None:
    folder = ready_folder(tmp_path / "ward", SourceKind.IR_FOLDER)
    (folder / "openvino_tokenizer.bin").unlink()
    assert refusal(folder) == "文件夹 ward 缺少文件 openvino_tokenizer.bin，请补全"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("config.json", "{", "config.json 无法读取，或不是有效的 JSON"),
        ("config.json", "", "config.json 是空的"),
        ("tokenizer.json", "", "tokenizer.json 是空的"),
        ("tokenizer_config.json", "{", "tokenizer_config.json 无法读取"),
        ("config.json", '{"architectures": ["ChatGLMModel"]}', "模型结构 ChatGLMModel 不受支持"),
    ],
)
def test_a_file_that_makes_it_useless_is_named(name: str, content: str, words: str, ward: Path) -> None:
    (ward / name).write_text(content)
    assert words in refusal(ward)
