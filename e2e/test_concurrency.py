"""Many clients at once: right answers, one client's requests in order, and nobody waits for another's long work."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgpack
import numpy as np
import pytest
import zmq

from kinds import remote
from kith_server import Kith
from oracle import Content, assert_nearest, gaussian
from raw import Pipeline, Raw, floats, same_bits, unpack

D = 32
CLIENTS = 16


def in_parallel(count: int, work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count), timeout=120))


def test_sixteen_clients_each_with_its_own(server: Kith, raw: Raw) -> None:
    def work(number: int) -> None:
        with Raw(server.endpoint) as mine:
            name, vectors = f"own-{number}", gaussian(400, D, number)
            mine.create(name, D, ["L2", "HNSW16", "IVF8", "PQ8x4"][number % 4])
            for batch in np.split(vectors, 8):
                mine.ok("add_vectors", index_id=name, vectors=batch.tolist())
                reply = mine.ok("search", index_id=name, query_vectors=batch[:2].tolist(), k=1)
                assert [r["distances"][0] < 1e-4 for r in reply["results"]] == [True, True]
            reply = mine.ok("search", index_id=name, query_vectors=vectors[:5].tolist(), k=7)
            found = [[r[key] for r in reply["results"]] for key in ("distances", "indices")]
            assert_nearest(Content.dense(vectors), vectors[:5], 7, *found)

    in_parallel(CLIENTS, work)
    assert raw.counts() == {f"own-{n}": 400 for n in range(CLIENTS)}


def test_sixteen_clients_add_to_one_index(server: Kith, raw: Raw) -> None:
    raw.create("shared", D)

    def work(number: int) -> list[tuple[int, np.ndarray]]:
        placed = []
        with Raw(server.endpoint) as mine:
            for batch in range(12):
                vectors = gaussian(1 + (number + batch) % 9, D, number * 100 + batch)
                reply = mine.ok("add_vectors", index_id="shared", vectors=floats(vectors))
                placed.append((reply["total"] - reply["count"], vectors))
        return placed

    batches = [entry for placed in in_parallel(CLIENTS, work) for entry in placed]
    stored = raw.vectors("shared")
    assert len(stored) == sum(len(vectors) for _, vectors in batches)
    # Every acknowledgement names the batch's own place, and every batch stands there in one piece.
    for start, vectors in batches:
        assert same_bits(stored[start : start + len(vectors)], vectors)


def test_sixteen_clients_on_one_map_see_their_own_writes(server: Kith, raw: Raw) -> None:
    raw.create("map", D, "IDMap2:L2")

    def work(number: int) -> dict[int, np.ndarray]:
        random, held = np.random.default_rng(number), {}
        with Raw(server.endpoint) as mine:
            for _ in range(60):
                ids = (number * 1000 + random.choice(50, 5, replace=False)).tolist()
                if random.random() < 0.3:
                    gone = mine.ok("remove_ids", index_id="map", ids=ids)["count"]
                    assert gone == sum(held.pop(i, None) is not None for i in ids)
                    continue
                vectors = gaussian(5, D, int(random.integers(2**31)))
                mine.ok("add_with_ids", index_id="map", vectors=floats(vectors), ids=ids)
                held.update(zip(ids, vectors, strict=True))
                chosen = ids[0]
                assert same_bits(np.array(mine.ok("reconstruct", index_id="map", id=chosen)["vector"]), held[chosen])
        return held

    held = {i: v for mine in in_parallel(CLIENTS, work) for i, v in mine.items()}
    assert raw.counts() == {"map": len(held)}
    for identity, vector in held.items():
        assert same_bits(np.array(raw.ok("reconstruct", index_id="map", id=identity)["vector"]), vector)


def test_create_of_one_name_by_many_succeeds_once(server: Kith, raw: Raw) -> None:
    for number in range(10):

        def work(_: int, name: str = f"race-{number}") -> bool:
            with Raw(server.endpoint) as mine:
                return mine.call("create_index", index_id=name, dimension=4)["success"]

        assert sum(in_parallel(8, work)) == 1
    assert len(raw.listing()) == 10


def test_drop_and_reset_under_searches_never_break_an_answer(server: Kith, raw: Raw) -> None:
    vectors = gaussian(2000, D, 1)
    done = threading.Event()

    def churn() -> None:
        with Raw(server.endpoint) as mine:
            for number in range(40):
                mine.call("delete_index", index_id="churn")
                mine.create("churn", D)
                mine.ok("add_vectors", index_id="churn", vectors=floats(vectors))
                if number % 2:
                    mine.ok("reset", index_id="churn")
        done.set()

    def search(_: int) -> int:
        answered = 0
        with Raw(server.endpoint) as mine:
            while not done.is_set():
                reply = mine.call("search", index_id="churn", query_vectors=floats(vectors[:20]), k=3)
                if not reply["success"]:
                    assert "does not exist" in reply["error"]
                    continue
                answered += 1
                for row, result in enumerate(reply["results"]):
                    # Each answer is from one moment: all of the batch, or nothing of it.
                    assert result["indices"][0] in (row, -1), result
        return answered

    churner = threading.Thread(target=churn)
    churner.start()
    try:
        assert sum(in_parallel(4, search)) > 0
    finally:
        done.wait(60)
        churner.join(60)


def test_pipelined_requests_are_answered_in_order(server: Kith, raw: Raw) -> None:
    raw.create("order", D)
    raw.ok("add_vectors", index_id="order", vectors=floats(gaussian(2000, D, 1)))
    heavy = floats(gaussian(2000, D, 2))
    with Pipeline(server.endpoint) as dealer:
        # Slow and quick requests by turns: the quick ones must not overtake.
        kinds = [("search", {"query_vectors": heavy, "k": 50}), ("ping", {}), ("get_index_stats", {})] * 10
        for number, (action, fields) in enumerate(kinds):
            more = {} if action == "ping" else {"index_id": "order"}
            dealer.send(action, **fields, **more, number=number)
        for action, _ in kinds:
            reply = dealer.receive()
            assert reply["success"]
            assert {"search": "results", "ping": "time", "get_index_stats": "stats"}[action] in reply
        adds = [{"index_id": "order", "vectors": floats(gaussian(1, D, number))} for number in range(300)]
        assert [reply["total"] for reply in dealer.ask_all("add_vectors", adds)] == list(range(2001, 2301))


def test_pipelined_flood_gets_one_reply_each(server: Kith, raw: Raw) -> None:
    """More than the server queues for one client is refused, but never forgotten or left half-done."""
    raw.create("flood", D)
    with Pipeline(server.endpoint) as dealer:
        for number in range(3000):
            dealer.send("add_vectors", index_id="flood", vectors=floats(gaussian(1, D, number)))
        replies = [dealer.receive() for _ in range(3000)]
        assert dealer.silent(0.2)
    totals = [reply["total"] for reply in replies if reply["success"]]
    assert totals == list(range(1, len(totals) + 1)) and raw.counts() == {"flood": len(totals)}
    assert all(reply["error"] for reply in replies if not reply["success"])


LONG = ["search", "compute_clustering", "train_index"]


@pytest.mark.parametrize("action", LONG)
def test_long_work_of_one_client_delays_nobody(server: Kith, raw: Raw, action: str) -> None:
    """By counts, not by time: were short requests to wait for long ones, there would be a long answer to each."""
    many = gaussian(10_000, 96, 1)
    raw.create("long", 96)
    raw.create("trained", 96, "OPQ8_64,L2")
    for seed in range(4):
        raw.ok("add_vectors", index_id="long", vectors=floats(gaussian(10_000, 96, seed)))
    raw.create("short", 4)
    raw.ok("add_vectors", index_id="short", vectors=gaussian(50, 4, 2).tolist())
    fields = {
        "search": {"index_id": "long", "query_vectors": many.tolist(), "k": 100},
        "compute_clustering": {"vectors": many.tolist(), "n_clusters": 256, "niter": 60},
        "train_index": {"index_id": "trained", "training_vectors": many.tolist()},
    }[action]
    body = msgpack.packb({"action": action, **fields})
    done, answers = threading.Event(), []

    def ask() -> None:
        with Raw(server.endpoint, seconds=120) as other:
            while not done.is_set():
                assert unpack(other.send(body))["success"]
                answers.append(None)

    with Raw(server.endpoint) as quick, ThreadPoolExecutor(1) as pool:
        asking, asked = pool.submit(ask), 0
        while (asked < 70 or not answers) and not asking.done():
            quick.ping()
            quick.ok("search", index_id="short", query_vectors=[[0.0] * 4], k=3)
            asked += 2
        done.set()
        asking.result()
    assert len(answers) < asked / 2


KINDS = ["L2", "IP", "HNSW32", "HNSW16_IP", "IVF100", "PQ16x8", "IVF100,PQ16x8", "IVF64_SQ0", "SQ8", "IDMap2:HNSW32"]


@pytest.mark.alone
@pytest.mark.parametrize("index_type", KINDS)
def test_ten_thousand_wide_vectors_within_the_clients_timeout(server: Kith, index_type: str) -> None:
    vectors = gaussian(10_000, 128, 3)
    with remote(server, timeout=5.0):
        from faissx.client.client import get_client

        client = get_client()
        assert client.timeout == 5.0
        client.create_index("wide", 128, index_type)
        client.train_index("wide", vectors)
        for _ in range(2):
            assert client.add_vectors("wide", vectors)["count"] == 10_000
        reply = client.search("wide", vectors[:100], 10)
        if "IP" not in index_type:
            assert [r["indices"][:2] for r in reply["results"]] == [[i, i + 10_000] for i in range(100)]


def test_client_that_goes_mid_request_harms_nobody(server: Kith, raw: Raw) -> None:
    raw.create("index", D)
    body = msgpack.packb({"action": "add_vectors", "index_id": "index", "vectors": gaussian(500, D, 1).tolist()})
    for number in range(20):
        gone = zmq.Context.instance().socket(zmq.DEALER)
        gone.setsockopt(zmq.LINGER, 0)
        gone.connect(server.endpoint)
        for _ in range(number):
            gone.send_multipart([b"", body])
        gone.close()
        raw.ping()
    assert raw.counts()["index"] % 500 == 0, "a batch is stored whole or not at all"


GREETING = b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00" + b"NULL" + b"\x00" * 16 + b"\x00" + b"\x00" * 31
READY = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ"
LONG_FRAME = struct.Struct(">BQ")
ABUSES: dict[str, bytes] = {
    "nothing": b"",
    "text": b"hello\r\n" * 1000,
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "zeroes": bytes(100_000),
    "half a greeting": GREETING[:20],
    "greeting only": GREETING,
    "old version": b"\xff" + b"\x00" * 8 + b"\x7f\x01\x00",
    "another mechanism": GREETING.replace(b"NULL", b"PLAI"),
    "greeting and junk": GREETING + b"\xff" * 5000,
    "command of 2^63": GREETING + b"\x06" + b"\xff" * 8,
    "unknown socket type": GREETING + READY.replace(b"REQ", b"ZZZ"),
    "frame cut": GREETING + READY + b"\x01\x00" + LONG_FRAME.pack(2, 1 << 20) + b"x" * 1000,
    "frame of 200 MiB, cut": GREETING + READY + b"\x01\x00" + LONG_FRAME.pack(2, 200 << 20) + b"x" * 1000,
    "frame of 1 GiB": GREETING + READY + b"\x01\x00" + LONG_FRAME.pack(2, 1 << 30) + b"x" * 1000,
    "frame of 2^63": GREETING + READY + b"\x01\x00" + LONG_FRAME.pack(2, 1 << 63) + b"x" * 1000,
    "frame of 2^64-1": GREETING + READY + b"\x01\x00" + LONG_FRAME.pack(2, 2**64 - 1) + b"x" * 1000,
    "endless multipart": GREETING + READY + b"\x01\x00" + b"\x01\x01x" * 200_000,
}


@pytest.mark.parametrize("name", ABUSES)
def test_abused_connection_harms_nobody(server: Kith, raw: Raw, name: str) -> None:
    raw.ping()
    before = raw.listing()
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.ports["faissx"]), timeout=5) as connection:
            connection.settimeout(0.2)
            try:
                connection.sendall(ABUSES[name])
                while connection.recv(65_536):
                    pass
            except OSError:
                pass
            raw.ping()
    with Raw(server.endpoint) as fresh:
        fresh.ping()
    assert raw.listing() == before and server.alive()


def test_hundreds_of_idle_connections_harm_nobody(server: Kith, raw: Raw) -> None:
    idle = [socket.create_connection(("127.0.0.1", server.ports["faissx"]), timeout=5) for _ in range(300)]
    try:
        for connection in idle[::2]:
            connection.sendall(GREETING[:30])
        raw.ping()
        with Raw(server.endpoint) as fresh:
            fresh.ping()
    finally:
        for connection in idle:
            connection.close()
