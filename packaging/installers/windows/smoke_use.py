"""What a doctor and IT do with the installed program: open the window, a stay, a link; the self-test, with models."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from pathlib import Path

from installers import first_start, product
from installers.smoke import PRESET, Smoke, hold, picture, timed, until
from installers.windows import launchers, setup
from installers.windows.smoke_steps import FAILED, console, expect, not_carried, set_policy
from installers.windows.wine import Wine

_DRAWN_SECONDS = 6
_FIRST_START = "首次启动"
_MEASURED_SECONDS = 1200
# BigDL's layer needs minutes for a model's first words under Wine; OpenVINO is looked at with the pack.
_SELF_TEST_SECONDS = 480


def windows(smoke: Smoke, wine: Wine, home: Path, new: Path) -> None:
    """The window; a setup of the running version is refused."""
    set_policy(wine, PRESET)
    _open(smoke, wine, "windows-window", product.CHINESE_NAME, str(home / launchers.WINDOW), new=new)
    not_carried("one user's kinds of files", "Wine 8 looks for them among the computer's alone")


def opens(smoke: Smoke, wine: Wine) -> None:
    """A stay's file and a link, as the shell opens them where the program is installed for all users."""
    stay = wine.drive / "users" / f"一份 住院病历{product.ENCOUNTER_SUFFIX}"
    samples = sorted((smoke.root / "resources" / "samples" / "stays").glob("*.json"))
    shutil.copyfile(samples[1], stay)
    _open(smoke, wine, "windows-file", product.CHINESE_NAME, "start", "/unix", str(stay))
    number = json.loads(samples[0].read_text(encoding="utf-8"))["patient"]["mrn"]
    _open(smoke, wine, "windows-link", product.CHINESE_NAME, "start", f"{product.URL_SCHEME}://patient/{number}")


def _open(smoke: Smoke, wine: Wine, name: str, title: str, *command: str, new: Path | None = None) -> None:
    started = time.monotonic()
    process = wine.start(*command)
    try:
        until(lambda: wine.shows(title), f"the window for {' '.join(command)}", 120)
        print(f"   {name}: from the start to the window {time.monotonic() - started:.1f} s", flush=True)
        time.sleep(_DRAWN_SECONDS)
        picture(wine.display, smoke.artifacts / f"{name}.png")
        hold(True, f"{command[0].rpartition('/')[2]} {' '.join(command[1:])} opens the window")
        if new is not None:
            expect(wine, FAILED, str(new), "/S", "/CurrentUser")
    finally:
        wine.stop()
        process.communicate(timeout=60)


def begin(smoke: Smoke, wine: Wine, home: Path) -> None:
    """The first start in a new data folder to its end, with the pack that the setup laid down for all users."""
    policy = set_policy(wine, first_start.policy(smoke))
    data = wine.drive / "users" / "新的 数据"
    process = wine.start(str(home / launchers.WINDOW), "--data-dir", f"C:\\users\\{data.name}")
    try:
        until(lambda: wine.shows(_FIRST_START), "the first start's page", 120)
        first_start.walk(smoke, wine.display, "windows-first-start", lambda: _main_window(wine), _MEASURED_SECONDS)
        time.sleep(_DRAWN_SECONDS)
        picture(wine.display, smoke.artifacts / "windows-first-start-window.png")
    finally:
        wine.stop()
        process.communicate(timeout=60)
    first_start.is_encrypted(data / "wardnote.sqlite3")
    _, said = wine.run(console(home), "models", "list", "--json", "--data-dir", f"C:\\users\\{data.name}")
    found = json.loads(said[said.index("{") : said.rindex("}") + 1])["models"]
    ready = [one["name"] for one in found if one["engines"]["openvino"].get("speed")]
    hold(ready, f"installed from the pack and measured: {ready}")
    policy.write_text(PRESET, encoding="utf-8")


def _main_window(wine: Wine) -> bool:
    return wine.shows(product.CHINESE_NAME) and not wine.shows(_FIRST_START)


def models(smoke: Smoke, wine: Wine, home: Path) -> None:
    """The self-test with a scripted model and, where a pack was given, a real one on OpenVINO."""
    _add_scripted(wine.local / setup.DATA_FOLDER)
    with timed("self-test"):
        code, said = wine.run(console(home), "self-test", "--json", timeout=_SELF_TEST_SECONDS)
    (smoke.artifacts / "windows-self-test.txt").write_text(f"exit code {code}\n{said}", encoding="utf-8")
    findings = json.loads(said[said.index("{") : said.rindex("}") + 1])["checks"]
    for finding in findings:
        print(f"     {'ok' if finding['ok'] else 'NO'} {finding['sentence']}")
    wrong = [finding["name"] for finding in findings if not finding["ok"]]
    hold(not wrong and code == 0, f"the self-test finds nothing wrong: {wrong}, exit code {code}")


def _add_scripted(data: Path) -> None:
    script = json.dumps({"answer": "脚本写出的回答。"}, ensure_ascii=False).encode()
    folder = data / "catalog"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scripted.json").write_bytes(script)
    (folder / "scripted.toml").write_text(
        '[[model]]\nname = "scripted"\ntitle = "脚本"\ndemonstration = true\n[model.source]\nkind = "scripted"\n'
        f'path = "."\nfile = "scripted.json"\nsize = {len(script)}\nsha256 = "{hashlib.sha256(script).hexdigest()}"\n',
        encoding="utf-8",
    )


def rows(wine: Wine, program: str) -> dict[str, int]:
    """How many rows the database's tables have, as the program counts them."""
    _, said = wine.run(program, "db", "check", "--json")
    found: dict[str, int] = json.loads(said[said.index("{") : said.rindex("}") + 1])["rows"]
    return found
