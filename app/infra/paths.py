"""Where WardNote keeps things: what belongs to the ward in the data folder, what can be fetched again in the cache."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "WARDNOTE_CACHE"


@dataclass(frozen=True, slots=True)
class Paths:
    """The two folders and the places in them. Nothing is created here; both folders are absolute."""

    data_dir: Path
    cache_dir: Path

    @classmethod
    def resolve(cls, data_dir: Path | None = None) -> Paths:
        """The given data folder or the user's own; the cache is `$WARDNOTE_CACHE` or `~/.cache/wardnote`."""
        data = data_dir or Path(platformdirs.user_data_dir("wardnote", appauthor=False))
        cache = os.environ.get(CACHE_VARIABLE) or "~/.cache/wardnote"
        return cls(_absolute(data), _absolute(Path(cache)))

    @property
    def database(self) -> Path:
        """Notes, generations and feedback."""
        return self.data_dir / "wardnote.sqlite3"

    @property
    def settings(self) -> Path:
        """How the window was left."""
        return self.data_dir / "settings.json"

    @property
    def pseudonym_key(self) -> Path:
        """The hospital's key for pseudonyms; whoever has it can link them to people."""
        return self.data_dir / "pseudonym.key"

    @property
    def hospital_catalog(self) -> Path:
        """Models that the hospital added."""
        return self.data_dir / "catalog"

    @property
    def policy(self) -> Path:
        """What the hospital's IT allows; the program only reads it."""
        return self.data_dir / "policy.toml"

    @property
    def logs(self) -> Path:
        """Logs without patient text."""
        return self.data_dir / "logs"

    @property
    def models(self) -> Path:
        """Fetched and prepared models."""
        return self.cache_dir / "models"

    @property
    def calibration(self) -> Path:
        """This machine's measured speeds."""
        return self.cache_dir / "calibration.json"


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()
