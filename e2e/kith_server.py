"""Starts, ends and restarts the packaged server as its users do: through ./kith, its ports and its signals."""

from __future__ import annotations

import ctypes
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

KITH = Path(os.environ.get("KITH_ROOT", Path(__file__).resolve().parent.parent)) / "kith"
# The first start in a fresh checkout builds; later ones take about a second.
READY_SECONDS = 300.0
STOP_SECONDS = 5.0
READY = re.compile(r"^ready(?P<doors>( [a-z-]+=\d+)+)$")
# Linux only; the constant is from linux/prctl.h.
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1
# Settings of whoever runs the tests must not reach the server under test.
SCRUBBED = ("KITH_", "FAISSX_", "FAISS_", "faissx_")


def clean_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(SCRUBBED)}
    return {**kept, **(extra or {})}


@dataclass(frozen=True)
class Refusal:
    """A start that ended by itself."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass
class Kith:
    """One server: a command line, and the process that runs it at the moment.

    The ports of the first start are kept, so that clients which hold an address find a restarted server again.
    """

    arguments: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    ready_line: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> Kith:
        assert self.process is None, "already running"
        process = self._spawn()
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
        deadline = time.monotonic() + READY_SECONDS
        seen: list[str] = []
        while True:
            try:
                line = lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                _end_group(process, signal.SIGKILL)
                raise AssertionError(f"not ready; standard output {seen}; log:\n{self.log_text()[-4000:]}")
            seen.append(line)
            match = READY.match(line)
            if match:
                break
        self.ready_line = line
        self.ports = {door: int(port) for door, port in (p.split("=") for p in match["doors"].split())}
        self.process = process
        return self

    def refuse(self, seconds: float = 60.0) -> Refusal:
        """Starts a command line that must end by itself."""
        process = self._spawn(stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end_group(process, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"went on running; out {out!r}; err {err!r}") from None
        return Refusal(process.returncode, out, err)

    def kill(self) -> None:
        """kill -9: nothing is written, nothing is said."""
        process = self._running()
        self.process = None
        _end_group(process, signal.SIGKILL)

    def stop(self) -> None:
        """The clean stop, which must end with status 0 within its five seconds."""
        process = self._running()
        self.process = None
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _end_group(process, signal.SIGKILL)
            raise AssertionError(f"still running {STOP_SECONDS} s after SIGTERM") from None
        assert status == 0, f"exit status {status} after SIGTERM; log:\n{self.log_text()[-4000:]}"

    def end(self) -> None:
        """For teardown: whatever state it is in."""
        if self.process is not None:
            self.kill()

    def restart_same_ports(self) -> Kith:
        """Starts again where the clients expect it."""
        for door, port in list(self.ports.items()):
            flag = "--port" if "run" in self.arguments[:2] else f"--{door}-port"
            self.arguments = _with_option(self.arguments, flag, str(port))
        return self.start()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def endpoint(self) -> str:
        return f"tcp://127.0.0.1:{self.ports['faissx']}"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.ports['idios']}"

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _running(self) -> subprocess.Popen[str]:
        assert self.process is not None, "not running"
        return self.process

    def _spawn(self, stderr: int | None = None) -> subprocess.Popen[str]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [str(KITH), *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log if stderr is None else stderr,
                env=clean_environment(self.environment),
                cwd=self.log.parent,
                text=True,
                start_new_session=True,
                preexec_fn=_in_the_child,
            )


def serve(
    folder: Path,
    *extra: str,
    data: Path | None = None,
    keys: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
) -> Kith:
    """A server that is not yet started: `data` None keeps everything in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["serve"]
    for flag in ("--faissx-port", "--ahnlich-db-port", "--ahnlich-ai-port", "--idios-port"):
        arguments += [] if flag in extra else [flag, "0"]
    arguments += ["--in-memory"] if data is None else ["--data-dir", str(data)]
    if keys:
        arguments += ["--enable-auth", "--auth-keys", ",".join(f"{k}:{t}" for k, t in keys.items())]
    return Kith([*arguments, *extra], folder / "kith.log", environment or {})


def _with_option(arguments: list[str], flag: str, value: str) -> list[str]:
    if flag in arguments:
        at = arguments.index(flag)
        return [*arguments[: at + 1], value, *arguments[at + 2 :]]
    return [*arguments, flag, value]


def _in_the_child() -> None:
    """A server hears SIGINT, which tests in the background ignore, and ends with tests that are killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _pump(stream, lines: queue.Queue[str | None]) -> None:
    """Reads standard output to its end, so that the server never blocks on a full pipe."""
    for line in stream:
        lines.put(line.rstrip("\n"))
    lines.put(None)


def _end_group(process: subprocess.Popen[str], how: int) -> None:
    """Ends the process and whatever it started; the launcher leads its own process group."""
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        pass
    process.wait(30)
