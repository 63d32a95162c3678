"""`wardnote db`: is everything in the database as it was written, and who can read the file?"""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import options, output
from app.core.errors import EnvironmentFault, UsageFault
from app.core.recovery_code import RecoverySecret
from app.infra.paths import Paths

if TYPE_CHECKING:
    from app.storage.check import CheckReport
    from app.storage.key_store import KeyStore

WRITE_IT_DOWN = "请把恢复码抄写后保存在别处：换了电脑、用户或重装系统以后，没有它谁也打不开这些病历。"
NOT_ENCRYPTED = "数据库 {} 没有加密，没有恢复码。"
OLD_BLOCKS = "磁盘上原来的内容可能还有残留：需要时请信息科擦除空闲空间，并加密或销毁旧的备份。"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `db` with what it can do."""
    parser = subparsers.add_parser("db", help="检查、加密、解密病历数据库")
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True, title="操作")
    check = actions.add_parser("check", help="检查数据库的完整性与哈希链，有问题时退出码为 3")
    options.add_common(check, json=True)
    check.set_defaults(func=_check)
    for name, function, summary in (
        ("encrypt", _encrypt, "加密数据库（核对每一行以后才换下原来的文件），并显示恢复码"),
        ("decrypt", _decrypt, "把加密的数据库变回不加密的"),
        ("recover", _recover, "在新的电脑或用户下输入恢复码，重新保存密钥"),
        ("recovery-code", _recovery_code, "再次显示恢复码"),
    ):
        action = actions.add_parser(name, help=summary)
        options.add_common(action, json=name != "recover")
        action.add_argument("--file", type=Path, metavar="文件", help="数据库的一份备份（默认：数据文件夹中的数据库）")
        action.set_defaults(func=function)


def _check(arguments: argparse.Namespace) -> int:
    from app.storage.database import Database
    from app.storage.encryption import DatabaseKind, encryption_sentence, kind_of
    from app.storage.key_store import KeyStore

    path = _existing(Paths.resolve(arguments.data_dir).database)
    database = Database.open(path)
    try:
        report = database.check()
    finally:
        database.close()
    _show(report, kind_of(path) is DatabaseKind.ENCRYPTED, as_json=arguments.json)
    if not arguments.json:
        output.print_text(f"{encryption_sentence(path, KeyStore.of_user())}。")
    return 0 if report.ok else 3


def _encrypt(arguments: argparse.Namespace) -> int:
    from app.storage.conversion import encrypt
    from app.storage.key_store import KeyStore

    path, keys = _file(arguments), KeyStore.of_user()
    secret = _secret_for(path, Paths.resolve(arguments.data_dir), keys)
    output.say("正在加密并核对，请不要打开病程助手……")
    place = encrypt(path, secret, keys)
    if arguments.json:
        output.print_json({"encrypted": True, "recovery_code": secret.code, "key": place.value})
    else:
        output.print_text(f"已加密，{keys.place_sentence(place, secret.key_id)}。恢复码：\n{secret.code}")
    output.say(f"{WRITE_IT_DOWN}{OLD_BLOCKS}")
    return 0


def _decrypt(arguments: argparse.Namespace) -> int:
    from app.storage.conversion import decrypt
    from app.storage.key_store import KeyStore

    output.say("正在解密并核对，请不要打开病程助手……")
    decrypt(_file(arguments), KeyStore.of_user())
    if arguments.json:
        output.print_json({"encrypted": False})
    else:
        output.print_text("已解密：能读到文件的人就能读到病历。")
    return 0


def _recover(arguments: argparse.Namespace) -> int:
    from app.storage.encryption import key_id_of, recover
    from app.storage.key_store import KeyStore

    path, keys = _file(arguments), KeyStore.of_user()
    if key_id_of(path) is None:
        raise EnvironmentFault(NOT_ENCRYPTED.format(path))
    try:
        secret = RecoverySecret.parse(_code_from_the_user())
    except UsageFault as fault:
        # A wrong key is the same to a script, however it is wrong.
        raise EnvironmentFault(str(fault)) from fault
    place = recover(path, secret, keys)
    output.print_text(f"恢复码正确，{keys.place_sentence(place, secret.key_id)}。")
    return 0


def _recovery_code(arguments: argparse.Namespace) -> int:
    from app.storage.encryption import secret_of
    from app.storage.key_store import KeyStore

    path = _file(arguments)
    secret = secret_of(path, KeyStore.of_user())
    if secret is None:
        raise EnvironmentFault(NOT_ENCRYPTED.format(path))
    if arguments.json:
        output.print_json({"recovery_code": secret.code})
    else:
        output.print_text(secret.code)
    return 0


def _code_from_the_user() -> str:
    """Without an echo; a script may hand it over on stdin, never as an argument."""
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass("恢复码（不会显示）：")
    return sys.stdin.readline() if sys.stdin is not None else ""


def _secret_for(path: Path, paths: Paths, keys: KeyStore) -> RecoverySecret:
    """A new secret; a backup gets that of its encrypted data folder, so that one recovery code opens both."""
    from app.storage.encryption import DatabaseKind, kind_of, secret_of

    is_backup = path.absolute() != paths.database
    found = secret_of(paths.database, keys) if is_backup and kind_of(paths.database) is DatabaseKind.ENCRYPTED else None
    return found or RecoverySecret.new()


def _file(arguments: argparse.Namespace) -> Path:
    return _existing(arguments.file or Paths.resolve(arguments.data_dir).database)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise EnvironmentFault(f"还没有数据库（{path}）：先打开一次病程助手，或用 --data-dir 指定数据文件夹。")
    return path


def _show(report: CheckReport, encrypted: bool, *, as_json: bool) -> None:
    if as_json:
        output.print_json(
            {
                "ok": report.ok,
                "encrypted": encrypted,
                "schema_version": report.schema_version,
                "problems": list(report.problems),
                "rows": dict(report.rows),
            }
        )
        return
    for problem in report.problems:
        output.print_text(f"✗ {problem}")
    rows = sum(report.rows.values())
    summary = f"数据库完好：{rows} 行，数据格式 {report.schema_version}。"
    output.print_text(
        summary
        if report.ok
        else f"数据库有 {len(report.problems)} 处问题：请先复制保存整个数据文件夹，再请信息科处理。"
    )
