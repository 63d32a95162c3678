"""What a ward does with an installed program: models from a pack, a differential, the window, the self-test."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installers import first_start, product
from installers.linux.bare_system import HOME, BareSystem
from installers.smoke import PRESET, Smoke, focus, hold, picture, press, screen, timed, until, window_of

# Chinese, spaces, and a locale that is neither Chinese nor UTF-8.
DATA = f"/{HOME}/病程 数据"
LOCALE = {"LANG": "C", "LC_ALL": "C"}
# Lists and model states come after the window itself.
_DRAWN_SECONDS = 8
# Three models' speeds, alone and at once.
_MEASURED_SECONDS = 1800
_SMALLEST = "smollm2-135m"
# Narrower than any page, wider than the splash.
_PAGE_WIDTH = 800
_CASE = {
    "patient": {"sex": "男", "age": "65岁"},
    "chief_complaint": "咳嗽、咳痰3天",
    "case_features": "发热，体温38.5℃。",
}


class Ward:
    """The program on one bare system, as its user runs it: `program` is its command."""

    def __init__(self, smoke: Smoke, system: BareSystem, program: str) -> None:
        self.smoke = smoke
        self._system = system
        self._program = program

    def wardnote(self, *arguments: str, env: Mapping[str, str] | None = None, code: int = 0) -> str:
        """Run a command on the data folder; its stdout. Another exit code than `code` is Broken."""
        done = self._system.as_user(
            self._program, *arguments, "--data-dir", DATA, env={**LOCALE, **(env or {})}, check=False
        )
        words = f"wardnote {' '.join(arguments[:2])} ends with {code}"
        hold(
            done.returncode == code,
            words if done.returncode == code else f"{words}: {done.stdout}{done.stderr}"[-3000:],
        )
        return done.stdout

    def bring_pack(self) -> str:
        """Lay the pack where the user reaches it; where that is."""
        place = self._system.home / "移动盘 1" / self.smoke.pack.name
        place.parent.mkdir()
        (shutil.copytree if self.smoke.pack.is_dir() else shutil.copyfile)(self.smoke.pack, place)
        return f"/{place.relative_to(self._system.root)}"

    def set_policy(self, text: str) -> None:
        """The policy of the whole computer."""
        policy = self._system.root / "etc" / "wardnote" / "policy.toml"
        policy.parent.mkdir(exist_ok=True)
        policy.write_text(text, encoding="utf-8")

    def first_start(self, name: str, database: Path) -> None:
        """The first start in the user's own data folder, from the pack that the policy names, to its end."""
        pack = self.bring_pack()
        self.wardnote("models", "install", pack, code=3)
        self.set_policy(first_start.policy(self.smoke, pack))
        with screen() as shown:
            told = self.smoke.artifacts / f"{name}.txt"
            process = self._system.start(self._program, env={**LOCALE, "DISPLAY": shown}, told=told)
            until(lambda: window_of(shown, _PAGE_WIDTH), f"the first page (see {told})", 120)
            time.sleep(_DRAWN_SECONDS)
            picture(shown, self.smoke.artifacts / f"{name}-folder.png")
            press(shown, "Return")
            first_start.walk(self.smoke, shown, name, lambda: window_of(shown), _MEASURED_SECONDS)
            time.sleep(_DRAWN_SECONDS)
            picture(shown, self.smoke.artifacts / f"{name}-window.png")
            process.send_signal(signal.SIGTERM)
            hold(process.wait(60) == 0, "the window closes in order")
        first_start.is_encrypted(database)
        hold(all(one["speed"] for one in self._engines()), "three models are installed and measured")
        hold(self._asked("db", "check", "--json")["rows"]["encounters"], "the sample encounters are there")
        self._models_page(name)
        self._system.run("rm", "-r", Path(pack).parent)

    def _models_page(self, name: str) -> None:
        """A model that was removed comes back from the pack that the Models page offers, by keyboard."""
        self._system.as_user(self._program, "models", "remove", _SMALLEST, env=LOCALE)
        hold(not all(one["prepared"] for one in self._engines()), f"{_SMALLEST} is removed")
        with screen() as shown:
            told = self.smoke.artifacts / f"{name}-models-page.txt"
            process = self._system.start(self._program, env={**LOCALE, "DISPLAY": shown}, told=told)
            until(lambda: window_of(shown), f"the window (see {told})", 120)
            time.sleep(_DRAWN_SECONDS)
            focus(shown, window_of(shown))
            press(shown, "ctrl+shift+l")
            time.sleep(_DRAWN_SECONDS)
            picture(shown, self.smoke.artifacts / f"{name}-models-page.png")
            press(shown, "alt+i")
            until(lambda: all(one["prepared"] for one in self._engines()), f"{_SMALLEST} from the pack", 120)
            time.sleep(_DRAWN_SECONDS)
            picture(shown, self.smoke.artifacts / f"{name}-models-page-installed.png")
            process.send_signal(signal.SIGTERM)
            hold(process.wait(60) == 0, "the Models page installs from the pack")

    def _engines(self) -> list[dict[str, Any]]:
        """What `models list` tells of each model on OpenVINO."""
        return [one["engines"]["openvino"] for one in self._asked("models", "list", "--json")["models"]]

    def differential(self) -> None:
        """`wardnote suggest` on all three models."""
        case = self._system.home / "case.json"
        case.write_text(json.dumps(_CASE, ensure_ascii=False), encoding="utf-8")
        with timed("suggest"):
            self.wardnote("suggest", "--case", f"/{HOME}/case.json", "--output", f"/{HOME}/out.json")
        runs = json.loads((self._system.home / "out.json").read_text(encoding="utf-8"))["runs"]
        for one in runs:
            print(f"     {one['model']} ({one['engine']}): {one['status']}, {one['output_tokens']} tokens")
        hold(len(runs) == 3 and all(one["status"] == "completed" and one["text"] for one in runs), "three answers")

    def begin(self, name: str) -> None:
        """The first start on a new data folder: its first page."""
        with screen() as shown:
            told = self.smoke.artifacts / f"{name}.txt"
            command = (self._program, "--data-dir", DATA)
            process = self._system.start(*command, env={**LOCALE, "DISPLAY": shown}, told=told)
            with timed("the first start's page"):
                until(lambda: window_of(shown, _PAGE_WIDTH), f"the first page (see {told})", 120)
            time.sleep(_DRAWN_SECONDS)
            picture(shown, self.smoke.artifacts / f"{name}.png")
            process.kill()
            process.wait()

    def look(self, name: str) -> None:
        """Open the window twice (cold, then warm), photograph it and close it."""
        with screen() as shown:
            for turn in ("first", "second"):
                told = self.smoke.artifacts / f"{name}-{turn}.txt"
                command = (self._program, "--data-dir", DATA)
                process = self._system.start(*command, env={**LOCALE, "DISPLAY": shown}, told=told)
                with timed(f"window, {turn} start"):
                    until(lambda: window_of(shown), f"the window (see {told})", 120)
                time.sleep(_DRAWN_SECONDS)
                picture(shown, self.smoke.artifacts / f"{name}-{turn}.png")
                process.send_signal(signal.SIGTERM)
                hold(process.wait(60) == 0, f"the window closes in order ({turn} start)")

    def opens(self, name: str) -> None:
        """A stay's file and a link, as a file manager and a browser open them, in the user's own data folder."""
        self.set_policy(PRESET)
        stays = sorted((self.smoke.root / "resources" / "samples" / "stays").glob("*.json"))
        file = self._system.home / f"一份 住院病历{product.ENCOUNTER_SUFFIX}"
        shutil.copyfile(stays[0], file)
        # A data folder that is there asks for no page before the window.
        shutil.copyfile(stays[1], self._system.home / "first.json")
        self._system.as_user(self._program, "import", f"/{HOME}/first.json", env=LOCALE)
        number = json.loads(stays[0].read_text(encoding="utf-8"))["patient"]["mrn"]
        for kind, what in (("file", f"/{HOME}/{file.name}"), ("link", f"{product.URL_SCHEME}://patient/{number}")):
            with screen() as shown:
                told = self.smoke.artifacts / f"{name}-{kind}.txt"
                asked = self._system.start("gio", "open", what, env={**LOCALE, "DISPLAY": shown}, told=told)
                with timed(f"window by a {kind}"):
                    until(lambda: window_of(shown), f"the window for {what} (see {told})", 120)
                time.sleep(_DRAWN_SECONDS)
                picture(shown, self.smoke.artifacts / f"{name}-{kind}.png")
                if kind == "file":  # it asks before it takes a stay in
                    press(shown, "Return")
                    time.sleep(_DRAWN_SECONDS)
                    picture(shown, self.smoke.artifacts / f"{name}-{kind}-return.png")
                self._system.kill()
                asked.wait()
        stays_there = self._asked("db", "check", "--json")["rows"]["encounters"]
        hold(stays_there == 2, "the file's stay is in the user's own data folder")
        # Whoever comes next finds the computer as it was.
        shutil.rmtree(self._system.home / ".local" / "share" / "wardnote")
        (self._system.root / "etc" / "wardnote" / "policy.toml").unlink()

    def _asked(self, *command: str) -> dict[str, Any]:
        """What a command tells of the user's own data folder, as JSON."""
        told: dict[str, Any] = json.loads(self._system.as_user(self._program, *command, env=LOCALE).stdout)
        return told

    def rows(self) -> object:
        """What the database holds, by its own check."""
        return json.loads(self.wardnote("db", "check", "--json"))
