"""`tokenizer.json` from a GGUF vocabulary, in a form that tokenizers 0.15 reads.

The pre-tokeniser expressions are those of the models' own published tokenizers; llama.cpp names them in
`tokenizer.ggml.pre`.
"""

from __future__ import annotations

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from app.core.errors import ModelFileFault
from app.inference.conversion.gguf_source import Vocabulary

_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def build_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """A byte-level BPE tokenizer.

    Raises ModelFileFault for a pre-tokeniser that is not known, and for merges that do not fit the tokens.
    """
    special = frozenset(vocabulary.special)
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    merges = [tuple(merge.split(" ", 1)) for merge in vocabulary.merges]
    try:
        tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
    except Exception as error:  # the library raises nothing more precise
        raise ModelFileFault("GGUF 文件的词表已损坏（合并规则与词元不符），请重新下载") from error
    _set_pre_tokenizer(tokenizer, vocabulary.pre_tokenizer)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(vocabulary.tokens[index], normalized=False, special=True) for index in sorted(special)]
    )
    return tokenizer


def _set_pre_tokenizer(tokenizer: Tokenizer, name: str) -> None:
    if name == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(_QWEN2), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    elif name == "smollm":
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
    else:
        raise ModelFileFault(f"GGUF 文件的分词方式 {name or '未知'} 不受支持（支持 qwen2、smollm）")
