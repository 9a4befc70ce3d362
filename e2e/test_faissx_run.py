"""`kith faissx run`: the original's command line and environment, taken as they are."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kith_server import Kith
from oracle import gaussian
from raw import Raw

Start = Callable[..., Kith]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Start]:
    """run("--flag", …, VARIABLE="…") starts it on a free port of the loopback address unless told otherwise."""
    started: list[Kith] = []

    def start(*flags: str, **environment: str) -> Kith:
        kith = prepare(tmp_path, *flags, **environment)
        started.append(kith)
        return kith.start()

    yield start
    for kith in started:
        kith.end()


def prepare(tmp_path: Path, *flags: str, **environment: str) -> Kith:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    named = {name.split("_", 1)[1] for name in environment}
    usual = [] if "--port" in flags or "PORT" in named else ["--port", "0"]
    usual += [] if "--bind-address" in flags or "BIND_ADDRESS" in named else ["--bind-address", "127.0.0.1"]
    return Kith(["faissx", "run", *usual, *flags], home / "kith.log", environment)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_run_opens_only_this_door(run: Start) -> None:
    kith = run()
    assert re.fullmatch(r"ready faissx=\d+", kith.ready_line)
    with Raw(kith.endpoint) as raw:
        raw.create("index", 4)
        raw.ok("add_vectors", index_id="index", vectors=gaussian(3, 4, 1).tolist())
    kith.stop()


def test_run_takes_every_option(run: Start, tmp_path: Path) -> None:
    port = free_port()
    flags = ["--port", str(port), "--bind-address", "127.0.0.1", "--data-dir", str(tmp_path / "data")]
    for level in ("WARNING", "debug"):
        kith = run(*flags, "--enable-auth", "--auth-keys", "k1:t1, k2 : t2", "--log-level", level)
        assert kith.ports == {"faissx": port}
        with Raw(kith.endpoint, "k2") as raw:
            if level == "WARNING":
                raw.create("kept", 4)
                raw.ok("add_vectors", index_id="kept", vectors=gaussian(3, 4, 1).tolist())
            else:
                assert raw.counts() == {"kept": 3}
        with Raw(kith.endpoint) as raw:
            assert raw.error("list_indexes") == "API key required"
        kith.stop()


def test_run_without_folder_keeps_nothing(run: Start) -> None:
    kith = run()
    with Raw(kith.endpoint) as raw:
        raw.create("gone", 4)
        kith.stop()
        kith.restart_same_ports()
        assert raw.listing() == {}


@pytest.mark.parametrize("prefix", ["FAISSX", "FAISS"])
@pytest.mark.parametrize("yes", ["true", "1", "YES", "on"])
def test_run_reads_every_variable(run: Start, tmp_path: Path, prefix: str, yes: str) -> None:
    port = free_port()
    environment = {
        "PORT": str(port), "BIND_ADDRESS": "127.0.0.1", "DATA_DIR": str(tmp_path / "data"), "ENABLE_AUTH": yes,
        "AUTH_KEYS": "env-key:env-tenant",
    }  # fmt: skip
    kith = run(**{f"{prefix}_{name}": value for name, value in environment.items()})
    assert kith.ports == {"faissx": port}
    with Raw(kith.endpoint, "env-key") as raw:
        raw.create("index", 4)
        assert raw.map({"action": "list_indexes"})["error"] == "API key required"
    kith.stop()
    assert any((tmp_path / "data").iterdir())


def test_run_reads_the_other_name_of_the_keys(run: Start) -> None:
    kith = run(FAISS_API_KEYS="k:t", FAISS_ENABLE_AUTH="true")
    with Raw(kith.endpoint, "k") as raw:
        assert raw.listing() == {}
    with Raw(kith.endpoint, "other") as raw:
        assert raw.error("list_indexes") == "Invalid API key"


def test_run_reads_the_key_file(run: Start, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"test-key-1": "tenant-1", "admin-key": "admin"}))
    for flags, environment in (
        (["--enable-auth", "--auth-file", str(tmp_path / "keys.json")], {}),
        ([], {"FAISSX_ENABLE_AUTH": "1", "FAISSX_AUTH_FILE": str(tmp_path / "keys.json")}),
        ([], {"FAISS_ENABLE_AUTH": "1", "FAISS_AUTH_FILE": str(tmp_path / "keys.json")}),
    ):
        kith = run(*flags, **environment)
        with Raw(kith.endpoint, "admin-key") as raw:
            assert raw.listing() == {}
        with Raw(kith.endpoint, "other") as raw:
            assert raw.error("list_indexes") == "Invalid API key"
        kith.end()


def test_run_options_go_before_variables(run: Start, tmp_path: Path) -> None:
    port, other = free_port(), free_port()
    kith = run(
        "--port", str(port), "--data-dir", str(tmp_path / "flag"), "--enable-auth", "--auth-keys", "flag:t",
        FAISSX_PORT=str(other), FAISSX_DATA_DIR=str(tmp_path / "variable"), FAISSX_AUTH_KEYS="variable:t",
    )  # fmt: skip
    assert kith.ports == {"faissx": port}
    with Raw(kith.endpoint, "flag") as raw:
        raw.create("index", 4)
    with Raw(kith.endpoint, "variable") as raw:
        assert raw.error("list_indexes") == "Invalid API key"
    assert (tmp_path / "flag").exists() and not (tmp_path / "variable").exists()


def test_run_auth_switched_off_by_variable(run: Start) -> None:
    kith = run(FAISSX_ENABLE_AUTH="false")
    with Raw(kith.endpoint) as raw:
        assert raw.listing() == {}


def test_run_default_address_is_everywhere_with_a_warning(tmp_path: Path) -> None:
    kith = prepare(tmp_path, "--bind-address", "0.0.0.0")
    kith.arguments = ["faissx", "run", "--port", "0"]
    try:
        kith.start()
        with Raw(kith.endpoint) as raw:
            raw.ping()
        assert "authentication" in kith.log_text()
        kith.stop()
    finally:
        kith.end()


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (["--enable-auth"], {}),
        (["--auth-keys", "k:t"], {}),
        (["--enable-auth", "--auth-keys", "k:t", "--auth-file", "f.json"], {}),
        ([], {"FAISSX_ENABLE_AUTH": "true"}),
        ([], {"FAISSX_AUTH_KEYS": "k:t"}),
        (["--log-level", "LOUD"], {}),
        (["--no-such-option"], {}),
        (["--port", "99999"], {}),
    ],
    ids=str,
)
def test_run_refuses_what_makes_no_sense(tmp_path: Path, flags: list[str], environment: dict[str, str]) -> None:
    refusal = prepare(tmp_path, *flags, **environment).refuse()
    assert refusal.status > 0 and "ready" not in refusal.out
    assert refusal.err.strip() and "\tat " not in refusal.err


def test_run_on_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refusal = prepare(tmp_path, "--port", str(port)).refuse()
    assert refusal.status > 0 and str(port) in refusal.err and "\tat " not in refusal.err
