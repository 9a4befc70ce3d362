"""What is seen from outside: health, metrics, the ready line, logs, start and stop, refusals."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

import kith_server
from conftest import KEYS
from kith_server import Kith
from oracle import gaussian
from raw import Raw

D = 4


def get(kith: Kith, path: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
    """Status, content type, body."""
    connection = http.client.HTTPConnection("127.0.0.1", kith.ports["idios"], timeout=10)
    try:
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        return response.status, response.getheader("Content-Type", ""), response.read().decode()
    finally:
        connection.close()


def test_ready_line_names_exactly_what_listens(launch: Callable[..., Kith]) -> None:
    flags = ["--ahnlich-db-port", "0", "--ahnlich-ai-port", "0", "--vectorflow-port", "0"]
    kith = launch(*flags)
    assert re.fullmatch(r"ready faissx=\d+ ahnlich-db=\d+ ahnlich-ai=\d+ idios=\d+", kith.ready_line)
    for port in kith.ports.values():
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_health_needs_no_key(launch: Callable[..., Kith]) -> None:
    for keys in (None, KEYS):
        kith = launch(keys=keys)
        for path in ("/healthz", "/readyz"):
            assert get(kith, path)[0] == 200
            assert get(kith, path, Authorization="Bearer wrong")[0] == 200


def test_metrics_need_the_key_when_there_are_keys(launch: Callable[..., Kith]) -> None:
    kith = launch(keys=KEYS)
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "key-of-one"},
        {"Authorization": "Bearer "},
    ):
        status, _, body = get(kith, "/metrics", **headers)
        assert status == 401 and "kith" not in body.replace("Kith", "")
    assert get(kith, "/metrics", Authorization="Bearer key-of-one")[0] == 200


SAMPLE = re.compile(r"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}]*\})? [-+0-9.eEinfNa]+( \d+)?$")


def test_metrics_are_readable_and_tell_what_serves(server: Kith, raw: Raw) -> None:
    raw.create("seen", D, "HNSW16")
    raw.ok("add_vectors", index_id="seen", vectors=gaussian(5, D, 1).tolist())
    raw.error("search", index_id="missing", query_vectors=[[0.0] * D])
    status, kind, body = get(server, "/metrics")
    assert status == 200 and kind.startswith("text/plain")
    samples = [line for line in body.splitlines() if line and not line.startswith("#")]
    assert samples and all(SAMPLE.match(line) for line in samples), [s for s in samples if not SAMPLE.match(s)]
    assert any("served_by" in line and '"exact"' in line for line in samples)
    assert len({line.rsplit(" ", 1)[0] for line in samples}) == len(samples), "a series comes twice"


def test_foreign_host_header_is_refused(server: Kith) -> None:
    port = server.ports["idios"]
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example"):
        assert get(server, "/metrics", Host=host)[0] in (400, 403, 421), host
    for host in ("localhost", f"localhost:{port}", "127.0.0.1", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert get(server, "/metrics", Host=host)[0] == 200, host


def test_unknown_routes_and_methods_are_refused(server: Kith) -> None:
    for path in ("/nope", "/metrics/../healthz/x", "/%2e%2e/etc/passwd", "/healthz%00", "/metricsx", "//metrics/x"):
        assert get(server, path)[0] in (400, 404), path
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert get(server, "/healthz", method)[0] in (404, 405), method
    assert get(server, "/healthz")[0] == 200


RAW_HTTP = [
    b"\x00" * 1000,
    b"GET\r\n\r\n",
    b"GET /healthz HTTP/9.9\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n" + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n" + b"".join(b"H%d: 1\r\n" % i for i in range(100_000)) + b"\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nzz\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /models/vit_b32/add HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /models/vit_b32/add HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: a b\r\nX\0Y: 1\r\n\r\n",
    b"GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]


def test_broken_http_leaves_the_server_and_its_log_well(server: Kith) -> None:
    before = len(server.log_text())
    for request in RAW_HTTP:
        with socket.create_connection(("127.0.0.1", server.ports["idios"]), timeout=10) as connection:
            connection.settimeout(0.5)
            try:
                connection.sendall(request)
                connection.recv(1000)
            except OSError:
                pass
        assert get(server, "/healthz")[0] == 200
    assert server.alive()
    assert "jetty" not in server.log_text()[before:]


@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
def test_clean_stop_with_clients_connected(launch: Callable[..., Kith], tmp_path: Path, on_disk: bool) -> None:
    kith = launch(data=tmp_path / "data" if on_disk else None)
    with Raw(kith.endpoint) as raw:
        raw.create("index", D)
        raw.ok("add_vectors", index_id="index", vectors=gaussian(100, D, 1).tolist())
        kith.stop()
        for port in kith.ports.values():
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1)
        kith.restart_same_ports()
        assert raw.counts() == ({"index": 100} if on_disk else {})
        kith.stop()


def test_second_process_on_the_folder_is_refused(launch: Callable[..., Kith], tmp_path: Path) -> None:
    kith = launch(data=tmp_path / "data")
    with Raw(kith.endpoint) as raw:
        raw.create("index", D)
        refusal = kith_server.serve(tmp_path / "second", data=tmp_path / "data").refuse()
        assert refusal.status > 0 and "ready" not in refusal.out
        assert one_line_about(refusal.err, str(tmp_path / "data"))
        assert raw.counts() == {"index": 0}
        kith.stop()
    launch(data=tmp_path / "data").stop()


@pytest.mark.parametrize("door", ["faissx", "ahnlich-db", "idios"])
def test_taken_port_is_refused(tmp_path: Path, door: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refusal = kith_server.serve(tmp_path / "server", f"--{door}-port", str(port)).refuse()
    assert refusal.status > 0 and "ready" not in refusal.out
    assert one_line_about(refusal.err, str(port))


def one_line_about(text: str, what: str) -> bool:
    """Whether one line names the thing, and no stack trace buries it."""
    assert "\tat " not in text, text
    assert sum(what in line for line in text.splitlines()) == 1, text
    return True


FLAGS = [
    ["--bind", "0.0.0.0"],
    ["--bind", "::"],
    ["--no-such-flag"],
    ["--faissx-port", "70000"],
    ["--faissx-port", "-1"],
    ["--faissx-port", "many"],
    ["--log-level", "LOUD"],
    ["--bind", "not an address"],
    ["--doors", "faissx,nonsense"],
    ["--data-dir"],
    ["extra-word"],
]


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_bad_command_line_is_refused(tmp_path: Path, flags: list[str]) -> None:
    refusal = kith_server.serve(tmp_path / "server", *flags).refuse()
    assert refusal.status > 0 and "ready" not in refusal.out
    assert refusal.err.strip() and "\tat " not in refusal.err, refusal.err


@pytest.mark.parametrize("flags", [["--insecure"], ["--enable-auth", "--auth-keys", "k:t"]], ids=" ".join)
def test_open_address_is_served_when_asked_for(launch: Callable[..., Kith], flags: list[str]) -> None:
    kith = launch("--bind", "0.0.0.0", *flags)
    with Raw(kith.endpoint) as raw:
        raw.ping()
    if "--insecure" in flags:
        assert "insecure" in kith.log_text().lower() or "authentication" in kith.log_text().lower()


def test_environment_sets_what_flags_do_not(tmp_path: Path) -> None:
    environment = {"KITH_DATA_DIR": str(tmp_path / "from-environment"), "KITH_BIND": "127.0.0.1"}
    kith = kith_server.serve(tmp_path / "server", environment=environment)
    kith.arguments.remove("--in-memory")
    try:
        kith.start()
        with Raw(kith.endpoint) as raw:
            raw.create("index", D)
        assert any((tmp_path / "from-environment").iterdir())
        kith.stop()
    finally:
        kith.end()


def test_log_file_and_level(launch: Callable[..., Kith], tmp_path: Path) -> None:
    sizes = {}
    for level in ("DEBUG", "info", "ERROR"):
        log = tmp_path / f"{level}.log"
        kith = launch("--log-level", level, "--log-file", str(log))
        with Raw(kith.endpoint) as raw:
            raw.create("index", D)
        kith.stop()
        sizes[level] = log.stat().st_size if log.exists() else 0
    assert sizes["DEBUG"] >= sizes["info"] > sizes["ERROR"]
