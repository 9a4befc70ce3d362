"""The Idios door over real sockets, with images fetched from a host on this machine: what is beyond the cases of
test_idios_cases.

Where a joint model of text and images is needed, `vit_b32` is a stand-in with the structure of CLIP ViT-B/32 and random
weights (models/make_models.py): vectors are as long and as normalised as the real ones, but mean nothing.
"""

from __future__ import annotations

import http.client
import json
import math
import re
import resource
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kith_server
import pictures
from idios import JSON, ask, stand_in_models
from kith_server import Kith

M = "/models/vit_b32"


def post(kith: Kith, operation: str, body: Any = None, model: str = M) -> tuple[int, Any]:
    return ask(kith, "POST", f"{model}/{operation}", body)


def count(kith: Kith, model: str = M) -> int:
    status, number = ask(kith, "GET", f"{model}/count")
    assert status == 200 and isinstance(number, int)
    return number


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stand_in_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Kith]:
    folder = tmp_path_factory.mktemp("idios")
    kith = kith_server.serve(
        folder, "--models-dir", str(models), "--allow-fetch", "127.0.0.0/8", data=folder / "data"
    ).start()
    yield kith
    kith.stop()


@pytest.fixture
def idios(shared: Kith) -> Iterator[Kith]:
    yield shared
    assert shared.alive(), shared.log_text()[-4000:]
    while urls := post(shared, "urls", {"limit": 1000})[1]:
        for url in urls:
            assert post(shared, "remove", {"url": url}) == (204, "")



def test_the_script_of_the_makefile(idios: Kith, host: pictures.Host) -> None:
    url = host.url("1.png")
    assert post(idios, "urls") == (200, [])
    assert post(idios, "add", {"url": url, "metadata": {"z": 1, "a": [2.5, "ü", None]}}) == (204, "")
    assert post(idios, "urls") == (200, [url])
    status, found = post(idios, "search", {"url": url})
    assert status == 200 and [match["url"] for match in found] == [url]
    assert found[0]["similarity"] == pytest.approx(100, abs=1e-3) and found[0]["similarity"] <= 100
    assert list(found[0]) == ["url", "metadata", "similarity"] and list(found[0]["metadata"]) == ["z", "a"]
    status, found = post(idios, "search", {"text": "a cute colorful cat"})
    assert status == 200 and len(found) == 1 and 0 <= found[0]["similarity"] <= 100
    status, score = post(idios, "compare", {"url": url, "other": url})
    assert status == 200 and score == pytest.approx(100, abs=1e-3)
    assert count(idios) == 1
    assert post(idios, "search_add", {"url": url}) == (409, {"detail": "Image already inserted"})
    assert post(idios, "remove", {"url": url}) == (204, "")
    assert count(idios) == 0





def test_readding_replaces_metadata_and_vector(idios: Kith, host: pictures.Host) -> None:
    url = host.url("5.png")
    for metadata in ({"first": 1}, None, {"third": {"b": 1, "a": 2}}):
        assert post(idios, "add", {"url": url, "metadata": metadata}) == (204, "")
        assert post(idios, "dump")[1][0]["metadata"] == metadata
    assert count(idios) == 1



