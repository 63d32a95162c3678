"""Where the models agree: the diagnoses of several differentials, counted by model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.differential import Diagnosis


@dataclass(frozen=True, slots=True)
class Agreement:
    """One diagnosis, as the first model wrote it, and the models that named it (in the order given)."""

    name: str
    models: tuple[str, ...]


def consensus(differentials: Mapping[str, Sequence[Diagnosis]]) -> tuple[Agreement, ...]:
    """Every diagnosis once, the one that most models named first; among equals the one that stood higher.

    Names are compared after `normalised_name`, by equality alone: 急性胰腺炎 and 慢性胰腺炎 differ.
    """
    names: dict[str, str] = {}
    ranks: dict[str, dict[str, int]] = {}
    for model, diagnoses in differentials.items():
        for rank, diagnosis in enumerate(diagnoses):
            key = normalised_name(diagnosis.name)
            if key:
                names.setdefault(key, diagnosis.name)
                ranks.setdefault(key, {}).setdefault(model, rank)
    ordered = sorted(ranks, key=lambda key: (-len(ranks[key]), sum(ranks[key].values()) / len(ranks[key])))
    return tuple(Agreement(names[key], tuple(ranks[key])) for key in ordered)


_HEDGE_BEFORE = re.compile(r"^(?:考虑为?|疑似|疑诊?|可能为?|拟诊|不?排除|不除外|高度|首先)+")
_HEDGE_AFTER = re.compile(r"(?:可能性?[大小]?|待[查排]除?|待诊|不除外|可疑)+$")


def normalised_name(name: str) -> str:
    """A diagnosis without what does not tell it from another: width, case, punctuation, words of doubt."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(character for character in text if unicodedata.category(character)[0] in "LNM")
    return _HEDGE_AFTER.sub("", _HEDGE_BEFORE.sub("", text))
