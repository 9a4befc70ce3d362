"""Asking the Idios door, and the models that its tests name."""

from __future__ import annotations

import http.client
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kith_server
from kith_server import Kith

JSON = {"Content-Type": "application/json"}
#: The model that is shipped: pictures alone.
SHIPPED = "efficientnet-lite0"


def ask(kith: Kith, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """Status, and the body: as JSON where it is, else as text."""
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection("127.0.0.1", kith.ports["idios"], timeout=120)
    try:
        connection.request(method, path, raw, JSON if headers is None else headers)
        response = connection.getresponse()
        content = response.read()
        if response.getheader("Content-Type", "").startswith("application/json") and content:
            return response.status, json.loads(content)
        return response.status, content.decode()
    finally:
        connection.close()


@dataclass
class Model:
    """One model of a server, as a client sees it."""

    kith: Kith
    name: str
    dimension: int
    #: Whether it takes words too.
    words: bool
    key: str | None = None

    def with_key(self, key: str) -> Model:
        return Model(self.kith, self.name, self.dimension, self.words, key)

    def headers(self) -> dict[str, str]:
        return JSON if self.key is None else {**JSON, "Authorization": f"Bearer {self.key}"}

    def post(self, operation: str, body: Any = None) -> tuple[int, Any]:
        return ask(self.kith, "POST", f"/models/{self.name}/{operation}", body, self.headers())

    def get(self, operation: str) -> tuple[int, Any]:
        return ask(self.kith, "GET", f"/models/{self.name}/{operation}", None, self.headers())

    def count(self) -> int:
        status, number = self.get("count")
        assert status == 200 and isinstance(number, int)
        return number

    def urls(self) -> list[str]:
        status, urls = self.post("urls", {"limit": 16_384})
        assert status == 200
        return urls

    def clear(self) -> None:
        for url in self.urls():
            assert self.post("remove", {"url": url}) == (204, "")


def stand_in_models(folder: Path) -> Path:
    """Puts the stand-in of `vit_b32` into a folder of models."""
    stand_in = Path(__file__).resolve().parent / "models" / "vit_b32"
    environment = kith_server.clean_environment({"KITH_MODELS_DIR": str(folder)})
    subprocess.run([str(kith_server.KITH), "models", "add", str(stand_in)], check=True, env=environment, cwd=folder)
    return folder
