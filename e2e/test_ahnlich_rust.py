"""The Ahnlich door through Ahnlich's published Rust client: rust/src/suite.rs and rust/src/access.rs, case by case."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

import kith_server
from programs import SUITE_SECONDS, cases, outcomes, passed, run, with_users

RUST = Path(__file__).resolve().parent / "rust"
PROGRAM = str(RUST / "target/debug/kith-client-tests")
BUILD_SECONDS = 480
# The first case waits for the build and for all the others.
pytestmark = pytest.mark.timeout(BUILD_SECONDS + SUITE_SECONDS + 60)


@pytest.fixture(scope="module")
def client() -> None:
    """Builds the suite; once, and again whenever a version or a source changes."""
    if shutil.which("cargo") is None:
        pytest.fail("cargo is missing (Debian: apt-get install cargo-web; elsewhere rustup)", pytrace=False)
    version = run(RUST, "cargo", "--version", seconds=30).stdout
    numbers = re.search(r"(\d+)\.(\d+)", version)
    oldest = tomllib.loads((RUST / "Cargo.toml").read_text())["package"]["rust-version"]
    if numbers is None or tuple(map(int, numbers.groups())) < tuple(map(int, oldest.split("."))):
        pytest.fail(f"{version.strip()} is too old; Ahnlich's Rust client needs {oldest}", pytrace=False)
    made = run(RUST, "cargo", "build", "--quiet", seconds=BUILD_SECONDS)
    if made.returncode != 0:
        pytest.fail(f"cargo build failed: {made.stderr[-4000:]}", pytrace=False)


@pytest.fixture(scope="module")
def open_outcomes(client: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    kith = kith_server.serve(tmp_path_factory.mktemp("rust")).start()
    try:
        found = outcomes(RUST, PROGRAM, str(kith.ports["ahnlich-db"]))
        kith.stop()
        return found
    finally:
        kith.end()


@pytest.fixture(scope="module")
def access_outcomes(client: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    kith = with_users(tmp_path_factory.mktemp("rust-access"))
    try:
        return outcomes(RUST, PROGRAM, str(kith.ports["ahnlich-db"]), "access")
    finally:
        kith.end()


@pytest.mark.parametrize("case", cases(RUST / "src/suite.rs", "pub async fn "))
def test_open(open_outcomes: dict[str, str], case: str) -> None:
    passed(open_outcomes, case)


@pytest.mark.parametrize("case", cases(RUST / "src/access.rs", "pub async fn "))
def test_access(access_outcomes: dict[str, str], case: str) -> None:
    passed(access_outcomes, case)
