"""A hospital's Hugging Face folder: what newer libraries wrote is read by the older ones here, or refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from app.core.errors import ModelFileFault
from app.core.runs import Message
from app.inference.chat_template import render_chat
from app.inference.conversion.huggingface_source import link, old_config, open_huggingface
from app.inference.conversion.steps import read_chat_template
from app.inference.files import describe_files
from app.inference.prepared import CheckedFile
from tests.helpers.tiny_gguf import Tiny, true_weights
from tests.helpers.tiny_huggingface import write_tiny_huggingface

CONFIG = {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_attention_heads": 4}


def loaded(folder: Path) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """All weights as the index tells where they are."""
    index = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]
    return {name: load_file(folder / file)[name] for name, file in index.items()}


def config_of(folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / "config.json").read_text())
    return result


@pytest.mark.parametrize("tied", [True, False])
def test_the_head_is_always_a_tensor_of_its_own(tied: bool, tmp_path: Path) -> None:
    files = write_tiny_huggingface(tmp_path / "ward", Tiny("qwen2", tied))
    open_huggingface(files, tmp_path / "parent")
    truth, found = true_weights(Tiny("qwen2", tied)), loaded(tmp_path / "parent")
    assert found.keys() == truth.keys()
    for name, weight in truth.items():
        np.testing.assert_allclose(found[name], weight, atol=1e-3, err_msg=name)
    assert config_of(tmp_path / "parent")["tie_word_embeddings"] is False


def test_several_shards_are_one_model(tmp_path: Path) -> None:
    write_tiny_huggingface(tmp_path / "ward", Tiny("qwen2", tied=False))
    weights = load_file(tmp_path / "ward" / "model.safetensors")
    (tmp_path / "ward" / "model.safetensors").unlink()
    for number, names in enumerate((sorted(weights)[:9], sorted(weights)[9:])):
        path = tmp_path / "ward" / f"model-0000{number + 1}-of-00002.safetensors"
        save_file({name: weights[name] for name in names}, path, metadata={"format": "pt"})
    open_huggingface(describe_files(tmp_path / "ward"), tmp_path / "parent")
    assert loaded(tmp_path / "parent").keys() == weights.keys()


def test_files_that_are_not_listed_are_not_seen(tmp_path: Path) -> None:
    files = write_tiny_huggingface(tmp_path / "ward")
    (tmp_path / "ward" / "modeling_ward.py").write_text("raise SystemExit")
    (tmp_path / "ward" / "pytorch_model.bin").write_bytes(b"pickle")
    open_huggingface(files, tmp_path / "parent")
    seen = {path.name for path in (tmp_path / "parent").iterdir()}
    assert seen == {
        "config.json",
        "head.safetensors",
        "model-00000.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }


def test_the_hospitals_folder_is_left_as_it_is(tmp_path: Path) -> None:
    files = write_tiny_huggingface(tmp_path / "ward")
    open_huggingface(files, tmp_path / "parent")
    assert describe_files(tmp_path / "ward") == files


def test_merges_written_as_pairs_are_read(tmp_path: Path) -> None:
    files = write_tiny_huggingface(tmp_path / "ward")
    with pytest.raises(Exception, match="untagged enum"):
        Tokenizer.from_file(str(tmp_path / "ward" / "tokenizer.json"))
    open_huggingface(files, tmp_path / "parent")
    tokenizer = Tokenizer.from_file(str(tmp_path / "parent" / "tokenizer.json"))
    assert tokenizer.encode("the").tokens == ["th", "e"]
    assert tokenizer.decode(tokenizer.encode("患者 65岁").ids) == "患者 65岁"


def test_rotary_settings_are_found_where_newer_libraries_write_them() -> None:
    assert (
        old_config({**CONFIG, "rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}, {})["rope_theta"] == 5e5
    )
    assert old_config({**CONFIG, "rope_theta": 1e6}, {})["rope_theta"] == 1e6
    assert old_config(CONFIG, {})["rope_theta"] == 10000.0
    plain = old_config({**CONFIG, "rope_scaling": None, "rope_parameters": None, "auto_map": {"AutoModel": "x.Y"}}, {})
    assert not {"rope_parameters", "rope_scaling", "auto_map"} & set(plain)


def test_the_ends_of_an_answer_are_those_of_the_generation() -> None:
    config = {**CONFIG, "eos_token_id": 2}
    assert old_config(config, {})["eos_token_id"] == 2
    assert old_config(config, {"eos_token_id": [2, 7]})["eos_token_id"] == [2, 7]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"architectures": ["ChatGLMModel"]}, "模型结构 ChatGLMModel 不受支持"),
        ({"architectures": None}, "模型结构 未知 不受支持"),
        ({"quantization_config": {"quant_method": "gptq"}}, "已经量化过"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "位置编码扩展 llama3 不受支持"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "位置编码扩展 linear 不受支持"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "位置编码扩展 yarn 不受支持"),
        ({"head_dim": 32}, "注意力头宽 32 不受支持"),
        ({"hidden_size": None}, "config.json 不完整"),
        ({"num_attention_heads": "four"}, "config.json 不完整"),
    ],
)
def test_what_the_libraries_would_leave_out_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelFileFault, match=words):
        old_config({**CONFIG, **change}, {})


def without(files: tuple[CheckedFile, ...], name: str) -> tuple[CheckedFile, ...]:
    return tuple(file for file in files if Path(file.path).name != name)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("config.json", "缺少 config.json"),
        ("tokenizer.json", "缺少 tokenizer.json"),
        ("model.safetensors", "缺少权重"),
    ],
)
def test_a_folder_that_is_not_whole_is_said(missing: str, words: str, tmp_path: Path) -> None:
    files = write_tiny_huggingface(tmp_path / "ward")
    with pytest.raises(ModelFileFault, match=words):
        open_huggingface(without(files, missing), tmp_path / "parent")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("config.json", "{", "config.json 不是有效的 JSON"),
        ("config.json", "[]", "config.json 不是有效的 JSON 对象"),
        ("tokenizer.json", "{}", "分词器文件 tokenizer.json 已损坏"),
        ("tokenizer.json", '{"model": {"type": "BPE", "merges": 7}}', "分词器文件 tokenizer.json 已损坏"),
        ("model.safetensors", "no tensors", "权重文件 model.safetensors 已损坏"),
    ],
)
def test_a_broken_file_is_named(name: str, content: str, words: str, tmp_path: Path) -> None:
    files = write_tiny_huggingface(tmp_path / "ward")
    (tmp_path / "ward" / name).write_text(content)
    with pytest.raises(ModelFileFault, match=words):
        open_huggingface(files, tmp_path / "parent")


CHAT = (Message("user", "胸痛"),)


def test_a_template_may_be_a_file_or_an_entry_or_one_of_several(tmp_path: Path) -> None:
    settings = tmp_path / "tokenizer_config.json"
    assert read_chat_template(tmp_path) == ""
    settings.write_text(json.dumps({"chat_template": "entry"}))
    assert read_chat_template(tmp_path) == "entry"
    several = [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "usual"}]
    settings.write_text(json.dumps({"chat_template": several}))
    assert read_chat_template(tmp_path) == "usual"
    (tmp_path / "chat_template.jinja").write_text("文件", encoding="utf-8")
    assert read_chat_template(tmp_path) == "文件"


def test_a_templates_special_tokens_are_those_of_the_tokenizer(tmp_path: Path) -> None:
    template = "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"
    settings = {"chat_template": template, "bos_token": {"content": "<s>"}, "eos_token": "</s>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    assert render_chat(read_chat_template(tmp_path), CHAT) == "<s>胸痛</s>"


@pytest.mark.parametrize("content", ["{", "[]", "7"])
def test_settings_that_cannot_be_read_are_said(content: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(content)
    with pytest.raises(ModelFileFault, match=r"对话模板或 tokenizer_config\.json 无法读取"):
        read_chat_template(tmp_path)


def test_where_users_may_make_no_links_the_content_is_there_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    (tmp_path / "weights").write_bytes(b"numbers")
    monkeypatch.setattr(os, "symlink", refuse)
    link(tmp_path / "weights", tmp_path / "hard")
    assert (tmp_path / "hard").samefile(tmp_path / "weights")
    monkeypatch.setattr(os, "link", refuse)
    link(tmp_path / "weights", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"numbers"
    assert not (tmp_path / "copy").samefile(tmp_path / "weights")
