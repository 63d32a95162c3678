"""The two commands, told as a story: what happens, in which order."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from provision import system
from provision.console import Steps, call, say
from provision.consumers import ensure_consumers
from provision.environment import ensure_environment
from provision.interpreter import SetupFault

CHECKS: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "app", "tests", "packaging"),
    ("ruff", "format", "--check", "app", "tests", "packaging"),
    ("mypy",),
    ("mypy", "packaging/bootstrap.py", "packaging/build.py", "packaging/smoke.py", "packaging/installers/linux"),
    ("lint-imports",),
)
MODEL_STEPS = (
    ("fetch", "Fetch the three demonstration models and check their hashes"),
    ("prepare", "Prepare them for both engines, prove and measure them (the first time takes long)"),
)


def run_program(root: Path, *, headless: bool, arguments: Sequence[str]) -> int:
    """`bootstrap.py run`: everything the program needs, then the program itself in place of this process."""
    command, window = program_arguments(root, arguments, headless=headless or not has_display(os.environ))
    steps = Steps(5)
    with steps.step("System libraries and a Chinese font"):
        _supply_system((), need_qt=window)
    with steps.step("Python environment (.venv)"):
        wardnote = ensure_environment(root) / "wardnote"
    for name, title in MODEL_STEPS:
        with steps.step(title):
            _models(wardnote, name)
    if arguments or window:
        steps.announce(f"wardnote {' '.join(command)}".rstrip())
        return _become(wardnote, command)
    steps.announce("No window here: a sample case on all three models")
    return _show_sample(root, wardnote, command)


def run_tests(root: Path, *, arguments: Sequence[str]) -> int:
    """`bootstrap.py test`: every check runs, whatever the ones before it said; pytest has the last word."""
    steps = Steps(3 + len(MODEL_STEPS) + len(CHECKS) + 1)
    with steps.step("System libraries, a Chinese font and the programs that tests use"):
        _supply_system(system.TEST_NEEDS, need_qt=True)
    with steps.step("Python environment (.venv) with the development tools"):
        programs = ensure_environment(root, ("dev",))
    failed = []
    with steps.step("The tools that exports are read with, for the tests"):
        if not ensure_consumers(root):
            failed.append("the tools that exports are read with")
    for name, title in MODEL_STEPS:
        with steps.step(title):
            if call([programs / "wardnote", "models", name], cwd=root) != 0:
                failed.append(f"wardnote models {name}")
    for check in CHECKS:
        with steps.step(" ".join(check)):
            if call([programs / check[0], *check[1:]], cwd=root) != 0:
                failed.append(" ".join(check))
    steps.announce("pytest")
    if failed:
        say(f"      failed before: {'; '.join(failed)} (so this command will fail, whatever pytest says)")
    result = call([programs / "python", "-m", "pytest", *arguments], cwd=root, env={"QT_QPA_PLATFORM": "offscreen"})
    return result or (1 if failed else 0)


def program_arguments(root: Path, arguments: Sequence[str], *, headless: bool) -> tuple[tuple[str, ...], bool]:
    """What `wardnote` is called with, and whether that opens a window.

    Arguments that name a command are taken as they are. Options alone belong to the window or, without one, to
    the sample case.
    """
    if arguments and not arguments[0].startswith("-"):
        return tuple(arguments), False
    if not headless:
        return tuple(arguments), True
    return ("suggest", "--case", str(sample_case(root)), *arguments), False


def sample_case(root: Path) -> Path:
    """The bundled case that is run where no window can be opened: the first by name."""
    return min((root / "resources" / "samples").glob("*.json"))


def has_display(environment: Mapping[str, str]) -> bool:
    """Whether a window could be opened."""
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _supply_system(tools: Sequence[system.Need], *, need_qt: bool) -> None:
    lacking = system.supply((*system.PYTHON_NEEDS, *system.QT_NEEDS, *system.FONT_NEEDS, *tools))
    if not lacking:
        return
    say(f"      missing: {' '.join(lacking)}. They come with\n\n  {system.advice(lacking)}\n")
    if system.missing(system.PYTHON_NEEDS):
        raise SetupFault("without python3.11-venv no environment can be made. Run the command above, then this again.")
    if need_qt and system.missing(system.QT_NEEDS):
        raise SetupFault("without these libraries Qt cannot start. Run the command above, then this again.")
    say("      going on without them")


def _models(wardnote: Path, name: str) -> None:
    if call([wardnote, "models", name]) != 0:
        raise SetupFault(f"`wardnote models {name}` did not succeed; its reason is above.")


def _become(program: Path, arguments: Sequence[str]) -> int:
    sys.stdout.flush()
    os.execv(program, [str(program), *arguments])


def _show_sample(root: Path, wardnote: Path, command: Sequence[str]) -> int:
    result = call([wardnote, *command])
    say("\nTo open the window, run this on a desktop (DISPLAY or WAYLAND_DISPLAY set):")
    say(f"  python3 {root / 'packaging' / 'bootstrap.py'} run")
    return result
