"""Reading a GGUF file: names, shapes, order, and a sentence for everything that would be lost."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import ModelFileFault
from app.inference.conversion.gguf_source import GgufSource
from tests.helpers.catalog_models import CHATML
from tests.helpers.tiny_gguf import HIDDEN, INNER, SPECIAL, Change, Tiny, tokens_and_merges, write_tiny_gguf

ARCHITECTURES = ["llama", "qwen2"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a good file."""
    path = tmp_path_factory.mktemp("whole") / "tiny.gguf"
    write_tiny_gguf(path, Tiny("qwen2"))
    return path.read_bytes()


def everything(path: Path) -> None:
    """Read all that a conversion reads."""
    source = GgufSource(path)
    source.config()
    source.vocabulary()
    assert source.chat_template is not None
    for _ in source.weights():
        pass


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_weight_comes_back_under_its_name(architecture: str, tied: bool, tmp_path: Path) -> None:
    truth = write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(architecture, tied))
    read = dict(GgufSource(tmp_path / "tiny.gguf").weights())
    assert read.keys() == truth.keys()
    for name, weight in truth.items():
        assert read[name].dtype == np.float32
        np.testing.assert_array_equal(read[name], weight, err_msg=name)
    assert np.array_equal(read["lm_head.weight"], read["model.embed_tokens.weight"]) == tied


def test_quantised_tensors_are_expanded(tmp_path: Path) -> None:
    kinds = {"blk.0.ffn_up.weight": Kind.Q8_0, "blk.1.attn_q.weight": Kind.Q4_1, "token_embd.weight": Kind.F16}
    truth = write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(kinds=kinds))
    read = dict(GgufSource(tmp_path / "tiny.gguf").weights())
    for name, weight in truth.items():
        np.testing.assert_allclose(read[name], weight, atol=3e-3, err_msg=name)


@pytest.mark.parametrize(("architecture", "name"), [("llama", "LlamaForCausalLM"), ("qwen2", "Qwen2ForCausalLM")])
def test_the_configuration_is_that_of_transformers(architecture: str, name: str, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(architecture))
    source = GgufSource(tmp_path / "tiny.gguf")
    config = source.config()
    assert config["rms_norm_eps"] == pytest.approx(1e-5)
    tokens, _ = tokens_and_merges()
    assert config | {"rms_norm_eps": 0} == {
        "architectures": [name],
        "model_type": architecture,
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "rope_theta": 50000.0,
        "rms_norm_eps": 0,
        "vocab_size": len(tokens),
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "bos_token_id": tokens.index("<|endoftext|>"),
        "eos_token_id": tokens.index("<|im_end|>"),
        "torch_dtype": "float16",
    }
    assert source.context_tokens == 512
    assert source.chat_template == CHATML


def test_what_may_be_missing_has_the_usual_value(tmp_path: Path) -> None:
    omit = frozenset({"head_count_kv", "freq_base", "bos_token_id", "chat_template"})
    write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(omit=omit))
    source = GgufSource(tmp_path / "tiny.gguf")
    config = source.config()
    assert (config["num_key_value_heads"], config["rope_theta"]) == (4, 10000.0)
    assert config["bos_token_id"] == config["eos_token_id"]
    assert source.chat_template == ""


def test_the_vocabulary_is_that_of_the_file(tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "tiny.gguf")
    vocabulary = GgufSource(tmp_path / "tiny.gguf").vocabulary()
    tokens, merges = tokens_and_merges()
    assert (list(vocabulary.tokens), list(vocabulary.merges)) == (tokens, merges)
    assert [vocabulary.tokens[index] for index in vocabulary.special] == list(SPECIAL)
    assert vocabulary.pre_tokenizer == "smollm"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_good_file_passes_the_check(architecture: str, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(architecture))
    GgufSource(tmp_path / "tiny.gguf").check()


def test_the_check_needs_no_weights(tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(omit=frozenset({"blk.1.ffn_down.weight"})))
    with pytest.raises(ModelFileFault, match=r"缺少张量 blk\.1\.ffn_down\.weight"):
        GgufSource(tmp_path / "tiny.gguf").check()


def add_tensor(name: str, *shape: int) -> Change:
    return lambda writer: writer.add_tensor(name, np.ones(shape, np.float32))


def set_field(key: str, value: object, kind: gguf.GGUFValueType) -> Change:
    return lambda writer: writer.add_key_value(key, value, kind)


INT, TEXT, FLOAT = gguf.GGUFValueType.UINT32, gguf.GGUFValueType.STRING, gguf.GGUFValueType.FLOAT32


