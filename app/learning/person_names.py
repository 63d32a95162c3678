"""Names of people that no record knows and no rule delimits: jieba's tagger, only after a word that announces a person.

jionlp, which knows addresses and numbers as well, is not used: measured with 1.5.31, it unpacks 14 files into its own
package folder when imported, pulls in 145 MB of jiojio and an HTTP client, and its first search for a place took 38 s
and 2.1 GB. The rules do that part.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile
from typing import Any

from app.learning.announcers import ANNOUNCERS
from app.learning.rules import C
from app.learning.surnames import COMPOUND, NO_NAME, SINGLE

_LONGEST = 8
_SHORTEST, _WHOLE_NAME = 2, 3
_CUE = re.compile(rf"(?:{ANNOUNCERS})[：:\s为是叫名（(]{{0,2}}(?=[{C}])")
_AFTER_A_NAME = frozenset("男女诉于因的系签代陪来到说要同及与和在已曾自入住现年今先述提告知对拒表既执突")
_HAN = re.compile(rf"[{C}]+")


def announced_names(text: str) -> Iterator[tuple[int, int]]:
    """The spans (start, end exclusive) of names that follow an announcing word, in order."""
    for cue in _CUE.finditer(text):
        follows = _HAN.match(text, cue.end(), min(len(text), cue.end() + _LONGEST))
        if follows is not None and (length := _name_length(follows[0])):
            yield cue.end(), cue.end() + length


@lru_cache(maxsize=20_000)
def _name_length(text: str) -> int:
    """How many characters of the text's beginning are a name; 0 for none."""
    if text[:2] in NO_NAME or not (text[0] in SINGLE or text[:2] in COMPOUND):
        return 0
    words = list(takewhile(lambda one: one.flag.startswith("nr"), _tagger().cut(text)))
    compound = text[:2] in COMPOUND
    length = 0
    for one in words:
        # 李子 and 轩 are two names to the tagger.
        if length and length + len(one.word) > _WHOLE_NAME + compound:
            break
        length += len(one.word)
    if length < _SHORTEST:
        return 0
    rest = text[length : length + 1]
    # The tagger leaves the last character of a compound surname's two-character given name outside.
    goes_on = compound and length == _WHOLE_NAME and rest and rest not in _AFTER_A_NAME
    return length + bool(goes_on)


@lru_cache(maxsize=1)
def _tagger() -> Any:
    """The tagger, without the dictionary cache that jieba would keep in, and load from, the shared temporary folder."""
    import jieba
    import jieba.posseg

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return jieba.posseg.POSTokenizer(tokenizer)
