"""The invented stays that come with the program, with the discharge record that a doctor would write for each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from app.core.discharge.draft import WRITTEN
from app.core.stay import Stay
from app.infra.resources import resource_path


@dataclass(frozen=True)
class SampleStay:
    name: str
    stay: Stay
    reference: dict[str, str]


@cache
def sample_stays() -> tuple[SampleStay, ...]:
    """In the order of their files; `reference` by `Section.key`."""
    return tuple(
        _read(path.stem, path.read_text("utf-8")) for path in sorted(resource_path("samples", "stays").iterdir())
    )


def _read(name: str, text: str) -> SampleStay:
    written = json.loads(text)["reference"]
    return SampleStay(name, Stay.parse(text), {section.key: written[section.title] for section in WRITTEN})