@pytest.mark.parametrize(
    ("tiny", "words"),
    [
        (Tiny("gemma"), "的结构 gemma 不受支持（支持 llama、qwen2）"),
        (Tiny(omit=frozenset({"block_count"})), "缺少字段 llama.block_count"),
        (Tiny(omit=frozenset({"layer_norm_rms_epsilon"})), "缺少字段 llama.attention.layer_norm_rms_epsilon"),
        (Tiny(omit=frozenset({"tokens"})), "缺少字段 tokenizer.ggml.tokens"),
        (Tiny(omit=frozenset({"merges"})), "缺少字段 tokenizer.ggml.merges"),
        (Tiny(omit=frozenset({"token_type"})), "缺少字段 tokenizer.ggml.token_type"),
        (Tiny(omit=frozenset({"model"})), "缺少字段 tokenizer.ggml.model"),
        (Tiny(omit=frozenset({"eos_token_id"})), "缺少字段 tokenizer.ggml.eos_token_id"),
        (Tiny(omit=frozenset({"blk.1.ffn_down.weight"})), "缺少张量 blk.1.ffn_down.weight"),
        (Tiny(omit=frozenset({"token_embd.weight"})), "缺少张量 token_embd.weight"),
        (Tiny("qwen2", omit=frozenset({"blk.0.attn_k.bias"})), "缺少张量 blk.0.attn_k.bias"),
        (Tiny(change=add_tensor("rope_freqs.weight", 8)), "含有不受支持的张量 rope_freqs.weight"),
        (Tiny(change=add_tensor("blk.0.attn_q.bias", 64)), "含有不受支持的张量 blk.0.attn_q.bias"),
        (Tiny(omit=frozenset({"output_norm.weight"}), change=add_tensor("output_norm.weight", 32)), "形状与配置不符"),
    ],
)  # fmt: skip
def test_what_would_be_lost_or_guessed_is_refused(tiny: Tiny, words: str, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "tiny.gguf", tiny) if tiny.architecture != "gemma" else write_other(tmp_path)
    with pytest.raises(ModelFileFault) as caught:
        everything(tmp_path / "tiny.gguf")
    assert str(caught.value).startswith("GGUF 文件 tiny.gguf ") and words in str(caught.value)


def test_a_kind_of_tensor_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    def integers(writer: gguf.GGUFWriter) -> None:
        writer.add_tensor("output_norm.weight", np.ones(HIDDEN, np.int32))

    write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(omit=frozenset({"output_norm.weight"}), change=integers))
    with pytest.raises(ModelFileFault, match=r"张量 output_norm\.weight 的格式 I32 不受支持"):
        everything(tmp_path / "tiny.gguf")


def write_other(folder: Path) -> None:
    writer = gguf.GGUFWriter(folder / "tiny.gguf", "gemma")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


@pytest.mark.parametrize(
    ("omit", "change", "words"),
    [
        ("", set_field("llama.rope.scaling.type", "yarn", TEXT), "的位置编码扩展 yarn 不受支持"),
        ("block_count", set_field("llama.block_count", 4_000_000_000, INT), "的层数 4000000000 无效"),
        ("block_count", set_field("llama.block_count", 0, INT), "的字段 llama.block_count 无效"),
        ("head_count", set_field("llama.attention.head_count", "four", TEXT), "head_count 无效"),
        ("freq_base", set_field("llama.rope.freq_base", -1.0, FLOAT), "rope.freq_base 无效"),
        ("eos_token_id", set_field("tokenizer.ggml.eos_token_id", 999_999, INT), "eos_token_id 无效"),
        ("model", set_field("tokenizer.ggml.model", "llama", TEXT), "的分词器 llama 不受支持"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(omit: str, change: Change, words: str, tmp_path: Path) -> None:
    write_tiny_gguf(tmp_path / "tiny.gguf", replace(Tiny(), omit=frozenset({omit}), change=change))
    with pytest.raises(ModelFileFault, match=words):
        everything(tmp_path / "tiny.gguf")


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model", bytes(4096), b"GGUF\x03\x00\x00\x00" + b"\xff" * 64])
def test_garbage_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(content)
    with pytest.raises(ModelFileFault, match=r"tiny\.gguf 无法读取：文件不完整或已损坏"):
        GgufSource(tmp_path / "tiny.gguf")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelFileFault, match=r"none\.gguf 无法读取"):
        GgufSource(tmp_path / "none.gguf")


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_said(share: float, whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelFileFault, match="请重新下载"):
        everything(tmp_path / "tiny.gguf")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_flipped_byte_is_a_crash(
    data: st.DataObject, whole: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "flipped.gguf"
    # Most of a GGUF's structure is in its first kilobytes.
    places = st.integers(0, 700) | st.integers(0, len(whole) - 1)
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(places)] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, on sizes that overflow
        try:
            everything(path)
        except ModelFileFault as fault:
            assert "flipped.gguf" in str(fault)
