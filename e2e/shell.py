"""Runs ./kith shell and ./kith import ahnlich as people and scripts do: with arguments, standard input and exit codes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import kith_server
from kith_server import KITH, Kith

# A start of the JVM takes about a second; a machine that also builds takes longer.
SECONDS = 120.0


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def replies(self) -> list[dict]:
        """What --json printed."""
        return [json.loads(line) for line in self.out.splitlines()]


def kith(*arguments: str | Path, stdin: str = "", environment: dict[str, str] | None = None) -> Ended:
    done = subprocess.run(
        [str(KITH), *map(str, arguments)],
        input=stdin.encode(),
        capture_output=True,
        timeout=SECONDS,
        env=kith_server.clean_environment(environment),
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def shell(server: Kith, *arguments: str | Path, stdin: str = "", environment: dict[str, str] | None = None) -> Ended:
    port = str(server.ports["ahnlich-db"])
    return kith("shell", "--port", port, *arguments, stdin=stdin, environment=environment)


def json_of(server: Kith, *lines: str) -> list[dict]:
    """The replies to the lines, which must all be run."""
    ended = shell(server, "--json", "--no-interactive", stdin="\n".join(lines))
    assert ended.status == 0, ended
    return ended.replies


def import_ahnlich(server: Kith, file: Path, *arguments: str) -> Ended:
    return kith("import", "ahnlich", file, "--port", str(server.ports["ahnlich-db"]), *arguments)
