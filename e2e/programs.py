"""Suites in other languages: programs that run cases against a server and print one line for each."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from kith_server import Kith
from test_ahnlich_access import ALICE, BOB

SUITE_SECONDS = 240


def cases(source: Path, beginning: str) -> list[str]:
    """The functions of a source file that are cases: those whose line begins so."""
    return re.findall(rf"^{re.escape(beginning)}(\w+)\(", source.read_text(), re.MULTILINE)


def run(folder: Path, *command: str, seconds: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)


def outcomes(folder: Path, *command: str) -> dict[str, str]:
    """What the program said of each case: nothing where it was passed, else why it was not."""
    done = run(folder, *command, seconds=SUITE_SECONDS)
    said = {}
    for line in done.stdout.splitlines():
        word, name, *why = line.split(" ", 2)
        said[name] = "" if word == "ok" else " ".join(why) or word
    assert said, f"no case ran: {done.stderr[-2000:]}"
    return said


def passed(outcomes: dict[str, str], case: str) -> None:
    why = outcomes.get(case, "did not run")
    if why:
        pytest.fail(f"{case}: {why}", pytrace=False)


def with_users(folder: Path, *more: str) -> Kith:
    """A server that knows alice and bob."""
    digests = {name: hashlib.sha256(key.encode()).hexdigest() for name, key in (("alice", ALICE), ("bob", BOB))}
    lines = "".join(f'{name} = "{digest}"\n' for name, digest in digests.items())
    (folder / "auth.toml").write_text(f"[users]\n{lines}[security]\nmin_key_length = 10\n")
    users = ("--enable-auth", "--auth-config", str(folder / "auth.toml"))
    return Kith(["ahnlich-db", "run", "--port", "0", *users, *more], folder / "kith.log").start()
