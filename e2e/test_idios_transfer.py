"""kith export idios and kith import idios against the packaged server, and what its fetcher refuses."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import kith_server
from kith_server import KITH, Kith

MODEL = "/models/vit_b32"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kith]:
    """A server of these tests alone, since they count what it holds."""
    kith = kith_server.serve(tmp_path_factory.mktemp("transfer")).start()
    yield kith
    kith.end()


def post(kith: Kith, path: str, body: object) -> tuple[int, object]:
    request = urllib.request.Request(
        f"{kith.http}{path}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def kith(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(KITH), *arguments], capture_output=True, text=True, timeout=120, check=False,
        env=kith_server.clean_environment())


def entry(number: int) -> dict[str, object]:
    vector = [0.0] * 512
    vector[number] = 0.6
    vector[number + 1] = 0.8
    metadata = None if number % 3 == 0 else {"z": number, "a": {"ü": [1.5, None]}}
    return {"url": f"https://img.example.net/{number:04d}.png", "metadata": metadata, "embedding": vector}


def test_export_and_import_bring_a_collection_back_as_it_was(server: Kith, tmp_path: Path) -> None:
    assert post(server, f"{MODEL}/restore", [entry(number) for number in range(25)]) == (204, None)
    before = post(server, f"{MODEL}/dump", {})[1]
    assert len(before) == 25 and list(before[0]) == ["url", "metadata", "embedding"]
    url, prefix = f"{server.http}{MODEL}", tmp_path / "made" / "dump"
    exported = kith("export", "idios", url, str(prefix), "--batch", "10")
    assert exported.returncode == 0, exported.stderr
    files = sorted(prefix.parent.glob("dump_*.json"))
    assert [file.name for file in files] == [f"dump_{number:08d}.json" for number in (1, 2, 3)]
    for number in range(25):
        assert post(server, f"{MODEL}/remove", {"url": entry(number)["url"]})[0] == 204
    imported = kith("import", "idios", url, *map(str, files))
    assert imported.returncode == 0, imported.stderr
    assert post(server, f"{MODEL}/dump", {})[1] == before
    again = kith("import", "idios", url, *map(str, files))
    assert again.returncode == 0 and "3 files were there already" in again.stderr
    for number in range(25):
        post(server, f"{MODEL}/remove", {"url": entry(number)["url"]})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/a.png",
        "http://[::1]:1/a.png",
        "http://[fd00::1]/a.png",
    ],
)
def test_addresses_inside_are_not_fetched(server: Kith, url: str) -> None:
    status, body = post(server, f"{MODEL}/add", {"url": url})
    assert (status, body) == (422, {"detail": [
        {"msg": "The URL cannot be fetched: its host is not on the public internet", "type": "parameter_error"}]})
    assert urllib.request.urlopen(f"{server.http}{MODEL}/count", timeout=60).read() == b"0"
