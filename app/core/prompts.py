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

_TEMPLATE = re.compile(r"\A---\n(?P<front>.*?)\n---\n+# system\n(?P<system>.*?)\n# user\n(?P<user>.*)\Z", re.DOTALL)
_FIELD = re.compile(r"\{\{(\w+)\}\}")
_FIELDS = frozenset({"patient_context", "chief_complaint", "case_features"})
# Our own delimiter, and whatever a chat template may use for its control tokens (<|im_end|>, </s>, [INST], <｜User｜>).
# A bracket before a digit ("SpO2<90%") is clinical text and stays.
_CONTROL = re.compile(r"[<＜](?P<angle>\s*[/／]?\s*(?:病历|[|｜A-Za-z_])[^<>＜＞\n]{0,60})[>＞]|\[(?P<square>/?INST)\]")
_NO_CONTEXT = "未提供"


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """One template file. `text_hash` is the SHA-256 (hex) of the whole file, so that any edit of it is visible."""

    template_id: str
    version: str
    system: str
    user: str
    decoding: Decoding
    text_hash: str

    @classmethod
    def parse(cls, text: str) -> PromptTemplate:
        """Read a template: front matter (`id`, `version`, decoding defaults), then `# system` and `# user`.

        Raises ValueError if the form is not kept or a field is missing: the file comes with the program.
        """
        parts = _TEMPLATE.match(text)
        if parts is None:
            raise ValueError("a prompt template needs front matter, '# system' and '# user'")
        front = dict(_setting(line) for line in parts["front"].splitlines() if line.strip())
        if set(_FIELD.findall(parts["user"])) != _FIELDS or _FIELD.search(parts["system"]):
            raise ValueError(f"the user part must hold exactly these fields: {sorted(_FIELDS)}")
        return cls(
            template_id=front.pop("id"),
            version=front.pop("version"),
            system=parts["system"].strip(),
            user=parts["user"].strip(),
            decoding=_decoding(front),
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
        )


def differential_prompt(
    template: PromptTemplate, patient_context: str, chief_complaint: str, case_features: str
) -> Prompt:
    """The messages that ask for a differential. `patient_context` is sex and age (`男，65岁`), possibly empty."""
    values = {
        "patient_context": quoted(patient_context) or _NO_CONTEXT,
        "chief_complaint": quoted(chief_complaint),
        "case_features": quoted(case_features),
    }
    user = _FIELD.sub(lambda match: values[match[1]], template.user)
    messages = (Message("system", template.system), Message("user", user))
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


def _decoding(front: Mapping[str, str]) -> Decoding:
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
    )
