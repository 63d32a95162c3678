"""Prompt templates: versioned text in `resources/prompts`, and how patient text is put into them.

Patient text is data. It stands last, so that an engine can keep the fixed part in its prefix cache, between
delimiters that it cannot write itself.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.runs import Decoding, Message, Prompt

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_PART = re.compile(
    r"^# (system|user|assistant|grammar)\n(.*?)(?=^# (?:system|user|assistant|grammar)\n|\Z)", re.DOTALL | re.MULTILINE
)
_FIELD = re.compile(r"\{\{(\w+)\}\}")
DIFFERENTIAL_FIELDS = frozenset({"patient_context", "chief_complaint", "case_features"})
# Our own delimiter, and whatever a chat template may use for its control tokens (<|im_end|>, </s>, [INST], <｜User｜>),
# in the wide and small forms too that a tokenizer may take for the same.
# A bracket before a digit ("SpO2<90%") is clinical text and stays.
_CONTROL = re.compile(
    r"[<＜﹤](?P<angle>\s*[/／]?\s*(?:病历|[|｜A-Za-z_Ａ-Ｚａ-ｚ])[^<>＜＞﹤﹥\n]{0,60})[>＞﹥]"
    r"|\[(?P<square>/?(?:INST|g?MASK|CLS|SEP|PAD|UNK|BOS|EOS|[A-Z]+(?:_[A-Z]+)+))\]"
)
_NO_CONTEXT = "未提供"


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """One template file. `turns` are the fixed messages (a system part, examples); `user` has the patient's fields.

    `text_hash` is the SHA-256 (hex) of the whole file, so that any edit of it is visible in what it produced.
    """

    template_id: str
    version: str
    turns: tuple[Message, ...]
    user: str
    decoding: Decoding
    text_hash: str

    @classmethod
    def parse(cls, text: str, fields: frozenset[str] = DIFFERENTIAL_FIELDS) -> PromptTemplate:
        """Read front matter (`id`, `version`, decoding), then turns under `# system`, `# user`, `# assistant`.

        The last turn is the user's and holds the fields. A part `# grammar` is no turn: it is the form of the answer
        (see Decoding). Raises ValueError if the form is not kept: the file
        comes with the program.
        """
        front = _FRONT.match(text)
        parts = [(role, content.strip()) for role, content in _PART.findall(text)]
        turns = [Message(role, content) for role, content in parts if role != "grammar"]
        if front is None or not turns or turns[-1].role != "user":
            raise ValueError("a prompt template needs front matter and a last turn '# user'")
        if [set(_FIELD.findall(turn.content)) for turn in turns] != [set()] * (len(turns) - 1) + [fields]:
            raise ValueError(f"the last turn, and no other, must hold exactly these fields: {sorted(fields)}")
        settings = dict(_setting(line) for line in front[1].splitlines() if line.strip())
        return cls(
            template_id=settings.pop("id"),
            version=settings.pop("version"),
            turns=tuple(turns[:-1]),
            user=turns[-1].content,
            decoding=_decoding(settings, dict(parts).get("grammar", "")),
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
        )


def differential_prompt(
    template: PromptTemplate, patient_context: str, chief_complaint: str, case_features: str
) -> Prompt:
    """The messages that ask for a differential. `patient_context` is sex and age (`男，65岁`), possibly empty."""
    values = {
        "patient_context": quoted(patient_context) or _NO_CONTEXT,
        "chief_complaint": chief_complaint,
        "case_features": case_features,
    }
    return filled(template, values)


def filled(template: PromptTemplate, values: Mapping[str, str]) -> Prompt:
    """The messages with these values in the template's fields, quoted as patient text."""
    safe = {field: quoted(value) for field, value in values.items()}
    user = _FIELD.sub(lambda match: safe[match[1]], template.user)
    messages = (*template.turns, Message("user", user))
    return Prompt(messages, template.template_id, template.version, template.text_hash)


def quoted(text: str) -> str:
    """Patient text that can end neither its delimiters nor a chat turn; its clinical content is unchanged."""
    visible = "".join(character for character in text if character in "\n\t" or not _is_hidden(character))
    return _CONTROL.sub(lambda match: f"〈{match['angle'] or match['square']}〉", visible).strip()


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf")


def _setting(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip(), value.strip()


def _decoding(front: Mapping[str, str], grammar: str) -> Decoding:
    unknown = set(front) - {"temperature", "top_p", "top_k", "repetition_penalty", "max_tokens", "seed"}
    if unknown:
        raise ValueError(f"unknown settings in a prompt template: {sorted(unknown)}")
    usual = Decoding()
    return Decoding(
        temperature=float(front.get("temperature", usual.temperature)),
        top_p=float(front.get("top_p", usual.top_p)),
        top_k=int(front.get("top_k", usual.top_k)),
        repetition_penalty=float(front.get("repetition_penalty", usual.repetition_penalty)),
        max_tokens=int(front.get("max_tokens", usual.max_tokens)),
        seed=int(front.get("seed", usual.seed)),
        grammar=grammar,
    )
