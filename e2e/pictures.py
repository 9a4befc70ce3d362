"""Pictures made without a library, and a host on this machine that serves them."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np


def png(side: int, seed: int) -> bytes:
    """A square picture of a few soft colours, another one for every seed."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    rows = np.kron(coarse, np.ones((-(-side // 8), -(-side // 8), 1), dtype=np.uint8))[:side, :side]
    raw = b"".join(b"\0" + rows[y].tobytes() for y in range(side))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 1)) + chunk(b"IEND", b"")


class Host:
    """Serves /N.png, /SIDE/N.png, /slow/N.png (which waits until it is released), and 404 for the rest."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.asked: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                parts = self.path.strip("/").split("/")
                if parts[0] == "slow":
                    host.release.wait(60)
                name = parts[-1].removesuffix(".png")
                side = int(parts[0]) if len(parts) == 2 and parts[0].isdigit() else 200
                if not name.isdigit():
                    self.send_error(404)
                    return
                body = png(side, int(name))
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{path}"


@contextmanager
def host() -> Iterator[Host]:
    serving = Host()
    try:
        yield serving
    finally:
        serving.release.set()
        serving.server.shutdown()
        serving.server.server_close()
