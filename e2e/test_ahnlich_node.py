"""The Ahnlich door through the libraries of Ahnlich's Node client: node/suite.mjs and node/access.mjs, case by case.

npm has no package of the client itself. What it consists of is there: Connect's gRPC transport and the generators of
its message classes, here in its versions and fed with the `.proto` files of `wire/`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import kith_server
from kith_server import Kith
from test_ahnlich_access import ALICE, BOB, TLS

NODE = Path(__file__).resolve().parent / "node"
PROTOCOL = NODE.parent.parent / "wire/src/main/protobuf"
STAMP = NODE / "generated/.made-from.sha256"
OLDEST_NODE = 18
INSTALL_SECONDS = 240
SUITE_SECONDS = 240
# The first case waits for the installation and for all the others.
pytestmark = pytest.mark.timeout(2 * INSTALL_SECONDS + SUITE_SECONDS + 60)


def cases(module: str) -> list[str]:
    return re.findall(r"^export async function (\w+)\(", (NODE / module).read_text(), re.MULTILINE)


def run(*command: str, seconds: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def client() -> None:
    """Installs and generates what the suites import, once and again whenever the versions or the protocol change."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            pytest.fail(f"{tool} is missing (Debian, Ubuntu: apt-get install nodejs npm)", pytrace=False)
    version = run("node", "--version", seconds=30).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        pytest.fail(f"Node {version} is too old; the tests of Ahnlich's Node client need {OLDEST_NODE}", pytrace=False)
    sources = [NODE / "package.json", NODE / "buf.gen.yaml", *sorted(PROTOCOL.rglob("*.proto"))]
    wanted = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    npm = ("npm", "--silent", "--no-audit", "--no-fund")
    for step in ((*npm, "install", "--no-package-lock", "--ignore-scripts"), (*npm, "run", "generate")):
        made = run(*step, seconds=INSTALL_SECONDS)
        if made.returncode != 0:
            pytest.fail(f"{' '.join(step)} failed: {made.stdout}{made.stderr}", pytrace=False)
    STAMP.write_text(wanted)


def outcomes(*arguments: str) -> dict[str, str]:
    """What the suite said of each case: nothing where it was passed, else why it was not."""
    done = run("node", "run.mjs", *arguments, seconds=SUITE_SECONDS)
    said = {}
    for line in done.stdout.splitlines():
        word, name, *why = line.split(" ", 2)
        said[name] = "" if word == "ok" else " ".join(why) or word
    assert said, f"no case ran: {done.stderr[-2000:]}"
    return said


@pytest.fixture(scope="module")
def open_outcomes(client: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    kith = kith_server.serve(tmp_path_factory.mktemp("node")).start()
    try:
        found = outcomes(str(kith.ports["ahnlich-db"]))
        kith.stop()
        return found
    finally:
        kith.end()


@pytest.fixture(scope="module")
def access_outcomes(client: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("node-access")
    digests = {name: hashlib.sha256(key.encode()).hexdigest() for name, key in (("alice", ALICE), ("bob", BOB))}
    lines = "".join(f'{name} = "{digest}"\n' for name, digest in digests.items())
    (folder / "auth.toml").write_text(f"[users]\n{lines}[security]\nmin_key_length = 10\n")
    users = ("--enable-auth", "--auth-config", str(folder / "auth.toml"))
    kith = Kith(["ahnlich-db", "run", "--port", "0", *users, *TLS], folder / "kith.log").start()
    try:
        return outcomes(str(kith.ports["ahnlich-db"]), TLS[1])
    finally:
        kith.end()


def passed(outcomes: dict[str, str], case: str) -> None:
    why = outcomes.get(case, "did not run")
    if why:
        pytest.fail(f"{case}: {why}", pytrace=False)


@pytest.mark.parametrize("case", cases("suite.mjs"))
def test_open(open_outcomes: dict[str, str], case: str) -> None:
    passed(open_outcomes, case)


@pytest.mark.parametrize("case", cases("access.mjs"))
def test_access(access_outcomes: dict[str, str], case: str) -> None:
    passed(access_outcomes, case)
