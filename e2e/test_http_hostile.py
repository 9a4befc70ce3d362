"""Strangers at the HTTP port of a server with little memory: whatever they send, or do not read, others are served.

The heap has 256 MiB. While each attack lasts, and after it, health is told and a search by a picture is answered; at the
end the process is the one that was started, has not run out of memory, has grown by no more than a bound, and has logged
no stack trace.
"""

from __future__ import annotations

import resource
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

import kith_server
import pictures
from idios import SHIPPED, ask
from kith_server import Kith

HEAP_MIB = 256
MEBI = 1 << 20
# Beside the heap: the runtime, two models, code, buffers of four thousand connections.
RESIDENT_MIB_MAX = 1_500
M = f"/models/{SHIPPED}"
DIMENSION = 1_280
ENTRIES = 3_000
TURNS_MAX = 20
ASKED = pictures.png(200, 1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kith]:
    folder = tmp_path_factory.mktemp("hostile")
    kith = kith_server.serve(folder, environment={"KITH_JAVA_OPTIONS": f"-Xmx{HEAP_MIB}m"}).start()
    vector = [0.5] * 4 + [0.0] * (DIMENSION - 4)
    for first in range(0, ENTRIES, 500):
        entries = [{"url": f"http://a.example/{n}", "embedding": vector} for n in range(first, first + 500)]
        assert ask(kith, "POST", f"{M}/restore", entries) == (204, "")
    assert ask(kith, "POST", f"{M}/add_file?url=http://a.example/asked.png", ASKED, {"Content-Type": "image/png"})[0] == 204
    pid = kith.pid
    yield kith
    assert kith.alive() and kith.pid == pid, kith.log_text()[-4000:]
    log = kith.log_text()
    assert "OutOfMemoryError" not in log
    assert "\tat " not in log, log[log.index("\tat ") - 2000 :][:4000]
    assert resident_mib(pid) < RESIDENT_MIB_MAX
    kith.stop()


def resident_mib(pid: int) -> int:
    """Most that the process has had in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024


@pytest.fixture
def port(small: Kith) -> Iterator[int]:
    yield small.ports["idios"]
    served(small)


def served(kith: Kith) -> None:
    """A newcomer hears that all is well, finds what is stored, and nothing has changed."""
    # Who has begun a moment ago cannot be known to be slow: who is told to come again does so.
    for _ in range(TURNS_MAX):
        assert ask(kith, "GET", "/readyz")[0] == 200
        status, found = ask(kith, "POST", f"{M}/search_file?limit=1", ASKED, {"Content-Type": "image/png"})
        if status != 503:
            break
        time.sleep(1)
    assert status == 200 and [match["url"] for match in found] == ["http://a.example/asked.png"]
    assert ask(kith, "GET", f"{M}/count") in ((200, ENTRIES + 1), (503, {"detail": "Too many requests are in progress"}))


class Peer:
    """A connection that sends what no client would."""

    def __init__(self, port: int, receive: int | None = None) -> None:
        self.socket = socket.socket()
        if receive is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """Whether the server took it all."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def status(self) -> int | None:
        """Of the answer; None: the connection was ended without one."""
        head = b""
        try:
            while b"\r\n" not in head:
                got = self.socket.recv(65_536)
                if not got:
                    return None
                head += got
        except ConnectionError:
            return None
        return int(head.split()[1])


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def length(count: int) -> str:
    return f"Content-Length: {count}"


CHUNKED = "Transfer-Encoding: chunked"


def answered(port: int, request: bytes) -> int | None:
    with Peer(port) as peer:
        peer.send(request)
        return peer.status()


def many(count: int, open_one: Callable[[], Peer]) -> ExitStack:
    stack = ExitStack()
    for _ in range(count):
        stack.enter_context(open_one())
    return stack


