"""`wardnote import`: whole stays from files into the database."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from app.cli import options, output
from app.cli.suggest import read_input
from app.core.errors import UsageFault
from app.infra.paths import Paths


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `import`."""
    parser = subparsers.add_parser("import", help="把整次住院（ENC.json）导入病历数据库")
    parser.add_argument(
        "files",
        metavar="ENC.json",
        nargs="+",
        type=Path,
        help="一次住院的患者、入院、病程、医嘱、结果；要么全部导入，要么都不导入",
    )
    options.add_common(parser, json=True)
    parser.set_defaults(func=_import)


def _import(arguments: argparse.Namespace) -> int:
    from app.cli.suggest_case import doctor_name
    from app.cli.ward_data import ward_opener
    from app.core.stay import Stay
    from app.storage.stay_import import import_stay

    stays = []
    for path in arguments.files:
        with _naming(path):
            stays.append((path, Stay.parse(read_input(path, "import"))))
    paths, doctor, now = Paths.resolve(arguments.data_dir), doctor_name(), datetime.now().astimezone()
    encounters: list[str] = []
    repositories = ward_opener(paths, doctor)()
    with closing(repositories), repositories.database.transaction():
        for path, stay in stays:
            with _naming(path):
                encounters.append(import_stay(repositories, stay, doctor, now))
    if arguments.json:
        output.print_json({"encounters": encounters})
    else:
        output.print_text(f"已导入 {len(encounters)} 次住院。")
    return 0


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """A fault within names the file."""
    try:
        yield
    except UsageFault as fault:
        raise UsageFault(str(fault) if str(path) in str(fault) else f"{path}：{fault}没有导入任何文件。") from None
