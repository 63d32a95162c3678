"""packaging/bootstrap.py without its effects: what it decides, and what it would say and run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import bootstrap
import pytest
from provision import commands, environment, interpreter, system
from provision.environment import Plan, Stamp, plan_for
from provision.interpreter import ROOT, SetupFault

COMPLETE = Stamp(home="/checkout", pins="abc", groups=(), complete=True)


@pytest.mark.parametrize(
    ("argv", "before", "after"),
    [
        (["run"], ["run"], []),
        (["run", "--", "suggest", "--case", "a b.json"], ["run"], ["suggest", "--case", "a b.json"]),
        (["test", "--", "-k", "x", "--", "y"], ["test"], ["-k", "x", "--", "y"]),
        (["run", "--headless", "--"], ["run", "--headless"], []),
    ],
)
def test_what_comes_after_the_dashes_is_passed_on(argv: list[str], before: list[str], after: list[str]) -> None:
    assert bootstrap.split_arguments(argv) == (before, after)
    assert bootstrap.parse(argv).arguments == after


def test_an_argument_without_dashes_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        bootstrap.parse(["run", "suggest"])
    assert stop.value.code == 2
    assert "unrecognized arguments: suggest" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code"), [(SetupFault("no disk"), 3), (KeyboardInterrupt(), 130)])
def test_faults_and_ctrl_c_have_their_exit_codes(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr(commands, "run_tests", fail)
    assert bootstrap.main(["test"]) == code
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(("system_name", "machine"), [("Windows", "AMD64"), ("Darwin", "arm64"), ("Linux", "aarch64")])
def test_other_platforms_get_a_sentence(system_name: str, machine: str) -> None:
    assert machine in (interpreter.platform_fault(system_name, machine) or "")
    assert interpreter.platform_fault("Linux", "x86_64") is None


def test_a_python_that_does_not_start_or_is_another_is_passed_over(tmp_path: Path) -> None:
    for folder, script in (("shim", "exit 127"), ("newer", "echo 3 13"), ("good", "echo 3 11")):
        program = tmp_path / folder / "python3.11"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    path = ":".join(str(tmp_path / folder) for folder in ("none", "shim", "newer", "good"))
    assert interpreter.find_supported_python(path) == str(tmp_path / "good" / "python3.11")
    assert interpreter.find_supported_python(str(tmp_path / "newer")) is None


def test_another_python_goes_on_with_python_3_11(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(interpreter.sys, "version_info", (3, 13, 0))
    monkeypatch.setattr(interpreter, "find_supported_python", lambda path: "/opt/python3.11")
    monkeypatch.setattr(interpreter.os, "execv", lambda program, arguments: started.append(arguments))
    interpreter.ensure_supported(["run", "--headless"], ROOT / "packaging" / "bootstrap.py")
    assert started == [["/opt/python3.11", str(ROOT / "packaging" / "bootstrap.py"), "run", "--headless"]]


@pytest.mark.parametrize(
    ("found", "wanted", "plan"),
    [
        (None, COMPLETE, Plan.INSTALL),
        (COMPLETE, COMPLETE, Plan.KEEP),
        (Stamp("/checkout", "abc", ("dev",), True), COMPLETE, Plan.KEEP),
        (COMPLETE, Stamp("/checkout", "abc", ("dev",), True), Plan.INSTALL),
        (COMPLETE, Stamp("/checkout", "changed", (), True), Plan.INSTALL),
        (COMPLETE, Stamp("/moved", "abc", (), True), Plan.REBUILD),
        (Stamp("/checkout", "abc", (), False), COMPLETE, Plan.REBUILD),
    ],
)
def test_an_environment_is_kept_renewed_or_rebuilt(found: Stamp | None, wanted: Stamp, plan: Plan) -> None:
    assert plan_for(found, wanted) is plan


def test_a_stamp_survives_and_a_broken_one_counts_as_none(tmp_path: Path) -> None:
    stamp = Stamp("/checkout", "abc", ("dev",), False)
    environment.write_stamp(tmp_path, stamp)
    assert environment.read_stamp(tmp_path) == stamp
    for broken in ("", "[]", '{"home": "/checkout"}'):
        (tmp_path / environment.STAMP_NAME).write_text(broken)
        assert environment.read_stamp(tmp_path) is None


@pytest.mark.parametrize("changed", ["pyproject.toml", "packaging/constraints.txt"])
def test_a_changed_pin_changes_the_stamp(checkout: Path, changed: str) -> None:
    before = environment.wanted_stamp(checkout, ())
    assert environment.wanted_stamp(checkout, ()) == before
    (checkout / changed).write_text("other")
    assert environment.wanted_stamp(checkout, ()).pins != before.pins


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "packaging").mkdir(parents=True)
    (root / "pyproject.toml").write_text('[dependency-groups]\ndev = ["pytest==9.2.0"]\n')
    (root / "packaging" / "constraints.txt").write_text("pytest==9.2.0\n")
    return root


@pytest.fixture
def installer(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Runs `ensure_environment` with venv and pip played; which of them were called."""

    def run(*groups: str, pip_works: bool = True) -> list[str]:
        called: list[str] = []

        def play(command: list[object]) -> int:
            words = [str(word) for word in command]
            called.append("venv" if "venv" in words else "pip " + words[-1])
            (checkout / ".venv").mkdir(exist_ok=True)
            return 0 if pip_works or "venv" in words else 1

        monkeypatch.setattr(environment, "call", play)
        monkeypatch.setattr(environment, "_starts", lambda venv: venv.exists())
        environment.ensure_environment(checkout, groups)
        return called

    return run


