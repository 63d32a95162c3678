"""The program's end of an engine process: start it, speak with it over a private pipe, end it, say how it ended."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import app
from app.core.errors import EngineFault
from app.inference.messages import MAX_MESSAGE_BYTES, FromChild, Shutdown, ToChild, decode, encode
from app.infra.interpreter import python_command

if TYPE_CHECKING:
    from multiprocessing.connection import _ConnectionBase

    PipeEnd = _ConnectionBase[Any, Any]

STDERR_VARIABLE = "WARDNOTE_ENGINE_STDERR"

PIPE_SECONDS = 5.0

# Several engine processes share the cores, and within one OpenMP's threads share them with those of another library:
# a thread that waits sleeps. (0.5B on BigDL: one that spins for a millisecond makes a token take eight times as long.)
IDLE_THREADS_SLEEP = {"KMP_BLOCKTIME": "0", "OMP_WAIT_POLICY": "PASSIVE"}

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONUTF8": "1",
}

_SIGNAL_WORDS = {
    "SIGSEGV": "访问了非法内存",
    "SIGBUS": "访问了非法内存",
    "SIGABRT": "推理库主动中止",
    "SIGILL": "处理器不支持所需的指令",
    "SIGFPE": "算术错误",
    "SIGKILL": "被系统强制结束，可能是内存不足",
    "SIGTERM": "被其他程序结束",
}

# Windows reports exceptions as exit codes (NTSTATUS).
_STATUS_WORDS = {
    0xC0000005: "访问了非法内存",
    0xC000001D: "处理器不支持所需的指令",
    0xC0000017: "内存不足",
    0xC0000135: "缺少系统组件（DLL）",
    0xC0000409: "推理库主动中止",
}


class ProcessGone(EngineFault):
    """The engine process has ended or its pipe is broken."""


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of an engine process: offline, its threads asleep when idle, and able to import this program."""
    root = str(Path(app.__file__).parent.parent)
    path = os.pathsep.join(part for part in (root, environment.get("PYTHONPATH", "")) if part)
    return {**IDLE_THREADS_SLEEP, "TOKENIZERS_PARALLELISM": "false", **environment, **_OFFLINE, "PYTHONPATH": path}


def exit_words(code: int | None) -> str:
    """How a process ended, in Chinese, from what `Popen.returncode` says."""
    if code is None:
        return "引擎进程失去联系"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"信号 {-code}"
        return f"引擎进程崩溃（{name}，{_SIGNAL_WORDS.get(name, '意外结束')}）"
    reason = _STATUS_WORDS.get(code)
    return f"引擎进程崩溃（0x{code:08X}，{reason}）" if reason else f"引擎进程意外退出（退出码 {code}）"


class EngineProcess:
    """One child process. `send`, `receive` belong to one thread; `kill` and `end` may come from any."""

    def __init__(self, connection: PipeEnd, popen: subprocess.Popen[bytes]) -> None:
        self._connection = connection
        self._popen = popen
        self._sending = threading.Lock()

    @classmethod
    def spawn(cls, engine: str) -> EngineProcess:
        """Start a process for this engine. It ends by itself when this program does. Raises EngineFault."""
        ours, theirs = Pipe(duplex=True)
        _bound_reads(ours)
        try:
            popen = _start(engine, theirs)
        except OSError as error:
            ours.close()
            raise EngineFault(f"无法启动引擎进程（{error.strerror}）。请关闭其他程序后重试。") from error
        finally:
            theirs.close()
        return cls(ours, popen)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    def is_alive(self) -> bool:
        """True while the process has not ended."""
        return self._popen.poll() is None

    def send(self, message: ToChild) -> None:
        """Send; a process that takes nothing for some seconds is killed. Raises ProcessGone, MessageError."""
        data = encode(message)
        with self._sending, self._killed_after(PIPE_SECONDS):
            try:
                self._connection.send_bytes(data)
            except OSError:
                raise ProcessGone(self._ended()) from None

    def receive(self, timeout: float) -> FromChild | None:
        """The next message, or None after `timeout` seconds. Raises ProcessGone, MessageError."""
        try:
            if not self._connection.poll(timeout):
                return None
            data = self._connection.recv_bytes(MAX_MESSAGE_BYTES)
        except (OSError, EOFError):
            raise ProcessGone(self._ended()) from None
        return cast("FromChild", decode(data))

    def kill(self) -> None:
        """End it now, stopped or not; the exit is not awaited."""
        self._popen.kill()

    def end(self, grace: float = 0.5) -> None:
        """Ask it to go, and after `grace` seconds make it go; it is reaped when this returns."""
        self._ask_to_go()
        try:
            self._popen.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
            self._popen.wait(PIPE_SECONDS)

    def _ask_to_go(self) -> None:
        if not self._sending.acquire(blocking=False):
            return self.kill()
        try:
            with self._killed_after(PIPE_SECONDS):
                self._connection.send_bytes(encode(Shutdown()))
        except OSError:
            self.kill()
        finally:
            self._sending.release()
        return None

    @contextmanager
    def _killed_after(self, seconds: float) -> Iterator[None]:
        """A stopped process fills its pipe and would block the writer for ever."""
        timer = threading.Timer(seconds, self.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _ended(self) -> str:
        """End what is left of the process; how it ended, in words."""
        try:
            code = self._popen.wait(1.0)
        except subprocess.TimeoutExpired:
            self.end(0.0)
            code = None
        return exit_words(code)


def _start(engine: str, connection: PipeEnd) -> subprocess.Popen[bytes]:
    handle = connection.fileno()
    # -P: a file beside the working directory must not be taken for a library.
    command = [*python_command(), "-P", "-m", "app.inference.engine_process", str(handle), engine]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get(STDERR_VARIABLE) == "1" else subprocess.DEVNULL,
        env=child_environment(os.environ),
        **_inheritance(handle),
    )


def _inheritance(handle: int) -> dict[str, Any]:
    """The arguments that let a child have this one handle and no other."""
    if sys.platform != "win32":
        return {"pass_fds": (handle,), "process_group": 0}
    os.set_handle_inheritable(handle, True)
    startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
    flags = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return {"startupinfo": startup, "creationflags": flags}


def _bound_reads(connection: PipeEnd) -> None:
    """A process that stops in the middle of a message must not hold its reader (on Windows messages are whole)."""
    if sys.platform == "win32":
        return
    import socket

    seconds, fraction = divmod(PIPE_SECONDS, 1)
    timeval = struct.pack("ll", int(seconds), int(fraction * 1e6))
    with socket.socket(fileno=os.dup(connection.fileno())) as pipe:
        pipe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
