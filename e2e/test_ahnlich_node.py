"""The Ahnlich door through the libraries of Ahnlich's Node client: node/suite.mjs and node/access.mjs, case by case.

npm has no package of the client itself. What it consists of is there: Connect's gRPC transport and the generators of
its message classes, here in its versions and fed with the `.proto` files of `wire/`.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

import kith_server
from programs import SUITE_SECONDS, cases, outcomes, passed, run, with_users
from test_ahnlich_access import TLS

NODE = Path(__file__).resolve().parent / "node"
PROTOCOL = NODE.parent.parent / "wire/src/main/protobuf"
STAMP = NODE / "generated/.made-from.sha256"
OLDEST_NODE = 18
INSTALL_SECONDS = 240
RUN = ("node", "run.mjs")
EXPORTED = "export async function "
# The first case waits for the installation and for all the others.
pytestmark = pytest.mark.timeout(2 * INSTALL_SECONDS + SUITE_SECONDS + 60)


@pytest.fixture(scope="module")
def client() -> None:
    """Installs and generates what the suites import, once and again whenever the versions or the protocol change."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            pytest.fail(f"{tool} is missing (Debian, Ubuntu: apt-get install nodejs npm)", pytrace=False)
    version = run(NODE, "node", "--version", seconds=30).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        pytest.fail(f"Node {version} is too old; the tests of Ahnlich's Node client need {OLDEST_NODE}", pytrace=False)
    sources = [NODE / "package.json", NODE / "buf.gen.yaml", *sorted(PROTOCOL.rglob("*.proto"))]
    wanted = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    npm = ("npm", "--silent", "--no-audit", "--no-fund")
    for step in ((*npm, "install", "--no-package-lock", "--ignore-scripts"), (*npm, "run", "generate")):
        made = run(NODE, *step, seconds=INSTALL_SECONDS)
        if made.returncode != 0:
            pytest.fail(f"{' '.join(step)} failed: {made.stdout}{made.stderr}", pytrace=False)
    STAMP.write_text(wanted)


@pytest.fixture(scope="module")
def open_outcomes(client: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    kith = kith_server.serve(tmp_path_factory.mktemp("node")).start()
    try:
        found = outcomes(NODE, *RUN, str(kith.ports["ahnlich-db"]))
        kith.stop()
        return found
    finally:
        kith.end()


@pytest.fixture(scope="module")
def access_outcomes(client: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    kith = with_users(tmp_path_factory.mktemp("node-access"), *TLS)
    try:
        return outcomes(NODE, *RUN, str(kith.ports["ahnlich-db"]), TLS[1])
    finally:
        kith.end()


@pytest.mark.parametrize("case", cases(NODE / "suite.mjs", EXPORTED))
def test_open(open_outcomes: dict[str, str], case: str) -> None:
    passed(open_outcomes, case)


@pytest.mark.parametrize("case", cases(NODE / "access.mjs", EXPORTED))
def test_access(access_outcomes: dict[str, str], case: str) -> None:
    passed(access_outcomes, case)