def test_nothing_is_installed_twice(checkout: Path, installer: Callable[..., list[str]]) -> None:
    assert installer() == ["venv", "pip setuptools", f"pip {checkout}"]
    assert installer() == []
    assert installer("dev") == ["pip setuptools", "pip pytest==9.2.0"]
    assert installer() == []
    (checkout / "pyproject.toml").write_text('[dependency-groups]\ndev = ["pytest==9.3.0"]\n')
    assert installer() == ["pip setuptools", "pip pytest==9.3.0"]


def test_an_interrupted_installation_starts_from_nothing(installer: Callable[..., list[str]]) -> None:
    with pytest.raises(SetupFault, match="pip could not install"):
        installer(pip_works=False)
    assert installer()[0] == "venv"


def test_the_apt_command_asks_nothing() -> None:
    command = system.apt_command(("xvfb", "xauth"))
    assert command == (
        "apt-get -o DPkg::Lock::Timeout=300 update && DEBIAN_FRONTEND=noninteractive apt-get "
        "-o DPkg::Lock::Timeout=300 install -y --no-install-recommends xvfb xauth"
    )


@pytest.mark.parametrize(("has_sudo", "front"), [(True, "sudo sh -c"), (False, "su -c")])
def test_a_user_without_rights_gets_one_command(
    has_sudo: bool, front: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "administrator_prefix", lambda: None)
    monkeypatch.setattr(system, "program_exists", lambda name: has_sudo or name != "sudo")
    needs = (system.Need("libegl1", lambda: False), system.Need("xvfb", lambda: True))
    assert system.supply(needs) == ("libegl1",)
    assert system.advice(("libegl1",)) == (
        f"{front} 'apt-get update && apt-get install -y --no-install-recommends libegl1'"
    )
    assert "apt-get" not in capfd.readouterr().out


def test_what_is_there_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "call", lambda command: pytest.fail(f"ran {command}"))
    assert system.supply((system.Need("xvfb", lambda: True),)) == ()


def test_a_library_is_found_by_loading_it() -> None:
    assert system.library_loads("libc.so.6")
    assert not system.library_loads("libwardnote-is-no-library.so.1")


@pytest.mark.parametrize(
    ("arguments", "headless", "expected"),
    [
        ((), False, ((), True)),
        (("--data-dir", "d"), False, (("--data-dir", "d"), True)),
        (("models", "list"), False, (("models", "list"), False)),
        (("models", "list"), True, (("models", "list"), False)),
        ((), True, (("suggest", "--case", "CASE"), False)),
        (("--engine", "openvino"), True, (("suggest", "--case", "CASE", "--engine", "openvino"), False)),
    ],
)
def test_a_window_opens_only_where_it_can(
    arguments: tuple[str, ...], headless: bool, expected: tuple[tuple[str, ...], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "sample_case", lambda root: "CASE")
    assert commands.program_arguments(ROOT, arguments, headless=headless) == expected


def test_every_check_runs_and_pytest_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def play(command: list[object], **_: object) -> int:
        called.append(" ".join(str(word) for word in command))
        return 1 if called[-1].endswith("ruff check app tests packaging") else 0

    monkeypatch.setattr(commands, "call", play)
    monkeypatch.setattr(commands, "_supply_system", lambda tools, need_qt: None)
    monkeypatch.setattr(commands, "ensure_environment", lambda root, groups: Path("bin"))
    monkeypatch.setattr(commands, "ensure_consumers", lambda root: True)
    assert commands.run_tests(ROOT, arguments=["-k", "x"]) == 1
    assert called == [
        "bin/wardnote models fetch",
        "bin/wardnote models prepare",
        *(" ".join(("bin/" + check[0], *check[1:])) for check in commands.CHECKS),
        "bin/python -m pytest -k x",
    ]


def test_a_display_is_x11_or_wayland() -> None:
    assert commands.has_display({"DISPLAY": ":0"})
    assert commands.has_display({"WAYLAND_DISPLAY": "wayland-0"})
    assert not commands.has_display({"DISPLAY": ""})


def pins() -> dict[str, str]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonical(name): version for name, version in pairs}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_constraints_repeat_every_pin_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = [*project["project"]["dependencies"], *environment.group_requirements(ROOT, "dev")]
    own = dict(requirement.split("==") for requirement in requirements)
    assert {canonical(name): version for name, version in own.items()}.items() <= pins().items()


def test_the_constraints_name_all_that_is_pulled_in() -> None:
    """pip comes with the environment; torch pins the parts of its CUDA build itself, so torch is not followed."""
    known, seen = pins(), set()
    waiting = ["wardnote", *map(name_of, environment.group_requirements(ROOT, "dev"))]
    while waiting:
        name = waiting.pop()
        if name in seen or name == "torch":
            continue
        seen.add(name)
        waiting += [name_of(line) for line in metadata.requires(name) or () if is_wanted(line)]
    assert seen - {"wardnote", "pip"} <= known.keys()


def name_of(requirement: str) -> str:
    return canonical(re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0])


def is_wanted(requirement: str) -> bool:
    from packaging.requirements import Requirement

    marker = Requirement(requirement).marker
    return marker is None or marker.evaluate({"extra": ""})
