"""`kith models` as a person runs it, with stand-ins for real models (e2e/models) and a hub of the test's own."""

from __future__ import annotations

import hashlib
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kith_server import KITH, clean_environment

STAND_INS = KITH.parent / "embed/src/test/resources/models"
MEAN, CLIP = "all-minilm-l12-v2", "clip-vit-b32-text"


class Models:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, hub: str = "") -> subprocess.CompletedProcess[str]:
        extra = {"KITH_MODELS_DIR": str(self.folder)} | ({"KITH_MODELS_FROM": hub} if hub else {})
        return subprocess.run(
            [str(KITH), "models", *arguments], env=clean_environment(extra), cwd=self.folder.parent,
            capture_output=True, text=True, timeout=60, check=False)

    def ok(self, *arguments: str, hub: str = "") -> str:
        done = self.run(*arguments, hub=hub)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str, hub: str = "") -> str:
        done = self.run(*arguments, hub=hub)
        assert done.returncode not in (0, None) and "Exception" not in done.stderr, done.stdout + done.stderr
        return done.stderr


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models")


@pytest.fixture
def hub() -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
    """A hub that redirects to a store, names checksums as hubs do, and cuts its first answer of every file."""
    files: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            name = self.path.removeprefix("/store")
            body = files.get(name)
            if body is None:
                self.send_error(404)
                return
            if not self.path.startswith("/store"):
                self.send_response(302)
                self.send_header("Location", "/store" + self.path)
                self.send_header("X-Linked-Size", str(len(body)))
                self.send_header("X-Linked-ETag", f'"{hashlib.sha256(body).hexdigest()}"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            asked.append(f"{name} {self.headers.get('Range')}")
            start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            self.send_response(206 if start else 200)
            self.send_header("ETag", '"1"')
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start:] if start else body[: len(body) // 2])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", files, asked
    server.shutdown()
    server.server_close()


def test_models_added_listed_checked_removed(models: Models) -> None:
    listed = models.ok("list").splitlines()
    assert any(line.split()[0] == "all-minilm-l6-v2" and "shipped" in line for line in listed)
    assert any(line.split()[0] == "vit_b32" and "image,text" in line and "installed" not in line for line in listed)
    assert "model all-minilm-l6-v2 works: 1 vectors of 384" in models.ok("check", "all-minilm-l6-v2")
    assert "model efficientnet-lite0 works: 1 vectors of 1280" in models.ok("check", "efficientnet-lite0")
    assert "is not installed; run: kith models pull vit_b32" in models.refused("check", "vit_b32")

    models.ok("add", str(STAND_INS / MEAN))
    assert any(MEAN in line and "installed" in line for line in models.ok("list").splitlines())
    assert f"model {MEAN} works" in models.ok("check", "ALL_MINI_LM_L12_V2")
    network = models.folder / MEAN / "model.onnx"
    network.write_bytes(network.read_bytes()[:-1])
    assert "is damaged: model.onnx has" in models.refused("check", MEAN)
    models.ok("remove", MEAN)
    for broken in ("model.json", "receipt.json"):
        models.ok("add", str(STAND_INS / MEAN))
        (models.folder / MEAN / broken).write_text("{")
        models.ok("remove", MEAN)
        assert os.listdir(models.folder) == []
    assert "is not in the folder of models" in models.refused("remove", MEAN)
    # The same of a model that no list of ours names.
    own = models.folder / "own"
    own.mkdir()
    assert "model own is damaged: " in models.refused("check", "own")
    assert "model own is removed" in models.ok("remove", "own")
    assert "there is no model ../x" in models.refused("remove", "../x")
    assert os.listdir(models.folder) == []


def test_models_pull_goes_on_where_it_was_cut(models: Models, hub: tuple[str, dict[str, bytes], list[str]]) -> None:
    address, files, asked = hub
    place = "/deven96/clip-ViT-B-32-text/resolve/main/"
    assert "the server answered 404" in models.refused("pull", CLIP, hub=address)
    for name in ("model.onnx", "tokenizer.json"):
        files[place + name] = (STAND_INS / CLIP / name).read_bytes()
    assert f"model {CLIP} is installed" in models.ok("pull", CLIP, hub=address)
    half = len(files[place + "model.onnx"]) // 2
    assert asked[:2] == [f"{place}model.onnx None", f"{place}model.onnx bytes={half}-"]
    assert f"model {CLIP} works: 1 vectors of 512" in models.ok("check", CLIP)
    assert "neither https:" in models.refused("pull", MEAN, hub="http://example.org")
