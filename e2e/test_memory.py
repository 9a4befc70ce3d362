"""Clients that want more memory than there is: replies that nobody reads, frames that never come, too many of both.

A server of 256 MiB of heap: 64 MiB may be in flight, 60 of them for large requests.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import msgpack
import numpy as np
import pytest

from kith_server import Kith
from oracle import gaussian
from raw import Pipeline, Raw, floats, same_bits
from test_concurrency import GREETING, LONG_FRAME, READY

D = 64
VECTORS = gaussian(20_000, D, 1)
HEAP_MIB = 256
PATIENCE_SECONDS = 90.0


@pytest.fixture
def small(launch: Callable[..., Kith]) -> Iterator[Kith]:
    kith = launch(environment={"KITH_JAVA_OPTIONS": f"-Xmx{HEAP_MIB}m"})
    with Raw(kith.endpoint) as raw:
        raw.create("stock", D)
        for batch in np.split(VECTORS, 4):
            raw.ok("add_vectors", index_id="stock", vectors=floats(batch))
    yield kith
    assert kith.alive(), kith.log_text()[-4000:]
    assert "OutOfMemoryError" not in kith.log_text()


def deaf(kith: Kith, request: bytes) -> socket.socket:
    """A client that asks and never reads."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", kith.ports["faissx"]))
    connection.sendall(GREETING + READY + b"\x01\x00" + LONG_FRAME.pack(2, len(request)) + request)
    return connection


def small_requests_are_served(kith: Kith) -> None:
    with Raw(kith.endpoint) as raw:
        raw.ping()
        reply = raw.ok("search", index_id="stock", query_vectors=floats(VECTORS[:2]), k=3)
        assert [row["indices"][0] for row in reply["results"]] == [0, 1]


def test_replies_that_nobody_reads_stop_nobody(small: Kith) -> None:
    read = msgpack.packb({"action": "get_vectors", "index_id": "stock"})
    queries = floats(VECTORS[:1000])
    search = msgpack.packb({"action": "search", "index_id": "stock", "query_vectors": queries, "k": 1000})
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(deaf(small, read))
            stack.enter_context(deaf(small, search))
        for _ in range(20):
            small_requests_are_served(small)
        # A large request waits until those who do not read are cut off; refused for a while, it may be asked again.
        with Raw(small.endpoint, seconds=PATIENCE_SECONDS) as raw:
            end = time.monotonic() + PATIENCE_SECONDS
            while not (reply := raw.call("get_vectors", index_id="stock"))["success"]:
                assert "Too busy" in reply["error"] and reply["error_code"] == "EXHAUSTED"
                assert time.monotonic() < end, "the room is never free again"
        assert len(reply["vectors"]) == len(VECTORS)
    with Raw(small.endpoint) as raw:
        assert same_bits(raw.vectors("stock"), VECTORS)


def test_reply_that_never_fits_is_refused_and_a_part_of_it_is_not(small: Kith) -> None:
    with Raw(small.endpoint) as raw:
        error = raw.error("search", index_id="stock", query_vectors=floats(VECTORS[:5000]), k=1000)
        assert "Too busy" in error
        assert len(raw.ok("search", index_id="stock", query_vectors=floats(VECTORS[:500]), k=1000)["results"]) == 500


def test_declared_frames_that_never_come_stop_nobody(small: Kith) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", small.ports["faissx"])))
            connection.sendall(GREETING + READY + b"\x01\x00" + struct.pack(">BQ", 2, 20 << 20))
        with Raw(small.endpoint) as raw:
            assert raw.ok("add_vectors", index_id="stock", vectors=floats(VECTORS[:10_000]))["count"] == 10_000
        small_requests_are_served(small)


def test_large_requests_of_many_clients_get_one_reply_each(small: Kith) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Pipeline(small.endpoint, seconds=PATIENCE_SECONDS)) for _ in range(12)]
        for _ in range(3):
            for client in clients:
                client.send("get_vectors", index_id="stock")
        for client in clients:
            for _ in range(3):
                assert len(client.receive()["vectors"]) == len(VECTORS)