def test_wrong_restores_store_nothing(idios: Kith) -> None:
    def entry(url: str, embedding: Any) -> dict[str, Any]:
        return {"url": url, "embedding": embedding}

    good = entry("http://a.example/1", [0.5] * 512)
    for bad, status in (
        (entry("http://a.example/2", [0.5] * 511), 422),
        (entry("http://a.example/2", [0.5] * 511 + ["x"]), 422),
        (entry("nowhere", [0.5] * 512), 422),
        ({"url": "http://a.example/2"}, 422),
        (7, 422),
    ):
        assert post(idios, "restore", [good, bad])[0] == status
        assert count(idios) == 0
    raw = json.dumps([good]).encode()
    for cut in (1, len(raw) // 2, len(raw) - 1):
        assert ask(idios, "POST", f"{M}/restore", raw[:cut])[0] == 422
    assert ask(idios, "POST", f"{M}/restore", raw.replace(b"0.5", b"NaN", 1))[0] == 422
    assert count(idios) == 0


def test_metadata_limit(idios: Kith, host: pictures.Host) -> None:
    for length, status in ((65535, 204), (65536, 422)):
        metadata = {"k": "x" * (length - len(json.dumps({"k": ""})))}
        answer = post(idios, "add", {"url": host.url("1.png"), "metadata": metadata})
        assert answer[0] == status
    problem = answer[1]["detail"][0]
    assert problem["msg"] == "metadata json too long (65536 > 65535)"
    assert problem["loc"] == ["body", "metadata"] and problem["type"] == "value_error.metadata_json_too_long"



def test_unknown_path_and_method(idios: Kith) -> None:
    assert ask(idios, "GET", "/none") == (404, {"detail": "Not Found"})
    assert ask(idios, "GET", f"{M}/add") == (405, {"detail": "Method Not Allowed"})


def test_files_are_added_and_searched(idios: Kith) -> None:
    picture = pictures.png(200, 7)
    kind = {"Content-Type": "image/png"}
    url = "http://pictures.example/7"
    assert ask(idios, "POST", f"{M}/add_file?url={url}", picture, kind) == (204, "")
    status, found = ask(idios, "POST", f"{M}/search_file?limit=3", picture, kind)
    assert status == 200 and found[0]["url"] == url and found[0]["similarity"] == pytest.approx(100, abs=1e-3)
    assert ask(idios, "POST", f"{M}/search_file", b"not a picture", kind)[0] == 422


def test_a_slow_host_holds_up_nobody_else(idios: Kith, host: pictures.Host) -> None:
    host.release.clear()
    slow = [
        threading.Thread(target=post, args=(idios, "add", {"url": host.url(f"slow/{i}.png")})) for i in range(10)
    ]
    for thread in slow:
        thread.start()
    while sum(path.startswith("/slow/") for path in host.asked) < len(slow):
        time.sleep(0.01)
    for i in range(5):
        assert post(idios, "add", {"url": host.url(f"{i}.png")}) == (204, "")
        assert post(idios, "search", {"url": host.url(f"{i}.png")})[0] == 200
        assert ask(idios, "GET", "/ping")[0] == 200
    assert count(idios) == 5
    host.release.set()
    for thread in slow:
        thread.join(60)
    assert count(idios) == 15


def test_everything_survives_kill(tmp_path: Path, models: Path, host: pictures.Host) -> None:
    kith = kith_server.serve(
        tmp_path / "server",
        "--models-dir",
        str(models),
        "--allow-fetch",
        "127.0.0.0/8",
        data=tmp_path / "data",
    ).start()
    try:
        for i in range(3):
            assert post(kith, "add", {"url": host.url(f"{i}.png"), "metadata": {"i": i}}) == (204, "")
        before = post(kith, "dump")
        kith.kill()
        kith.restart_same_ports()
        assert post(kith, "dump") == before
        kith.stop()
    finally:
        kith.end()


def test_model_that_is_not_installed(server: Kith) -> None:
    assert post(server, "search", {"text": "words"}) == (
        503,
        {
            "detail": [
                {"msg": "model vit_b32 is not installed; run: kith models pull vit_b32", "type": "server_error"}
            ]
        },
    )
    status, listed = ask(server, "GET", "/models")
    assert status == 200 and listed[0]["name"] == "vit_b32" and listed[0]["installed"] is False
    for model in listed[1:]:
        assert model["installed"] and count(server, f"/models/{model['name']}") == 0


def test_without_a_key_there_are_pages_alone(tmp_path: Path) -> None:
    kith = kith_server.serve(tmp_path / "server", keys={"a": "ann"}).start()
    try:
        for path in ("/", "/docs", "/assets/main.js", "/healthz", "/readyz"):
            assert ask(kith, "GET", path, None, {})[0] == 200
        for path in ("/openapi.json", "/models", "/metrics", "/ping", f"{M}/count", f"{M}/dump"):
            assert ask(kith, "GET", path, None, {})[0] == 401
        kith.stop()
    finally:
        kith.end()


def test_documentation_is_offline(server: Kith) -> None:
    status, description = ask(server, "GET", "/openapi.json")
    assert status == 200 and description["openapi"] == "3.0.2"
    assert description["info"]["title"] == "Idios" and description["info"]["version"] == "0.1.0"
    assert "vit_b32" in description["components"]["schemas"]["ModelName"]["enum"]
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect", "/"):
        status, page = ask(server, "GET", path)
        assert status == 200 and not re.search(r"""(?:src|href|action|url)\s*[=(]\s*["']?(?:https?:)?//""", page), path


@pytest.mark.alone
def test_thousands_of_slow_connections_keep_nobody_out(server: Kith) -> None:
    port = server.ports["idios"]
    slow: list[socket.socket] = []
    # Both processes need a file for each, and the server takes the hard limit by itself.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        for _ in range(min(10_000, hard - 500)):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            # Reset when closed: thousands of ports that linger would be missing where a server starts again on its own.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\nX: ")
            slow.append(connection)
        for _ in range(20):
            assert ask(server, "GET", "/ping") == (200, "pong")
    finally:
        for connection in slow:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert ask(server, "GET", "/readyz")[0] == 200


def test_https_with_the_certificates_of_the_grpc_doors(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parent.parent / "doors/src/test/resources/dev/kith/doors/grpc"
    certificate = folder / "ec-cert.pem"
    kith = kith_server.serve(
        tmp_path / "server", "--tls-cert", str(certificate), "--tls-key", str(folder / "ec-sec1.pem")
    ).start()
    try:
        trust = ssl.create_default_context(cafile=str(certificate))
        trust.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", kith.ports["idios"], timeout=20, context=trust)
        for _ in range(2):
            connection.request("GET", "/ping")
            assert connection.getresponse().read() == b'"pong"'
        connection.close()
        kith.stop()
    finally:
        kith.end()
