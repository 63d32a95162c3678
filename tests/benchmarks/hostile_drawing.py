"""1,000 hostile answers drawn in a real pane: how long each takes, and whether any file or socket is opened for it.

`python -m tests.benchmarks.hostile_drawing [--count N]`; with `strace` on the PATH the drawing is traced as well.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.core.diagnosis_table import DiagnosisTable
from app.core.evidence import EvidenceIndex
from app.core.judged_answer import judged
from app.infra.resources import resource_text
from app.ui.comparison.item_view import ItemView
from app.ui.kit.keys import Keys
from app.ui.kit.markdown_view import text_style
from app.ui.kit.theme import LIGHT, Appearance, ui_font

_WARM_UP = 20
MARK = "/wardnote-hostile-drawing"
# What a program opens for itself while it draws: its fonts and its own code.
_OWN = re.compile(r"\.(ttf|ttc|otf|pfb|pcf|gz|py|pyc|so[.\d]*|conf|cache-\d+|uuid)\"|/proc/|/sys/|/dev/|fontconfig")


def hostile_answers(count: int, seed: int = 1) -> Iterator[str]:
    """Answers that try to load, run, hide, mislead or overwhelm; the same ones for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        pieces = chance.choices(_PIECES, k=chance.randint(1, 6))
        long = "字" * chance.randint(1, 4_000)
        yield _in_form(chance, number) + "".join(piece.format(n=number, long=long) for piece in pieces)


_PIECES = (
    "<img src='file:///etc/passwd'>\n",
    "![x](file:///etc/hostname)\n",
    "![x](\\\\\\\\server\\\\share\\\\a{n}.png)\n",
    "![x](http://127.0.0.1:9/{n}.png)\n[a]: file:///etc/shadow\n",
    "<script>fetch('http://127.0.0.1:9')</script>\n",
    "<style>@import url('file:///etc/group');</style>\n",
    "<link rel=stylesheet href='http://127.0.0.1:9/x.css'><base href='file:///'>\n",
    "<iframe src='file:///etc/passwd'></iframe><object data='file:///etc/passwd'></object>\n",
    "<svg><image href='file:///etc/passwd'/></svg><table background='file:///etc/hosts'><tr><td>a</td></tr></table>\n",
    "<div style=\"background:url('file:///etc/fstab')\">x</div>\n",
    "|a|b|\n|-|-|\n" + "|x|y|\n" * 5_000 + "\n",
    "<table>" + "<tr>" + "<td>x</td>" * 100 + "</tr>" * 100 + "</table>\n",
    "\u202e\u200b\u2066\x00\x07\x1b[31m\ufeff\ue000\ud800 反转\n",
    "*" * 3_000 + "\n",
    "> " * 2_000 + "引用\n",
    "- " * 1_500 + "列表\n",
    "`" * 2_001 + "\n",
    "[" * 3_000 + "](" * 3_000 + "\n",
    "{long}\n",
    "&lt;img src=file:///etc/passwd&gt; &#60;script&#62;\n",
    "1. **诊断**\n" * 800,
    "   - 支持点：" + "无发热；" * 2_000 + "\n",
    "#" * 500 + " 标题\n" + "=" * 500 + "\n",
    "a\n\n" * 4_000,
    "```\nx\n```\n\n" * 1_000,
    "".join(" " * depth + "- x\n" for depth in range(100)),
    "- + * " * 1_000 + "列表\n",
    "e" + "\u0301" * 3_000 + "\n",
)


def _in_form(chance: random.Random, number: int) -> str:
    name = chance.choice(["肺炎", "<b>肺炎</b>", "![x](file:///etc/passwd)", "\u202e肺炎", "a" * 40])
    return (
        f"1. **{name}{number}**\n   - 支持点：发热39℃；右侧胸痛；<img src=file:///etc/passwd>\n   - 不支持点：无咳嗽\n"
    )


def make_view(application: QApplication) -> ItemView:
    """A view as the window has it, of a pane's size."""
    appearance = Appearance(application)
    view = ItemView(Keys())
    view.set_theme(LIGHT)
    view.refresh_style(text_style(LIGHT, ui_font(appearance.sizes.text)))
    view.resize(360, 400)
    view.show()
    return view


def draw_all(count: int) -> dict[str, object]:
    """Draw every answer twice, as it comes and as it is judged; the longer time counts, in milliseconds.

    `wall` is what a doctor waits, other programs' work included; `processor` is what the drawing thread itself used.
    """
    application = QApplication([])
    view = make_view(application)
    table = DiagnosisTable.parse(resource_text("terms", "diagnoses.csv"))
    note = {"case_features": "男，65岁。发热3天，右侧胸痛，否认咳血。" * 250}
    answers = [*hostile_answers(_WARM_UP, seed=2), *hostile_answers(count)]
    walls: list[float] = []
    processor: list[float] = []
    for number, answer in enumerate(answers):
        if number == _WARM_UP:  # fonts, styles and modules are loaded by now
            _mark("begin")
        coming = _taken(partial(view.set_source, answer))
        finished = judged(answer, note, EvidenceIndex(note), table)
        ended = _taken(partial(view.show_answer, finished, None, {}))
        if number >= _WARM_UP:
            walls.append(max(coming[0], ended[0]))
            processor.append(max(coming[1], ended[1]))
    _mark("end")
    return {"answers": len(walls), "wall": _figures(walls), "processor": _figures(processor)}


def _taken(draw: Callable[[], None]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.thread_time()
    draw()
    QApplication.processEvents()
    return (time.perf_counter() - wall) * 1000, (time.thread_time() - processor) * 1000


def _figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "median_ms": round(statistics.median(times), 1),
        "p99_ms": round(ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))], 1),
        "max_ms": round(ordered[-1], 1),
    }


def _mark(word: str) -> None:
    """A system call that the trace shows and that does nothing."""
    os.access(f"{MARK}-{word}", os.F_OK)


def opened_between_marks(trace: str) -> list[str]:
    """What was opened or connected between the marks, without the program's own files."""
    between = trace.partition(f"{MARK}-begin")[2].partition(f"{MARK}-end")[0]
    calls = [line for line in between.splitlines() if re.search(r"\b(open|openat|socket|connect)\(", line)]
    return [call for call in calls if "ENOENT" not in call and not _OWN.search(call)]


def traced(count: int) -> dict[str, object]:
    """Draw in a child under strace; `opened` should be empty."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        calls = "open,openat,socket,connect,access,faccessat,faccessat2"
        command = [
            "strace",
            "-f",
            "-o",
            str(trace),
            "-e",
            f"trace={calls}",
            sys.executable,
            "-m",
            "tests.benchmarks.hostile_drawing",
        ]
        done = subprocess.run(
            [*command, "--count", str(count), "--bare"], capture_output=True, text=True, check=True, env=_offscreen()
        )
        return {**json.loads(done.stdout), "opened": opened_between_marks(trace.read_text(errors="replace"))}


def _offscreen() -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen"}


def main() -> None:
    """Draw twice: once for the times, once under strace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--bare", action="store_true", help="only draw, in this process")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    document = draw_all(arguments.count)
    if not arguments.bare and shutil.which("strace"):
        document["opened"] = traced(arguments.count)["opened"]
    print(json.dumps(document, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
