"""`wardnote export`: a stay's discharge record, or another of its documents, as a file for others."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import options, output
from app.core.errors import UsageFault
from app.core.notes import NoteKind
from app.infra.paths import Paths

if TYPE_CHECKING:
    from app.storage.repositories import Repositories

FORMATS = ("docx", "pdf")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `export`."""
    parser = subparsers.add_parser("export", help="导出一次住院的文书（默认出院记录），AI 书写的内容带标识")
    parser.add_argument("encounter", metavar="ENCOUNTER", help="住院号，或程序内部的住院编号")
    parser.add_argument("--format", choices=FORMATS, required=True, help="文件格式")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="写入这个文件")
    parser.add_argument(
        "--kind", choices=[kind.value for kind in NoteKind], default=NoteKind.DISCHARGE.value, help="哪一种文书"
    )
    options.add_common(parser)
    parser.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    from app.cli.suggest_case import doctor_name
    from app.cli.ward_data import ward_opener
    from app.controllers.paper_files import read_paper, write_paper

    paths = Paths.resolve(arguments.data_dir)
    if not paths.database.exists():
        raise UsageFault("数据文件夹中还没有病历，没有可导出的内容。")
    repositories = ward_opener(paths, doctor_name())()
    try:
        paper = read_paper(repositories, _note_of(repositories, arguments.encounter, NoteKind(arguments.kind)))
    finally:
        repositories.close()
    write_paper(paper, arguments.format, arguments.output)
    output.say(f"已导出到 {arguments.output}：其中含患者信息，请按规定保管。")
    return 0


def _note_of(repositories: Repositories, stay: str, kind: NoteKind) -> str:
    """The id of the newest written document of this kind of a stay, named by its 住院号 or id. Raises UsageFault."""
    found = [
        one for one in repositories.encounters.summaries() if stay in (one.encounter.encounter_id, one.encounter.mrn)
    ]
    if not found:
        raise UsageFault(f"没有住院号为 {stay} 的患者，请核对后重试。")
    if len(found) > 1:
        raise UsageFault(f"住院号 {stay} 对应 {len(found)} 次住院，请改用程序内部的住院编号。")
    notes = [one for one in repositories.notes.of_encounter(found[0].encounter.encounter_id) if one.kind is kind]
    if not notes or notes[-1].empty:
        raise UsageFault(f"这次住院还没有写{kind.heading}，没有导出。")
    return notes[-1].note_id
