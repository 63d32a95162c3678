"""The two kinds of failure that a user meets; everything else is a bug and keeps its own type.

Every message is one clear sentence in Chinese, without patient text: it is shown in the window, written to
stderr by the command line, and may be logged.
"""

from __future__ import annotations


class WardNoteError(Exception):
    """A failure with its own words for the user. `str(error)` is that sentence."""


class UsageFault(WardNoteError):
    """The request itself is wrong (an empty field, a missing JSON key). Exit code 2."""


class EnvironmentFault(WardNoteError):
    """The machine or its files are wrong (missing model, full disk, locked database). Exit code 3."""


class ModelFileFault(EnvironmentFault):
    """A model's file is missing, truncated, tampered with or of an unknown kind; names the file and the reason."""


class PolicyFault(EnvironmentFault):
    """The hospital's policy file cannot be understood; names file, line, key and what is allowed."""


class EngineFault(EnvironmentFault):
    """An engine process crashed, hung, ran out of memory or refused a model."""


class DatabaseFault(EnvironmentFault):
    """The database is locked, corrupt, read-only, or newer than the program."""
