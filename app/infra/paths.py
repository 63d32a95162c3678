"""Where WardNote keeps things: what belongs to the ward in the data folder, what can be fetched again in the cache."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "WARDNOTE_CACHE"
POLICY_VARIABLE = "WARDNOTE_POLICY"


@dataclass(frozen=True, slots=True)
class Paths:
    """The two folders and the places in them. Nothing is created here; both folders are absolute."""

    data_dir: Path
    cache_dir: Path

    @classmethod
    def resolve(cls, data_dir: Path | None = None) -> Paths:
        """The given data folder or the user's own; the cache is `$WARDNOTE_CACHE` or the system's usual place."""
        data = data_dir or Path(platformdirs.user_data_dir("wardnote", appauthor=False))
        cache = os.environ.get(CACHE_VARIABLE) or default_cache()
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
        """What the hospital's IT decides for this data folder, after the computer's own policy; only read."""
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


def default_cache(platform: str = sys.platform) -> str:
    """Where models lie that nobody put elsewhere: a home folder on Windows may be a share, its local part is not."""
    return platformdirs.user_cache_dir("wardnote", appauthor=False) if platform == "win32" else "~/.cache/wardnote"


def system_policy(platform: str = sys.platform) -> Path:
    """The hospital's policy for the whole computer; `$WARDNOTE_POLICY` names it only where the fixed place is empty.

    So a hospital can keep one file on a share, and no user can put another in the place of one that IT installed.
    """
    if platform == "win32":
        place = Path(os.environ.get("PROGRAMDATA") or r"C:\ProgramData") / "WardNote" / "policy.toml"
    else:
        place = Path("/etc/wardnote/policy.toml")
    named = os.environ.get(POLICY_VARIABLE)
    return _absolute(Path(named)) if named and not _is_there(place) else place


def packs_of_setup(prefix: str = sys.prefix, platform: str = sys.platform) -> Path | None:
    """The folder in which a setup for all users lays a model pack, beside the version that runs; on Windows alone."""
    return Path(prefix).parents[1] / "packs" if platform == "win32" and len(Path(prefix).parents) > 1 else None


def _is_there(path: Path) -> bool:
    """Also what may not be looked at: it is somebody's."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def user_key_folder() -> Path:
    """Where keys are kept on a computer without a key store: the user's configuration, outside every data folder."""
    return _absolute(Path(platformdirs.user_config_dir("wardnote", appauthor=False)) / "keys")


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()
