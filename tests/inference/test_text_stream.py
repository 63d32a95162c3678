"""Streamed text: whole characters only, and in the end all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from app.inference.text_stream import TextStream

CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF))
EMOJI = st.text(st.sampled_from("🫀🩺💊😷👩‍⚕️🇨🇳"))
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
TEXT = st.lists(CHINESE | EMOJI | ASCII | st.sampled_from(["\n", "  ", "\t", "，", "％", "ｍｇ", "é"])).map("".join)


def byte_level(merges: Sequence[tuple[str, str]] = ()) -> Tokenizer:
    """A byte-level BPE tokenizer: a token a byte, but for these merges."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *("".join(pair) for pair in merges)]
    tokenizer = Tokenizer(models.BPE({word: index for index, word in enumerate(words)}, list(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def symbols(text: str) -> str:
    """How a byte-level tokenizer writes the bytes of a text."""
    tokenizer = byte_level()
    return "".join(str(tokenizer.id_to_token(token)) for token in tokenizer.encode(text).ids)


def awkward() -> Tokenizer:
    """Tokens that begin or end in the middle of a character, as real vocabularies have them."""
    heart, lungs = symbols("心"), symbols("肺")
    return byte_level([(heart[1], heart[2]), (heart[1] + heart[2], lungs[0]), (lungs[1], lungs[2]), ("Ġ", "Ġ")])


TOKENIZERS = {"bytes": byte_level(), "awkward": awkward()}


def decoder(tokenizer: Tokenizer) -> Callable[[Sequence[int]], str]:
    return lambda ids: str(tokenizer.decode(list(ids)))


def streamed(ids: Sequence[int], decode: Callable[[Sequence[int]], str]) -> list[str]:
    stream = TextStream(decode)
    return [*(stream.push(token) for token in ids), stream.flush()]


@pytest.mark.parametrize("name", TOKENIZERS)
@given(text=TEXT)
def test_the_pieces_are_the_text_and_each_is_whole(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    pieces = streamed(tokenizer.encode(text).ids, decoder(tokenizer))
    assert "".join(pieces) == text
    assert pieces[-1] == "", "nothing is held back that was complete"
    assert not any("\ufffd" in piece for piece in pieces)


@pytest.mark.parametrize("drops", [False, True], ids=["marks", "drops"])
@pytest.mark.parametrize("at_once", [1, 2, 4, 5, 20])
def test_tokens_that_come_together_give_the_same_text(at_once: int, drops: bool) -> None:
    """OpenVINO's detokeniser leaves the bytes of half a character out, others put a mark in their place."""
    text, tokenizer = "心肺🫀 ok，" * 20, TOKENIZERS["bytes"]
    decode, ids = decoder(tokenizer), tokenizer.encode(text).ids
    stream = TextStream((lambda some: decode(some).replace("\ufffd", "")) if drops else decode)
    pieces = [stream.push(*ids[at : at + at_once]) for at in range(0, len(ids), at_once)]
    assert "".join([*pieces, stream.flush()]) == text
    assert not any("\ufffd" in piece for piece in pieces)


@given(text=TEXT.filter(lambda text: text != "" and not text[-1].isascii()))
def test_an_end_within_a_character_shows_as_one_mark(text: str) -> None:
    tokenizer = TOKENIZERS["bytes"]
    *pieces, last = streamed(tokenizer.encode(text).ids[:-1], decoder(tokenizer))
    assert "".join(pieces) == text[:-1]
    assert set(last) == {"\ufffd"}


def test_every_character_comes_with_its_last_token() -> None:
    tokenizer = TOKENIZERS["bytes"]
    assert streamed(tokenizer.encode("心a").ids, decoder(tokenizer)) == ["", "", "心", "a", ""]


def test_a_replacement_character_that_was_meant_is_shown() -> None:
    tokenizer = TOKENIZERS["bytes"]
    assert "".join(streamed(tokenizer.encode("a\ufffdb\ufffd").ids, decoder(tokenizer))) == "a\ufffdb\ufffd"


def test_bytes_that_are_no_text_do_not_stop_the_stream() -> None:
    tokenizer = TOKENIZERS["bytes"]
    ids = tokenizer.encode("心").ids
    pieces = streamed([ids[0], *tokenizer.encode("ok").ids], decoder(tokenizer))
    assert "".join(pieces) == "\ufffdok"


def test_white_space_that_a_tokenizer_drops_at_the_start_is_kept() -> None:
    words = ["one", "▁two", "▁three"]
    pieces = streamed([0, 1, 2], lambda ids: "".join(words[one] for one in ids).replace("▁", " ").lstrip())
    assert pieces == ["one", " two", " three", ""]


def test_tokens_without_text_add_nothing() -> None:
    assert streamed([1, 0, 1], lambda ids: "x" * ids.count(1)) == ["x", "", "x", ""]
    assert TextStream(lambda ids: "").flush() == ""


def test_a_token_costs_little_more_than_one_short_decoding() -> None:
    """A native detokeniser takes a millisecond or two: two calls a token slowed a small model by a twentieth."""
    tokenizer, windows = TOKENIZERS["bytes"], list[int]()

    def decode(ids: Sequence[int]) -> str:
        windows.append(len(ids))
        return str(tokenizer.decode(list(ids)))

    streamed(tokenizer.encode("abcdefgh" * 20).ids, decode)
    assert len(windows) <= 160 * 1.1
    assert max(windows) < 20
