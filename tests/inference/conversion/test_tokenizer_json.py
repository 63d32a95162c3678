"""A tokenizer from a GGUF vocabulary: what it splits, and that it gives every text back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from app.core.errors import ModelFileFault
from app.inference.conversion.gguf_source import Vocabulary
from app.inference.conversion.tokenizer_json import build_tokenizer
from tests.helpers.tiny_gguf import SPECIAL, tokens_and_merges

TOKENS, MERGES = tokens_and_merges()
SPECIAL_IDS = tuple(range(len(TOKENS) - len(SPECIAL), len(TOKENS)))
KINDS = ["qwen2", "smollm"]
MIXED = "患者男，65岁，体温38.5℃。\r\n  BP 130/80 mmHg\t，\n\n  既往体健；ＣＴ示肺部阴影 🫁 it's there  "


def tokenizer(kind: str) -> Tokenizer:
    return build_tokenizer(Vocabulary(tuple(TOKENS), tuple(MERGES), SPECIAL_IDS, kind))


BUILT = {kind: tokenizer(kind) for kind in KINDS}


def pieces(kind: str, text: str) -> list[str]:
    """What the pre-tokeniser cuts a text into."""
    return [text[start:end] for _, (start, end) in BUILT[kind].pre_tokenizer.pre_tokenize_str(text)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [MIXED, "", " ", "\n", "0123456789", "病程记录", "the  anthem"])
def test_a_text_comes_back(kind: str, text: str) -> None:
    built = BUILT[kind]
    assert built.decode(built.encode(text, add_special_tokens=False).ids) == text


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(blacklist_categories=("Cs",))).filter(lambda text: "<|" not in text))
def test_any_text_comes_back_byte_by_byte(text: str) -> None:
    built = BUILT["smollm"]
    assert built.decode(built.encode(text, add_special_tokens=False).ids) == text


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_are_one_token_and_not_shown(kind: str) -> None:
    built = BUILT[kind]
    ids = built.encode("<|im_start|>the<|im_end|>", add_special_tokens=False).ids
    assert (ids[0], ids[-1]) == (TOKENS.index("<|im_start|>"), TOKENS.index("<|im_end|>"))
    assert built.decode(ids, skip_special_tokens=True) == "the"
    assert built.decode(ids, skip_special_tokens=False) == "<|im_start|>the<|im_end|>"


@pytest.mark.parametrize("kind", KINDS)
def test_merges_are_used(kind: str) -> None:
    ids = BUILT[kind].encode("the", add_special_tokens=False).ids
    assert [TOKENS[token] for token in ids] == ["th", "e"]


@pytest.mark.parametrize("kind", KINDS)
def test_digits_stand_alone(kind: str) -> None:
    assert pieces(kind, "BP130") == ["BP", "1", "3", "0"]


def test_qwen_cuts_as_its_own_tokenizer_does() -> None:
    assert pieces("qwen2", "it's  there\n\n 2") == ["it", "'s", " ", " there", "\n\n", " ", "2"]
    assert pieces("qwen2", "胸痛，3小时。\n") == ["胸痛", "，", "3", "小时", "。\n"]


def test_qwen_composes_characters() -> None:
    built = BUILT["qwen2"]
    assert built.decode(built.encode("e\u0301", add_special_tokens=False).ids) == "\u00e9"


def test_it_can_be_saved_and_read_again(tmp_path: Path) -> None:
    BUILT["qwen2"].save(str(tmp_path / "tokenizer.json"))
    again = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert again.encode(MIXED).ids == BUILT["qwen2"].encode(MIXED).ids


@pytest.mark.parametrize("kind", ["", "llama-bpe"])
def test_an_unknown_way_to_cut_is_named(kind: str) -> None:
    with pytest.raises(ModelFileFault, match=f"分词方式 {kind or '未知'} 不受支持"):
        tokenizer(kind)


@pytest.mark.parametrize("merges", [("nothere x",), ("lonely",)])
def test_merges_that_do_not_fit_the_tokens_are_refused(merges: tuple[str, ...]) -> None:
    vocabulary = Vocabulary(tuple(TOKENS), tuple(MERGES), SPECIAL_IDS, "qwen2")
    with pytest.raises(ModelFileFault, match="词表已损坏"):
        build_tokenizer(replace(vocabulary, merges=merges))
