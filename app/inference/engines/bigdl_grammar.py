"""Answers that cannot leave a form: llguidance masks, before each choice, the tokens that a grammar forbids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import llguidance
import llguidance.numpy
import numpy as np
import torch
from llguidance.gbnf_to_lark import any_to_lark

from app.core.errors import EngineFault

Choice = Callable[[list[int], torch.Tensor], int]


class GrammarCompiler:
    """Knows a model's vocabulary; made once, since reading the tokenizer takes most of a second."""

    def __init__(self, tokenizer: Path, ends: Sequence[int]) -> None:
        self._tokenizer = llguidance.LLTokenizer(str(tokenizer), eos_token=list(ends))

    def constrained(self, grammar: str, choose: Choice) -> Choice:
        """A choice that follows one answer through the GBNF grammar. Raises EngineFault if that is broken."""
        matcher = llguidance.LLMatcher(self._tokenizer, any_to_lark(grammar))
        if matcher.is_error():
            raise EngineFault("输出格式的语法文件有误，无法生成，请重新安装本程序")
        mask = llguidance.numpy.allocate_token_bitmask(1, self._tokenizer.vocab_size)

        def next_token(history: list[int], logits: torch.Tensor) -> int:
            llguidance.numpy.fill_next_token_bitmask(matcher, mask, 0)
            bits = np.unpackbits(mask[0].view(np.uint8), bitorder="little")
            forbidden = torch.ones(logits.shape[-1], dtype=torch.bool)
            known = min(len(bits), len(forbidden), self._tokenizer.vocab_size)
            forbidden[:known] = torch.from_numpy(bits[:known] == 0)
            token = choose(history, logits.masked_fill(forbidden, float("-inf")))
            matcher.consume_token(token)
            return token

        return next_token
