"""A bare Debian in a folder, with one ordinary user, that never saw the source."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from installers.smoke import Broken, Smoke
from installers.tools import answer, require, run

RELEASE = "bookworm"
USER = "1000:1000"
HOME = Path("home/ward")
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"}
# What changes by itself where packages come and go.
_PASSING = (
    "proc/",
    "dev/",
    "sys/",
    "tmp/",
    "run/",
    "var/lib/apt/",
    "var/lib/dpkg/",
    "var/cache/",
    "var/log/",
    "etc/ld.so.cache",
)


class BareSystem:
    """Runs commands in it, as root or as the user."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def home(self) -> Path:
        """The user's home, seen from outside."""
        return self.root / HOME

    def run(self, *command: str | Path, check: bool = True, **options: object) -> subprocess.CompletedProcess[str]:
        """Run as root; raises Broken with the output if it fails."""
        return self._run(["chroot", str(self.root)], command, _ENVIRONMENT, check=check)

    def as_user(
        self, *command: str | Path, env: Mapping[str, str] | None = None, check: bool = True, network: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run as the ordinary user, without a network unless it is given one."""
        return self._run(
            [*self._entering(network), f"--userspec={USER}", str(self.root)], command, _user(env), check=check
        )

    def start(self, *command: str | Path, env: Mapping[str, str], told: Path) -> subprocess.Popen[bytes]:
        """Start as the ordinary user, without a network; what it says goes into the file `told`."""
        words = [*self._entering(False), f"--userspec={USER}", str(self.root), *map(str, command)]
        told.parent.mkdir(parents=True, exist_ok=True)
        with told.open("wb") as stream:
            return subprocess.Popen(words, env=_user(env), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)

    def kill(self) -> None:
        """End every process that runs in it at once, as a power cut does."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "root").readlink() == self.root:
                    os.kill(int(process.name), signal.SIGKILL)

    def files(self) -> set[str]:
        """Every file, without those that come and go by themselves."""
        # Not what is mounted in it.
        found = answer(
            ["find", self.root, "-xdev", "(", "-type", "f", "-o", "-type", "l", ")", "-printf", "%P\\n"], "find"
        )
        return {one for one in found.splitlines() if not one.startswith(_PASSING) and "__pycache__" not in one}

    @staticmethod
    def _entering(network: bool) -> list[str]:
        return ["chroot"] if network else ["unshare", "--net", "chroot"]

    @staticmethod
    def _run(
        entering: Sequence[str], command: Sequence[str | Path], env: Mapping[str, str], *, check: bool
    ) -> subprocess.CompletedProcess[str]:
        words = [*entering, *map(str, command)]
        done = subprocess.run(words, env=dict(env), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise Broken(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done


def _user(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**_ENVIRONMENT, "HOME": f"/{HOME}", "USER": "ward", **(more or {})}


@contextmanager
def bare_system(smoke: Smoke, name: str) -> Iterator[BareSystem]:
    """A fresh copy of a bare Debian, which is made once; it is removed at the end."""
    base = smoke.root / "build" / "installers" / "smoke"
    pristine, root = base / f"{RELEASE}.pristine", base / name
    base.mkdir(parents=True, exist_ok=True)
    if not pristine.exists():
        partial = base / f"{RELEASE}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        run([require("debootstrap", "debootstrap"), "--variant=minbase", RELEASE, partial], "no bare system")
        partial.rename(pristine)
    run(["rm", "-rf", "--one-file-system", root], "an earlier system could not be removed")
    run(["cp", "-a", "--reflink=auto", pristine, root], "the bare system could not be copied")
    with ExitStack() as at_the_end:
        at_the_end.callback(run, ["rm", "-rf", "--one-file-system", root], "the system could not be removed")
        for place, kind in (("proc", "proc"), ("dev", "devtmpfs"), ("dev/shm", "tmpfs")):
            _mount(at_the_end, ["-t", kind, kind], root / place)
        (root / "tmp" / ".X11-unix").mkdir(parents=True, exist_ok=True)
        Path("/tmp/.X11-unix").mkdir(exist_ok=True)
        _mount(at_the_end, ["--bind", "/tmp/.X11-unix"], root / "tmp" / ".X11-unix")
        shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
        # What every system has from its first boot; without it libdbus ends the process.
        (root / "etc" / "machine-id").write_text(f"{uuid4().hex}\n")
        system = BareSystem(root)
        system.run("useradd", "--uid", "1000", "--create-home", "ward")
        yield system


def _mount(at_the_end: ExitStack, what: Sequence[str], place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    run(["mount", *what, place], f"{place} could not be mounted")
    at_the_end.callback(run, ["umount", "--lazy", place], f"{place} could not be unmounted")
