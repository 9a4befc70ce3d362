"""What the Ahnlich door is sent by mistake or on purpose: the right status, a clear message, and the door goes on."""

from __future__ import annotations

import asyncio
import math
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator

import h2.config
import h2.connection
import h2.events
import pytest
from ahnlich_client_py.grpc import metadata, predicates
from ahnlich_client_py.grpc.algorithm.nonlinear import HnswConfig, NonLinearIndex
from ahnlich_client_py.grpc.db import pipeline, query
from grpclib import GRPCError, Status
from grpclib.exceptions import StreamTerminatedError

from ahnlich import Client, entry, equals, key
from kith_server import Kith

INVALID = Status.INVALID_ARGUMENT


@pytest.fixture
def client(fleet) -> Iterator[Client]:
    with Client(fleet.server("memory", secured=False).ports["ahnlich-db"]) as client:
        client.call("drop_store", query.DropStore(store="s"))
        client.create("s", 2)
        client.set("s", [([1.0, 2.0], {"n": "1"}), ([3.0, 4.0], {"n": "2"})])
        yield client
        assert client.get("s", [1, 2], [3, 4]) == [([1, 2], {"n": "1"}), ([3, 4], {"n": "2"})]
        client.call("drop_store", query.DropStore(store="s"))


def search(**more: object) -> query.GetSimN:
    return query.GetSimN(**{"store": "s", "search_input": key([1, 2]), "closest_n": 1} | more)


def chained(links: int, alternating: bool = False) -> query.GetPred:
    """A long condition, made as bytes: the client's own encoder takes for ever to make one, or does not survive it."""
    leaf = bytes(equals("n", "1"))
    condition = leaf
    for link in range(links):
        sides = field(1, condition) + field(2, leaf)
        condition = field(3 if alternating and link % 2 else 2, sides)
    request = query.GetPred(store="s")
    request._unknown_fields = field(2, condition)
    return request


def field(number: int, content: bytes) -> bytes:
    length, prefix = len(content), bytearray([number << 3 | 2])
    while length > 127:
        prefix.append(length & 127 | 128)
        length >>= 7
    return bytes([*prefix, length]) + content


def moved_to(vector: list[float]) -> query.Upsert:
    return query.Upsert(store="s", condition=equals("n", "1"), new_key=key(vector))


def half() -> predicates.PredicateCondition:
    return predicates.PredicateCondition(and_=predicates.AndCondition(left=equals("n", "1")))


