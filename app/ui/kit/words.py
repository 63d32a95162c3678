"""The words of a page in the language of the user: Chinese as written in the code, English from one table."""

from __future__ import annotations

import json

from app.infra.resources import resource_text

LANGUAGES = ("zh", "en")


class Words:
    """Called with a Chinese text, returns it or its English; what the table lacks stays Chinese.

    Faults and whole sentences from below the window are Chinese in either language.
    """

    def __init__(self, language: str = "zh") -> None:
        self.language = language if language in LANGUAGES else "zh"
        self._english: dict[str, str] = {}
        if self.language == "en":
            self._english = json.loads(resource_text("translations", "en.json"))

    def __call__(self, chinese: str, **values: object) -> str:
        """The text with its `{places}` filled."""
        text = self._english.get(chinese, chinese)
        return text.format(**values) if values else text
