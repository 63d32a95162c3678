"""The one SQLite library of the database: SQLCipher's build, which opens plain and encrypted files alike.

It speaks the same interface as the standard library's module, whose types stand for it; errors are its own. Whoever
catches an error of the database imports `sqlite3` from here. Two libraries in one process must not open one file: each
would drop the other's locks on closing (https://www.sqlite.org/howtocorrupt.html, "multiple copies of SQLite").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
else:
    from sqlcipher3 import dbapi2 as sqlite3

__all__ = ["sqlite3"]