CASES: list[tuple[str, str, Callable[[], object], Status, str]] = [
    ("no input", "get_sim_n", lambda: search(search_input=None), INVALID, "Search input is required"),
    ("zero closest", "get_sim_n", lambda: search(closest_n=0), INVALID, "closest_n must be > 0"),
    ("unknown algorithm", "get_sim_n", lambda: search(algorithm=9), INVALID, "Invalid algorithm"),
    ("zero breadth", "get_sim_n", lambda: search(ef_search=0), INVALID, "ef_search must be > 0"),
    ("empty schema", "get_sim_n", lambda: search(schema=""), INVALID, "Schema name cannot be empty"),
    ("nan query", "get_sim_n", lambda: search(search_input=key([math.nan, 1])), INVALID, "finite"),
    ("half a condition", "get_sim_n", lambda: search(condition=half()), INVALID, "A side of AND is missing"),
    ("empty key", "get_sim_n", lambda: search(search_input=key([])), INVALID, "input dimension of [0]"),
    ("no condition", "get_pred", lambda: query.GetPred(store="s"), INVALID, "Condition is required"),
    ("no condition", "del_pred", lambda: query.DelPred(store="s"), INVALID, "Predicate Condition is required"),
    (
        "condition without a kind",
        "del_pred",
        lambda: query.DelPred(store="s", condition=predicates.PredicateCondition(value=predicates.Predicate())),
        INVALID,
        "none of equals",
    ),
    (
        "condition of nothing",
        "get_pred",
        lambda: query.GetPred(store="s", condition=with_presence(predicates.PredicateCondition())),
        INVALID,
        "neither a predicate",
    ),
    (
        "predicate without a value",
        "get_pred",
        lambda: query.GetPred(
            store="s",
            condition=predicates.PredicateCondition(
                value=predicates.Predicate(equals=predicates.Equals(key="n"))
            ),
        ),
        INVALID,
        "has no value",
    ),
    ("alternating depth", "get_pred", lambda: chained(100, True), INVALID, "64"),
    ("depth of 400", "get_pred", lambda: chained(400), INVALID, "500 levels"),
    ("depth of 10,000", "get_pred", lambda: chained(10_000), INVALID, "500 levels"),
    ("no dimension", "create_store", lambda: query.CreateStore(store="z"), INVALID, "greater than 0"),
    ("wide", "create_store", lambda: query.CreateStore(store="z", dimension=2**32 - 1), INVALID, "out of range"),
    ("no name", "create_store", lambda: query.CreateStore(dimension=1), INVALID, "name"),
    ("no name", "get_store", lambda: query.GetStore(), Status.NOT_FOUND, 'value: ""'),
    *(
        (
            f"{links} connections",
            "create_store",
            lambda links=links: query.CreateStore(
                store="z",
                dimension=1,
                non_linear_indices=[NonLinearIndex(hnsw=HnswConfig(maximum_connections=links))],
            ),
            INVALID,
            "maximum_connections must be above 1",
        )
        for links in (0, 1)
    ),
    ("infinity", "set", lambda: query.Set(store="s", inputs=[entry([math.inf, 1], {})]), INVALID, "finite"),
    ("nan", "upsert", lambda: moved_to([math.nan, 1]), INVALID, "finite"),
    ("nan", "get_key", lambda: query.GetKey(store="s", keys=[key([math.nan, 1])]), INVALID, "finite"),
    ("infinity", "del_key", lambda: query.DelKey(store="s", keys=[key([1, -math.inf])]), INVALID, "finite"),
    ("empty key", "upsert", lambda: moved_to([]), INVALID, "dimension of [0]"),
    ("empty key", "set", lambda: query.Set(store="s", inputs=[entry([], {})]), INVALID, "dimension of [0]"),
    ("strange cursor", "list_store_entries", lambda: query.ListStoreEntries(store="s", cursor="x"), INVALID, "cursor"),
    ("no limit", "list_store_entries", lambda: query.ListStoreEntries(store="s", limit=0), INVALID, "limit"),
]


def with_presence(message: object) -> object:
    """An empty message that is there; the client leaves one out that nobody touched."""
    message._serialized_on_wire = True
    return message


@pytest.mark.parametrize(("name", "rpc", "asked", "status", "message"), CASES, ids=[f"{c[1]}: {c[0]}" for c in CASES])
def test_refusals(client: Client, name: str, rpc: str, asked: Callable[[], object], status: Status, message: str) -> None:
    refused = client.refused(rpc, asked())
    assert refused.status == status, refused
    assert message in refused.message


def test_wrong_vector_in_a_large_batch_stores_nothing(client: Client) -> None:
    rows = [entry([float(i), 1.0], {}) for i in range(1_000)]
    rows[500] = entry([1.0], {})
    assert client.refused("set", query.Set(store="s", inputs=rows)).status == INVALID
    rows[500] = entry([1.0, math.nan], {})
    assert client.refused("set", query.Set(store="s", inputs=rows)).status == INVALID
    assert client.call("get_store", query.GetStore(store="s")).len == 2


def test_huge_counts_are_the_size_of_the_store(client: Client) -> None:
    for count in (3, 20_000, 2**63, 2**64 - 1):
        assert len(client.call("get_sim_n", search(closest_n=count)).entries) == 2


def test_long_chains_of_one_kind_are_one_condition(client: Client) -> None:
    (found,) = client.call("get_pred", chained(200)).entries
    assert list(found.key.key) == [1, 2]


def test_unknown_fields_are_ignored(client: Client) -> None:
    request = query.GetStore(store="s")
    request._unknown_fields = b"\xfa\x3f\x03abc"
    assert client.call("get_store", request).len == 2


def test_messages_of_8_megabytes_are_taken_and_larger_ones_refused(client: Client) -> None:
    refused = client.refused("get_store", query.GetStore(store="x" * 11_000_000))
    assert refused.status in (Status.RESOURCE_EXHAUSTED, Status.OUT_OF_RANGE)
    eight = [entry([float(i), 5.0], {"text": "x" * 1_000_000}) for i in range(8)]
    assert client.call("set", query.Set(store="s", inputs=eight)).upsert.inserted == 8
    assert len(client.get("s", [7.0, 5.0])[0][1]["text"]) == 1_000_000
    assert client.call("del_key", query.DelKey(store="s", keys=[e.key for e in eight])).deleted_count == 8


