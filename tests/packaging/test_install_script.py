"""The installer of the `.run`, on a small invented program: what it puts where, what it refuses, what it leaves."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from installers import product
from installers.linux import desktop
from provision.interpreter import ROOT

SCRIPT = ROOT / "packaging" / "installers" / "linux" / "install.sh"
# Stands for the interpreter: the real one is asked whether Qt's libraries are there.
WELL = "#!/bin/sh\nexit 0\n"
# Stands for the program: it has a version, and takes model packs but one.
PROGRAM = """#!/bin/sh
[ $# -gt 0 ] || {{ echo {version}; exit 0; }}
case "$3" in *strange*) echo '模型包 strange 的签名者不受信任' >&2; exit 3 ;; esac
echo "$@" >>"$HOME/asked.txt"
"""
LACKING = "#!/bin/sh\necho 'OSError: libEGL.so.1: cannot open shared object file' >&2\nexit 1\n"


class Machine:
    """A user's home, and an unpacked `.run` of some version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "家 home"
        self.home.mkdir()
        self.prefix = self.home / ".local" / "opt" / "wardnote"
        self.share = self.home / ".local" / "share"

    def package(self, version: str, python: str = WELL, kilobytes: int = 10) -> Path:
        outer, program = self.folder / f"run-{version}", self.folder / f"program-{version}"
        outer.mkdir()
        files = {
            "bin/wardnote": PROGRAM.format(version=version),
            "doc/version.txt": f"{version}\n",
            "python/bin/python3.11": python,
            f"share/applications/{product.APP_ID}.desktop": desktop.entry("wardnote"),
            f"share/mime/packages/{product.APP_ID}.xml": desktop.mime(),
            "uninstall.sh": SCRIPT.read_text(encoding="utf-8"),
        }
        for name, text in files.items():
            (program / name).parent.mkdir(parents=True, exist_ok=True)
            (program / name).write_text(text, encoding="utf-8")
            (program / name).chmod(0o755)
        with tarfile.open(outer / "tree.tar.gz", "w:gz") as archive:
            archive.add(program, ".")
        (outer / "install.sh").write_bytes(SCRIPT.read_bytes())
        (outer / "version").write_text(f"{version}\n")
        (outer / "kilobytes").write_text(f"{kilobytes}\n")
        return outer / "install.sh"

    def run(
        self, script: Path, *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "zh_CN.UTF-8", **(env or {})}
        command = ["sh", str(script), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def files(self) -> set[str]:
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*") if not path.is_dir()}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_install_upgrade_and_removal_keep_the_notes(machine: Machine) -> None:
    data = machine.share / "wardnote" / "wardnote.sqlite3"
    data.parent.mkdir(parents=True)
    data.write_text("notes")
    before = machine.files()
    done = machine.run(machine.package("1.0.0"), "--quiet")
    assert done.returncode == 0, done.stderr
    assert "已安装病程助手 1.0.0" in done.stdout
    command = machine.home / ".local" / "bin" / "wardnote"
    assert subprocess.run([command], capture_output=True, text=True).stdout == "1.0.0\n"
    assert machine.run(machine.package("1.1.0"), "--yes").returncode == 0
    assert subprocess.run([command], capture_output=True, text=True).stdout == "1.1.0\n"
    assert [path.name for path in machine.prefix.parent.iterdir()] == ["wardnote"]
    removed = machine.run(machine.prefix / "uninstall.sh", "--yes")
    assert removed.returncode == 0, removed.stderr
    assert "病历数据保留在" in removed.stdout
    assert {one for one in machine.files() if "mime.cache" not in one and "mimeinfo" not in one} >= before
    ours = (product.APP_ID, "opt/wardnote", "bin/wardnote")
    assert not [one for one in machine.files() if any(part in one for part in ours)]
    assert data.read_text() == "notes"


def asked(machine: Machine) -> list[str]:
    told = machine.home / "asked.txt"
    return told.read_text(encoding="utf-8").splitlines() if told.exists() else []


def test_the_one_pack_that_lies_beside_the_installer_is_installed(machine: Machine, tmp_path: Path) -> None:
    beside, script = tmp_path / "移动盘 1", machine.package("1.0.0")
    beside.mkdir()
    (beside / "病房.wnpack").touch()
    env = {"ARCHIVE_DIR": ".", "USER_PWD": str(beside)}
    done = machine.run(script, "--yes", env=env)
    assert done.returncode == 0, done.stderr
    assert asked(machine) == [f"models install {beside}/./病房.wnpack"]
    assert machine.run(script, "--yes", "--pack", "none", env=env).returncode == 0
    (beside / "另一个.wnpack").touch()
    done = machine.run(script, "--yes", env=env)
    assert (done.returncode, len(asked(machine))) == (0, 1)
    assert "有 2 个模型包，都没有安装" in done.stderr
    assert machine.run(script, "--yes", "--pack", "另一个.wnpack", env=env).returncode == 0
    assert asked(machine)[1:] == [f"models install {beside}/另一个.wnpack"]


def test_a_pack_that_is_not_there_or_not_taken_is_told(machine: Machine, tmp_path: Path) -> None:
    script = machine.package("1.0.0")
    done = machine.run(script, "--yes", "--pack", "/none.wnpack")
    assert (done.returncode, machine.files()) == (3, set())
    assert "没有模型包 /none.wnpack" in done.stderr
    (tmp_path / "strange.wnpack").touch()
    done = machine.run(script, "--yes", "--pack", str(tmp_path / "strange.wnpack"))
    assert done.returncode == 3
    assert "签名者不受信任" in done.stderr and "程序已经装好，但模型包没有装上" in done.stderr
    assert (machine.prefix / "bin" / "wardnote").exists()


def test_a_relative_folder_is_where_the_user_stood(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "stood").mkdir()
    done = machine.run(
        machine.package("1.0.0"), "--yes", "--prefix", "apps/ward", env={"USER_PWD": str(tmp_path / "stood")}
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "stood" / "apps" / "ward" / "bin" / "wardnote").exists()


def test_data_goes_only_when_that_is_said(machine: Machine) -> None:
    for folder in (".local/share/wardnote", ".config/wardnote", ".cache/wardnote"):
        (machine.home / folder).mkdir(parents=True)
    assert machine.run(machine.package("1.0.0"), "--yes").returncode == 0
    assert machine.run(machine.prefix / "uninstall.sh", "--yes", "--data", "remove").returncode == 0
    assert not list(machine.home.rglob("wardnote"))


def test_the_menu_entry_starts_the_program_wherever_it_is(machine: Machine) -> None:
    prefix = machine.home / "程序 & $apps"
    assert machine.run(machine.package("1.0.0"), "--yes", "--prefix", str(prefix)).returncode == 0
    entry = (machine.share / "applications" / f"{product.APP_ID}.desktop").read_text(encoding="utf-8")
    escaped = str(prefix).replace("$", "\\\\$")
    assert f'Exec="{escaped}/bin/wardnote" open %u' in entry


@pytest.mark.parametrize(("language", "words"), [("zh_CN.UTF-8", "磁盘空间不足"), ("de_DE.UTF-8", "Not enough room")])
def test_a_full_disk_is_told_before_anything_is_written(machine: Machine, language: str, words: str) -> None:
    done = machine.run(machine.package("1.0.0", kilobytes=1 << 50), "--yes", env={"LANG": language})
    assert (done.returncode, machine.files()) == (3, set())
    assert words in done.stderr


def test_a_missing_library_ends_it_with_the_command_and_leaves_the_old_version(machine: Machine) -> None:
    assert machine.run(machine.package("1.0.0"), "--yes").returncode == 0
    before = machine.files()
    done = machine.run(machine.package("1.1.0", LACKING), "--yes")
    assert done.returncode == 3
    assert "libEGL.so.1" in done.stderr
    assert "apt-get install libegl1" in done.stderr
    assert machine.files() == before


def test_another_architecture_and_an_old_system_are_refused(machine: Machine, tmp_path: Path) -> None:
    script, tools = machine.package("1.0.0"), tmp_path / "tools"
    tools.mkdir()
    for name, answer, words in (("uname", "loongarch64", "x86_64"), ("getconf", "glibc 2.28", "glibc 是 2.28")):
        (tools / name).write_text(f"#!/bin/sh\necho {answer}\n")
        (tools / name).chmod(0o755)
        done = machine.run(script, "--yes", env={"PATH": f"{tools}:/usr/bin:/bin"})
        assert done.returncode == 3
        assert words in done.stderr
        (tools / name).unlink()
    assert machine.files() == set()


def test_an_interrupted_installation_leaves_nothing_and_can_be_repeated(machine: Machine) -> None:
    script = machine.package("1.0.0", f"#!/bin/sh\nkill -TERM $PPID\n{'sleep 0.1;' * 3}\nexit 0\n")
    done = machine.run(script, "--yes")
    assert done.returncode == 130
    assert machine.files() == set()
    # What kill -9 leaves does not hinder the next try; an upgrade cut off between its two renames is undone.
    assert machine.run(machine.package("1.0.1"), "--yes").returncode == 0
    machine.prefix.rename(machine.prefix.with_name("wardnote.old"))
    (machine.prefix.with_name("wardnote.installing") / "bin").mkdir(parents=True)
    assert machine.run(machine.package("1.0.2"), "--yes").returncode == 0
    assert [path.name for path in machine.prefix.parent.iterdir()] == ["wardnote"]


def test_an_older_version_does_not_replace_a_newer_one(machine: Machine) -> None:
    assert machine.run(machine.package("1.10.0"), "--yes").returncode == 0
    done = machine.run(machine.package("1.9.0"), "--yes")
    assert done.returncode == 3
    assert "更新的版本 1.10.0" in done.stderr


def test_a_folder_of_others_and_wrong_options_are_refused(machine: Machine) -> None:
    script = machine.package("1.0.0")
    machine.prefix.mkdir(parents=True)
    (machine.prefix / "thesis.txt").write_text("mine")
    done = machine.run(script, "--yes")
    assert (done.returncode, machine.files()) == (2, {".local/opt/wardnote/thesis.txt"})
    assert machine.run(script, "--nonsense").returncode == 2
    assert machine.run(script, "--data", "burn").returncode == 2
    assert machine.run(machine.folder / "run-1.0.0" / "install.sh", "--uninstall", "--yes").returncode == 3


def test_while_the_program_runs_nothing_is_replaced(machine: Machine) -> None:
    assert machine.run(machine.package("1.0.0"), "--yes").returncode == 0
    python = machine.prefix / "python" / "bin" / "python3.11"
    python.unlink()
    shutil.copyfile("/bin/sleep", python)
    python.chmod(0o755)
    running = subprocess.Popen([python, "60"])
    try:
        done = machine.run(machine.package("1.1.0"), "--yes")
    finally:
        running.kill()
        running.wait()
    assert done.returncode == 3
    assert f"进程 {running.pid}" in done.stderr