def test_half_headers_keep_nobody_out(small: Kith, port: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def half() -> Peer:
        peer = Peer(port)
        peer.send(b"GET /readyz HTTP/1.1\r\nHost: local")
        return peer

    with many(4_500, half):
        for _ in range(5):
            served(small)


def test_bodies_that_stop_keep_nobody_out(small: Kith, port: int) -> None:
    """Each says that it brings as much as may be, and brings a little of it: more of them than requests are let in."""

    def stopped(start: bytes) -> Callable[[], Peer]:
        def open_one() -> Peer:
            peer = Peer(port)
            peer.send(start + b" " * 2_000)
            return peer

        return open_one

    starts = [
        head(f"{M}/restore", length(1 << 40)),
        head(f"{M}/add_file", length(32 << 20)),
        head(f"{M}/search", length(1 << 20)),
        head(f"{M}/restore", CHUNKED) + b"FFFFFF\r\n",
        head(f"{M}/restore", CHUNKED) + b"1;extension=",
    ]
    with ExitStack() as stack:
        for start in starts:
            stack.enter_context(many(400, stopped(start)))
        for _ in range(5):
            served(small)


@pytest.mark.parametrize("count", [1 << 41, 10**18, 2**63 - 1])
def test_lengths_beyond_the_limit_are_refused_at_once(port: int, count: int) -> None:
    for path in ("add", "search", "add_file", "search_file", "restore"):
        assert answered(port, head(f"{M}/{path}", length(count))) == 413


def test_lengths_that_are_no_numbers_are_refused(port: int) -> None:
    for said in ("9" * 40, "-1", "1e3", "0x10", "+5", "1, 2", ""):
        assert answered(port, head(f"{M}/search", f"Content-Length: {said}") + b"{}") == 400, said
    assert answered(port, head(f"{M}/search", length(2), length(3)) + b"{}") == 400
    assert answered(port, head(f"{M}/search", length(2), CHUNKED) + b"{}") == 400


def test_chunks_without_end_are_cut_off(port: int) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    for path, most in (("search", 1), ("add_bulk", 16), ("add_file", 32)):
        with Peer(port) as peer:
            assert peer.send(head(f"{M}/{path}", CHUNKED))
            assert not peer.send(chunk * (16 * (most + 30)))
    # Of one byte each, and with extensions that mean nothing.
    for chunks in (b"1\r\n \r\n" * 1_100_000, (b"1;" + b"x" * 500 + b"\r\n \r\n") * 10_000 + b"0\r\n\r\n"):
        assert answered(port, head(f"{M}/search", CHUNKED) + chunks) in (400, 413, 422, None)


def test_deep_json_is_refused(port: int) -> None:
    for depth in (1_000, 500_000):
        for opened, closed in (("[", "]"), ('{"a":', "}")):
            text = (opened * depth + "1" + closed * depth).encode()[: MEBI - 100]
            for path in ("search", "add", "add_bulk", "compare", "urls"):
                assert answered(port, head(f"{M}/{path}", length(len(text))) + text) in (400, 422, 503), (depth, path)


def test_json_of_very_many_values_is_refused(port: int) -> None:
    for text in (b"[" + b"[]," * 5_000_000 + b"[]]", b"[" + b"1," * 8_000_000 + b"1]", b'[{"a":[' + b"{}," * 5_000_000 + b"{}]}]"):
        assert answered(port, head(f"{M}/add_bulk", length(len(text))) + text) in (413, 422, 503)


def test_many_parts_of_a_form_are_refused(port: int) -> None:
    part = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n'
    bombs = [
        part * 100_000 + b"--cut--\r\n",
        b"--cut\r\n" + b"X: y\r\n" * 1_000_000 + b"\r\n\r\n--cut--\r\n",
        b"--cut\r\nContent-Disposition: form-data; name=\"" + b"n" * 1_000_000 + b"\"\r\n\r\n\r\n--cut--\r\n",
        b"--cut" * 2_000_000,
    ]
    for body in bombs:
        request = head(f"{M}/search_file", "Content-Type: multipart/form-data; boundary=cut", length(len(body)))
        assert answered(port, request + body) in (400, 422)
    for boundary in ("", "x" * 10_000):
        request = head(f"{M}/search_file", f"Content-Type: multipart/form-data; boundary={boundary}", length(5))
        assert answered(port, request + b"--cut") == 400


def test_floods_of_headers_and_queries_are_refused(port: int) -> None:
    assert answered(port, head("/ping?" + "a=b&" * 5_000, method="GET")) == 414
    assert answered(port, head("/ping?" + "a" * 1_000_000, method="GET")) in (414, None)
    assert answered(port, head("/ping?" + "&" * 15_000, method="GET")) == 200
    assert answered(port, head("/" + "a/" * 7_000, method="GET")) == 404
    assert answered(port, head("/ping", *[f"H{n}: 1" for n in range(2_000)], method="GET")) == 431
    with Peer(port) as peer:
        peer.send(b"GET /ping HTTP/1.1\r\n")
        assert not all(peer.send(b"X: " + b"y" * 60_000 + b"\r\n") for _ in range(1_000))


def huge_png(side: int) -> bytes:
    """White, and so small as a file that nobody would think of its pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compressobj(9)
    row = b"\0" + b"\xff" * side
    data = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_pictures_of_very_many_pixels_are_refused_or_wait(small: Kith, port: int) -> None:
    """One hundred megapixels are never taken; forty are, but not all at the same time in this heap."""
    beyond, within = huge_png(10_000), huge_png(6_300)

    def sent(picture: bytes) -> int | None:
        return answered(port, head(f"{M}/search_file", length(len(picture))) + picture)

    with ThreadPoolExecutor(24) as pool:
        refused = [pool.submit(sent, beyond) for _ in range(48)]
        taken = [pool.submit(sent, within) for _ in range(4)]
        served(small)
        assert {status.result() for status in refused} == {422}
        assert {status.result() for status in taken} <= {200, 422, 503}


def test_giant_entries_of_a_restore_are_refused(port: int) -> None:
    start = b'[{"url":"http://a.example/giant","metadata":{"a":"'
    for body in (start + b"x" * (40 << 20), b" " * (40 << 20) + b"x", b"[" * (20 << 20), b'[{"embedding":[' + b"1," * (20 << 20)):
        request = head(f"{M}/restore", length(len(body))) + body
        assert answered(port, request) in (400, 413, 422, 503, None)


def test_dumps_that_nobody_reads_keep_nobody_out(small: Kith, port: int) -> None:
    """Each has some megabytes, of which the receivers take some kilobytes."""

    def unread() -> Peer:
        peer = Peer(port, receive=4_096)
        peer.send(head(f"{M}/dump", method="GET"))
        return peer

    with many(1_100, unread):
        for _ in range(5):
            served(small)


def test_requests_one_after_the_other_without_reading_are_answered_in_turn(small: Kith, port: int) -> None:
    with Peer(port, receive=4_096) as peer:
        # Once the server waits for somebody to read its answers it reads no more either.
        peer.socket.settimeout(2)
        assert not all(peer.send(head("/ping", method="GET") * 50) for _ in range(20_000))
        served(small)