SEARCHES = 9_000
ENTRIES = 40_000


@pytest.fixture(scope="module")
def large(fleet) -> Iterator[Kith]:
    """A server with a store of which thousands of searches take longer than anybody here waits."""
    kith = fleet.server("memory", secured=False)
    with Client(kith.ports["ahnlich-db"]) as client:
        client.create("large", 8)
        client.set("large", [([float(i)] * 8, {}) for i in range(ENTRIES)])
        yield kith
        client.call("drop_store", query.DropStore(store="large"))


def searches() -> pipeline.DbRequestPipeline:
    one = pipeline.DbQuery(get_sim_n=search(store="large", search_input=key([0.5] * 8)))
    return pipeline.DbRequestPipeline(queries=[one] * SEARCHES)


def metric(kith: Kith, name: str, *labels: str) -> float:
    """The sum of the series that have all of these labels."""
    with urllib.request.urlopen(f"{kith.http}/metrics", timeout=30) as reply:
        lines = reply.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "{") and all(x in line for x in labels))


def searched(kith: Kith) -> float:
    return metric(kith, "kith_command_seconds_count", 'door="ahnlich-db"', 'command="')


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.02)


def require_ended(kith: Kith, before: float) -> None:
    """Of what nobody waits for any more nothing is kept, and the rest of it is not done."""
    until(lambda: metric(kith, "kith_zmq_bytes_in_flight") == 0, "nothing is in flight")
    assert searched(kith) - before < SEARCHES
    with Client(kith.ports["ahnlich-db"]) as client:
        assert client.nearest("large", [7.0] * 8, 1, 0) == [([7.0] * 8, 0.0)]


def test_calls_whose_time_is_over_end_as_such(large: Kith) -> None:
    with Client(large.ports["ahnlich-db"]) as client:
        for seconds in (0.001, 0.2):
            before = searched(large)
            with pytest.raises((GRPCError, StreamTerminatedError, TimeoutError)) as late:
                client.call("pipeline", searches(), timeout=seconds)
            print(seconds, repr(late.value))
            if isinstance(late.value, GRPCError):
                assert late.value.status is Status.DEADLINE_EXCEEDED
            require_ended(large, before)


def test_calls_that_are_cancelled_end_as_such(large: Kith) -> None:
    before = searched(large)
    with Client(large.ports["ahnlich-db"]) as client:

        async def cancelled() -> None:
            call = asyncio.ensure_future(client.stub.pipeline(searches(), timeout=60))
            while await asyncio.to_thread(searched, large) < before + 10:
                assert not call.done()
            call.cancel()
            await call

        with pytest.raises(asyncio.CancelledError):
            client.loop.run_until_complete(cancelled())
        require_ended(large, before)
        # The connection is as good as before.
        client.call("ping", query.Ping())


def test_other_protocols_are_refused_with_a_line_in_the_log(launch) -> None:
    kith: Kith = launch()
    port = kith.ports["ahnlich-db"]
    for first in (b"Ahnlich;\x00\x01", b"GET / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), 60) as peer:
            peer.sendall(first)
            assert ended(peer), first
    until(lambda: 'its first bytes "GET / HTTP/1.1.." are not gRPC over HTTP/2' in kith.log_text(), "the second line")
    assert 'its first bytes "Ahnlich;.." are not gRPC over HTTP/2' in kith.log_text()
    with Client(port) as client:
        client.call("ping", query.Ping())


def ended(peer: socket.socket) -> bool:
    """Whether the server ends the connection, and has not answered as if it knew the protocol."""
    heard = b""
    try:
        while got := peer.recv(4096):
            heard += got
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return not heard.startswith(b"HTTP/1")


def test_a_stream_of_resets_ends_that_connection_only(client: Client, fleet) -> None:
    port = fleet.server("memory", secured=False).ports["ahnlich-db"]
    with socket.create_connection(("127.0.0.1", port), 10) as peer:
        conn = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        conn.initiate_connection()
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/services.db_service.DBService/Ping"),
            (":authority", "kith"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]
        end = time.monotonic() + 60
        try:
            while time.monotonic() < end:
                for _ in range(100):
                    stream = conn.get_next_available_stream_id()
                    conn.send_headers(stream, headers)
                    conn.reset_stream(stream)
                peer.sendall(conn.data_to_send())
            raise AssertionError("the server let all resets pass")
        except (ConnectionResetError, BrokenPipeError):
            pass
    client.call("ping", query.Ping())
