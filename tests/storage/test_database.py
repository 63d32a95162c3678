from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import DatabaseFault
from app.core.notes import NoteKind, empty_sections
from app.storage.database import Database
from app.storage.driver import sqlite3
from app.storage.faults import DatabaseBusy
from tests.helpers.logs import ExpectedLogs
from tests.helpers.records import NOW, a_stay, make_encrypted, raw_connection, repositories_in


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "数据 文件夹" / "wardnote.sqlite3"


@pytest.fixture(params=["plain", "encrypted"])
def database(request: pytest.FixtureRequest, path: Path) -> Iterator[Database]:
    if request.param == "encrypted":
        make_encrypted(path.parent)
    opened = Database.open(path)
    yield opened
    opened.close()


def test_a_new_database_is_private_and_durable(database: Database, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    pragmas = {name: database.sql.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    assert database.sql.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert database.check().ok


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    def failing_inside() -> None:
        with database.transaction() as sql:
            sql.execute("INSERT INTO chain_heads VALUES ('a', 1, '')")
            with database.transaction():
                sql.execute("INSERT INTO chain_heads VALUES ('b', 1, '')")
            raise RuntimeError("after two writes")

    with pytest.raises(RuntimeError):
        failing_inside()
    assert database.sql.execute("SELECT count(*) FROM chain_heads").fetchone()[0] == 0


def test_a_nested_failure_can_be_survived(database: Database) -> None:
    with database.transaction() as sql:
        sql.execute("INSERT INTO chain_heads VALUES ('a', 1, '')")
        with pytest.raises(sqlite3.IntegrityError), database.transaction():
            sql.execute("INSERT INTO chain_heads VALUES ('b', 1, '')")
            sql.execute("INSERT INTO chain_heads VALUES ('a', 1, '')")
    assert [row["table_name"] for row in database.sql.query("SELECT * FROM chain_heads")] == ["a"]


@pytest.mark.parametrize("content", [b"not a database at all" * 400, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_file_that_is_no_database_is_refused_untouched(
    tmp_path: Path, content: bytes, expected_logs: ExpectedLogs
) -> None:
    expected_logs.expect("database fault: SQLITE_(NOTADB|CORRUPT)")
    path = tmp_path / "wardnote.sqlite3"
    path.write_bytes(content)
    with pytest.raises(DatabaseFault, match=r"已损坏.*没有改动.*备份"):
        Database.open(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "wardnote.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(DatabaseFault, match="不是病程助手的数据库"):
        Database.open(path)
    assert path.read_bytes() == content


def test_a_history_that_does_not_fit_is_damage(path: Path) -> None:
    Database.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(DatabaseFault, match="已损坏"):
        Database.open(path)


def test_a_folder_in_the_files_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseFault, match="不是一个普通文件"):
        Database.open(tmp_path)


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseFault, match="--data-dir"):
        Database.open(tmp_path / "file" / "wardnote.sqlite3")


def test_a_locked_database_is_told(database: Database, path: Path, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("database fault: SQLITE_BUSY")
    other = raw_connection(path)
    try:
        other.execute("BEGIN IMMEDIATE")
        database.sql.execute("PRAGMA busy_timeout = 10")
        with pytest.raises(DatabaseBusy, match=r"占用.*重试"), database.transaction():
            pass
        other.execute("ROLLBACK")
        with database.transaction():
            pass
    finally:
        other.close()


def test_many_first_openers_at_once_agree(tmp_path: Path, expected_logs: ExpectedLogs) -> None:
    expected_logs.tolerate("database fault: SQLITE_BUSY")
    faults: list[Exception] = []

    def open_new(path: Path) -> None:
        try:
            Database.open(path).close()
        except Exception as error:
            faults.append(error)

    for number in range(10):
        path = tmp_path / str(number) / "wardnote.sqlite3"
        threads = [threading.Thread(target=open_new, args=(path,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []


@pytest.mark.usefixtures("database")
def test_two_connections_take_turns(path: Path, expected_logs: ExpectedLogs) -> None:
    """The command line may write while the window is open."""
    expected_logs.tolerate("database fault: SQLITE_BUSY")

    def write(name: str) -> None:
        database = Database.open(path, busy_timeout_s=30)
        for number in range(20):
            with database.transaction() as sql:
                sql.execute("INSERT INTO chain_heads VALUES (?, 1, '')", [f"{name}{number}"])
        database.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = Database.open(path)
    assert database.sql.execute("SELECT count(*) FROM chain_heads").fetchone()[0] == 40
    database.close()


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, expected_logs: ExpectedLogs) -> None:
    expected_logs.expect("database fault: SQLITE_FULL")
    repositories = repositories_in(tmp_path)
    note_id = a_stay(repositories).note_id
    sql = repositories.database.sql
    pages = sql.execute("PRAGMA page_count").fetchone()[0]
    sql.execute(f"PRAGMA max_page_count = {pages}").fetchone()
    big = {**empty_sections(NoteKind.FIRST_PROGRESS), "plan": "长" * 50_000}
    with pytest.raises(DatabaseFault, match="磁盘已满"):
        repositories.notes.save(note_id, big, NOW)
    assert repositories.notes.get(note_id).sections["plan"] == ""
    sql.execute(f"PRAGMA max_page_count = {pages + 1000}").fetchone()
    repositories.notes.save(note_id, big, NOW)
    assert repositories.notes.get(note_id).sections == big
    assert repositories.database.check().ok
    repositories.close()


_FULL_DISK = """
import resource, sys
from pathlib import Path
from app.core.errors import DatabaseFault
from app.core.notes import NoteKind, empty_sections
from tests.helpers.records import NOW, a_stay, make_encrypted, raw_connection, repositories_in
repositories = repositories_in(Path(sys.argv[1]))
note_id = a_stay(repositories).note_id
sections = {**empty_sections(NoteKind.FIRST_PROGRESS), "plan": "before"}
repositories.notes.save(note_id, sections, NOW)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
largest = max(file.stat().st_size for file in Path(sys.argv[1]).iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 300_000, hard))
for number in range(100):
    try:
        repositories.notes.save(note_id, {**sections, "plan": "x" * 50_000 + str(number)}, NOW)
    except DatabaseFault as fault:
        print(number, fault)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
repositories.notes.save(note_id, {**sections, "plan": "after"}, NOW)
print(repositories.notes.get(note_id).sections["plan"], repositories.database.check().problems)
repositories.close()
"""


def test_a_file_that_may_not_grow_is_told_and_recovers(tmp_path: Path) -> None:
    """The operating system itself refuses the write here, in the middle of one."""
    ended = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    refused, recovered = ended.stdout.splitlines()
    assert int(refused.split()[0]) > 0
    assert "磁盘" in refused
    assert recovered == "after ()"


_READ_ONLY = """
import os, sys, tempfile
from pathlib import Path
from app.core.errors import DatabaseFault
from app.storage.database import Database
# What this user's rights load lazily must be loaded before they are given up.
with tempfile.TemporaryDirectory() as folder:
    Database.open(Path(folder) / "warm").close()
if os.getuid() == 0:
    os.setuid(65534)
try:
    Database.open(Path(sys.argv[1]))
except DatabaseFault as fault:
    print(fault)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach, unlike those of `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="wardnote-test-"))
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_database_is_told(open_folder: Path) -> None:
    path = open_folder / "wardnote.sqlite3"
    Database.open(path).close()
    path.chmod(0o444)
    open_folder.chmod(0o555)
    ended = subprocess.run(
        [sys.executable, "-c", _READ_ONLY, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "只读" in ended.stdout
