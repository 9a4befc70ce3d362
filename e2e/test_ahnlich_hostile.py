"""Strangers at the gRPC port of a server with little memory: whatever they send, or do not read, others are served.

The heap has 256 MiB, of which 64 may be requests in flight. After each attack the same small calls are answered as
before; at the end the process is the one that was started, has not run out of memory and has logged no stack trace.
"""

from __future__ import annotations

import gzip
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import h2.config
import h2.connection
import h2.events
import pytest
from ahnlich_client_py.grpc.db import query
from grpclib import Status

from ahnlich import Client, among, both, equals, not_equals
from kith_server import Kith
HEAP_MIB = 256
ENTRIES = 200
TEXT = "x" * 20_000
SERVICE = "/services.db_service.DBService/"
DATA, HEADERS, PRIORITY, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 4, 6, 7, 8, 9
MEBI = 1 << 20


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kith]:
    folder = tmp_path_factory.mktemp("hostile")
    environment = {"KITH_JAVA_OPTIONS": f"-Xmx{HEAP_MIB}m"}
    kith = Kith(["ahnlich-db", "run", "--port", "0"], folder / "kith.log", environment).start()
    with Client(kith.ports["ahnlich-db"]) as client:
        client.create("s", 4, create_predicates=["n"])
        client.set("s", [([float(i), 1.0, 2.0, 3.0], {"n": str(i)}) for i in range(ENTRIES)])
        client.create("long", 1)
        client.set("long", [([float(i)], {"text": TEXT}) for i in range(ENTRIES)])
    pid = kith.pid
    yield kith
    assert kith.alive() and kith.pid == pid, kith.log_text()[-4000:]
    log = kith.log_text()
    assert "OutOfMemoryError" not in log
    assert "\tat " not in log, log[log.index("\tat ") - 2000 :][:4000]
    kith.stop()


@pytest.fixture
def port(small: Kith) -> Iterator[int]:
    port = small.ports["ahnlich-db"]
    yield port
    served(port)


def served(port: int) -> None:
    """A newcomer's small calls are answered, and nothing has changed."""
    with Client(port) as client:
        client.call("ping", query.Ping())
        assert client.nearest("s", [7.0, 1.0, 2.0, 3.0], 1, 0) == [([7.0, 1.0, 2.0, 3.0], 0.0)]
        assert client.call("get_store", query.GetStore(store="s")).len == ENTRIES


EVERY = bytes(query.GetPred(store="long", condition=not_equals("text", "none")))


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Peer:
    """A connection that sends what no client would."""

    def __init__(self, port: int, receive: int | None = None) -> None:
        self.socket = socket.socket()
        if receive is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", port))
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.http.initiate_connection()
        self.ended: dict[int, Status | None] = {}
        self.flush()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def flush(self) -> None:
        self.socket.sendall(self.http.data_to_send())

    def flood(self, frames: bytes, times: int) -> bool:
        """Sends the same bytes over and over without reading; whether the server took them all."""
        try:
            for _ in range(times):
                self.socket.sendall(frames)
            return True
        except OSError:
            return False

    def open(self, rpc: str, end: bool = False, **more: str) -> int:
        stream = self.http.get_next_available_stream_id()
        headers = {":method": "POST", ":scheme": "http", ":path": SERVICE + rpc, ":authority": "kith"}
        headers |= {"content-type": "application/grpc", "te": "trailers"} | {k.replace("_", "-"): v for k, v in more.items()}
        self.http.send_headers(stream, list(headers.items()), end_stream=end)
        return stream

    def ask(self, rpc: str, message: bytes, compressed: bool = False, **more: str) -> int:
        """A whole call; as much of it at a time as the server gives leave to send."""
        stream = self.open(rpc, **more)
        left = struct.pack(">?I", compressed, len(message)) + message
        while left and stream not in self.ended:
            size = min(len(left), self.http.local_flow_control_window(stream), self.http.max_outbound_frame_size)
            if size == 0:
                self.flush()
                self.hear()
                continue
            self.http.send_data(stream, left[:size], end_stream=size == len(left))
            left = left[size:]
        self.flush()
        return stream

    def hear(self) -> None:
        """What one read brings."""
        got = self.socket.recv(65_536)
        if not got:
            raise ConnectionResetError
        for event in self.http.receive_data(got):
            if isinstance(event, h2.events.DataReceived):
                self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                status = {bytes(name): value for name, value in event.headers}.get(b"grpc-status")
                if status is not None:
                    self.ended[event.stream_id] = Status(int(status))
            elif isinstance(event, h2.events.StreamReset):
                self.ended.setdefault(event.stream_id, None)
        self.flush()

    def status(self, stream: int) -> Status | None:
        """How the server ended a stream; None: with a reset."""
        while stream not in self.ended:
            self.hear()
        return self.ended[stream]

    def is_cut_off(self) -> bool:
        """Whether the server ends the connection, whatever it says before."""
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return False
        return True


LITERALS = b"\x00\x04name\x05value" * 1_000
FLOODS = {
    "settings": frame(SETTINGS, 0, 0, b"") * 1_000,
    "pings": frame(PING, 0, 0, bytes(8)) * 1_000,
    "priorities": frame(PRIORITY, 0, 1, struct.pack(">IB", 3, 9)) * 1_000,
    "windows": frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**31 - 1)) * 1_000,
    "goaways": frame(GOAWAY, 0, 0, bytes(8)) * 1_000,
    "junk": b"\xff" * 4_096,
}


# Those of which the server reads as many as come: each is read, and nothing kept or answered.
HARMLESS = {"priorities", "goaways"}


@pytest.mark.parametrize("name", FLOODS)
def test_floods_of_frames_fill_nothing(port: int, name: str) -> None:
    with Peer(port, receive=4_096) as peer:
        assert peer.flood(FLOODS[name], 3_000) == (name in HARMLESS)
        served(port)
        if name in HARMLESS:
            assert peer.status(peer.ask("Ping", b"")) == Status.OK


def test_endless_headers_end_their_connection(port: int) -> None:
    with Peer(port) as peer:
        assert peer.flood(frame(HEADERS, 0, 1, LITERALS), 1)
        assert not peer.flood(frame(CONTINUATION, 0, 1, LITERALS), 10_000)
    with Peer(port) as peer:
        peer.open("Ping", end=True, **{f"name_{n}": "value" for n in range(2_000)})
        peer.flush()
        assert peer.is_cut_off()


def test_streams_beyond_the_limit_are_refused(port: int) -> None:
    """More than a connection may have at once, none of which goes on, and whose refusals nobody reads."""
    with Peer(port, receive=4_096) as peer:
        opened = 0
        try:
            for opened in range(20_000):
                peer.open("Set")
                peer.flush()
        except OSError:
            pass
        assert opened > 256
        served(port)


def literal(name: str, text: str) -> bytes:
    """A header that no table keeps; both parts are short."""
    assert len(name) < 127 and len(text) < 127
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(text)]) + text.encode()


def request(path: str, content: bytes | None = None) -> Callable[[int], bytes]:
    """Frames of a call, by its stream's number; without a content it only begins."""
    headers = b"\x83\x86" + literal(":path", path) + literal(":authority", "kith")
    headers += literal("content-type", "application/grpc") + literal("te", "trailers")
    data = None if content is None else struct.pack(">?I", False, len(content)) + content
    return lambda stream: frame(HEADERS, 4, stream, headers) + (frame(DATA, 1, stream, data) if data is not None else b"")


MANY = {
    "only begin": request(SERVICE + "Set"),
    "watch health": request("/grpc.health.v1.Health/Watch", b""),
    "are no messages": request("/grpc.health.v1.Health/Watch", b"\x00"),
    "begin to ask for services": request("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
}


@pytest.mark.parametrize("name", MANY)
def test_calls_of_very_many_connections_fill_neither_memory_nor_log(small: Kith, port: int, name: str) -> None:
    """As many as they like on each; the server takes some tens, says so, and resets the others."""
    before = len(small.log_text().splitlines())
    calls = b"".join(MANY[name](stream) for stream in range(1, 512, 2))
    with ExitStack() as stack:
        for _ in range(400):
            peer = stack.enter_context(Peer(port))
            peer.flood(calls, 1)
        served(port)
    assert len(small.log_text().splitlines()) - before < 100


def test_requests_that_stop_half_way_stop_nobody(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            peer = stack.enter_context(Peer(port))
            for _ in range(20):
                stream = peer.open("Set")
                peer.http.send_data(stream, struct.pack(">?I", False, 9 * MEBI) + bytes(3_000))
            peer.flush()
        served(port)


def test_replies_that_nobody_reads_stop_nobody(port: int) -> None:
    """Each of them has four megabytes; the receivers take some kilobytes of all."""
    with ExitStack() as stack:
        for _ in range(20):
            peer = stack.enter_context(Peer(port, receive=4_096))
            for _ in range(5):
                peer.ask("GetPred", EVERY)
        for _ in range(5):
            served(port)


def varint(number: int) -> bytes:
    prefix = bytearray()
    while number > 127:
        prefix.append(number & 127 | 128)
        number >>= 7
    return bytes([*prefix, number])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def repeated(number: int, times: int) -> bytes:
    return field(number, b"") * times


def of_text(number: int, text: str) -> bytes:
    return field(number, text.encode())


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "queries of nothing": ("Pipeline", lambda: repeated(1, 4_500_000)),
    "a set of nothing": ("Set", lambda: of_text(1, "s") + repeated(2, 4_500_000)),
    "a set of nothing in a pipeline": ("Pipeline", lambda: field(1, field(9, repeated(2, 4_500_000)))),
    "keys of nothing": ("DelKey", lambda: of_text(1, "s") + repeated(2, 4_500_000)),
    "values of nothing": ("GetPred", lambda: of_text(1, "s") + field(2, field(1, field(3, of_text(1, "n") + repeated(2, 4_500_000))))),
    "a value of many names": (
        "Upsert",
        lambda: of_text(1, "s") + field(4, b"".join(field(1, of_text(1, f"{n:x}")) for n in range(700_000))),
    ),
    "names of indexes": ("CreatePredIndex", lambda: of_text(1, "s") + b"\x12\x01a" * 3_000_000),
    "indexes of nothing": ("CreateStore", lambda: of_text(1, "s") + repeated(4, 4_500_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_small_messages_that_become_large_are_refused_before(port: int, name: str) -> None:
    rpc, made = BOMBS[name]
    with Peer(port) as peer:
        assert peer.status(peer.ask(rpc, made())) == Status.RESOURCE_EXHAUSTED


def test_unknown_fields_are_not_kept(port: int) -> None:
    strange = b"".join(varint((1 << 21 | n) << 3) + b"\x01" for n in range(1_500_000))
    with Peer(port) as peer:
        assert peer.status(peer.ask("GetStore", of_text(1, "s") + strange)) == Status.OK
        assert peer.status(peer.ask("Ping", strange)) == Status.OK


def test_compressed_messages_are_bounded_by_what_they_hold(port: int) -> None:
    """The first is too large itself, the second holds too many things, the third is no gzip."""
    for message, status in (
        (gzip.compress(of_text(1, "x" * 60_000_000), 1), Status.RESOURCE_EXHAUSTED),
        (gzip.compress(repeated(1, 4_500_000), 1), Status.RESOURCE_EXHAUSTED),
        (b"no gzip", Status.INVALID_ARGUMENT),
    ):
        with Peer(port) as peer:
            assert peer.status(peer.ask("Pipeline", message, compressed=True, grpc_encoding="gzip")) == status


def test_a_pipeline_of_very_many_queries_is_answered_or_refused_as_a_whole(port: int) -> None:
    ping, every = field(1, field(16, b"")), field(1, field(3, EVERY))
    with Peer(port) as peer:
        assert peer.status(peer.ask("Pipeline", ping * 1_000)) == Status.OK
        assert peer.status(peer.ask("Pipeline", ping * 1_000_000)) == Status.RESOURCE_EXHAUSTED
        # Each of them fits by itself; those that do not any more, beside the others' replies, have errors in place.
        assert peer.status(peer.ask("Pipeline", every * 100)) == Status.OK


def test_calls_cancelled_at_any_moment_leave_nothing(port: int) -> None:
    with Peer(port) as peer:
        for turn in range(300):
            stream = peer.open("GetPred")
            whole = turn % 3 > 0
            peer.http.send_data(stream, struct.pack(">?I", False, len(EVERY)) + EVERY, end_stream=whole)
            if turn % 3 == 2:
                peer.flush()
            peer.http.reset_stream(stream)
            peer.flush()
        assert peer.status(peer.ask("Ping", b"")) == Status.OK


def test_texts_are_only_ever_texts(port: int) -> None:
    """Names and values that would mean something to a parser of filters, a shell, a disk or a log."""
    texts = ["' OR '1'='1", "\"); drop", "a\x00b", "../../etc/passwd", "%2e%2e", "\n\r\t", "${jndi:ldap://x}", "é", "e\u0301", "x" * 500]
    with Client(port) as client:
        for number, text in enumerate(texts):
            client.create(text, 1, create_predicates=[text])
            assert client.set(text, [([1.0], {text: text}), ([2.0], {text: "else"})]) == (2, 0)
            assert client.where(text, equals(text, text)) == [([1.0], {text: text})], number
            assert client.where(text, among(text, *texts)) == [([1.0], {text: text})], number
            assert client.where(text, both(equals(text, text), not_equals(text, "else"))) == [([1.0], {text: text})]
        names = [info.name for info in client.call("list_stores", query.ListStores()).stores]
        assert sorted(texts) == sorted(set(names) - {"s", "long"})
        for text in texts:
            assert client.call("drop_store", query.DropStore(store=text)).deleted_count == 1
        long = "y" * 1_000_000
        assert client.refused("create_store", query.CreateStore(store=long, dimension=1)).status == Status.INVALID_ARGUMENT
        assert client.refused("get_store", query.GetStore(store=long)).status == Status.NOT_FOUND
        assert client.where("s", equals(long, long)) == []


def test_thousands_of_stores_come_and_go(port: int) -> None:
    with Client(port) as client:
        for number in range(1_500):
            client.create(f"store-{number}", 8, schema="many")
        client.set("store-7", [([1.0] * 8, {})], schema="many")
        listed = client.call("list_stores", query.ListStores(schema="many")).stores
        assert (len(listed), sum(info.len for info in listed)) == (1_500, 1)
        assert client.call("drop_schema", query.DropSchema(schema="many")).deleted_count == 1_500
        assert client.call("list_stores", query.ListStores(schema="many")).stores == []


def test_an_oversized_call_takes_one_line_of_the_log(small: Kith, port: int) -> None:
    before = len(small.log_text())
    with Client(port) as client:
        for _ in range(2):
            refused = client.refused("get_store", query.GetStore(store="x" * 11_000_000))
            assert refused.status == Status.RESOURCE_EXHAUSTED
        client.call("ping", query.Ping())
    end = time.monotonic() + 60
    while len(said := small.log_text()[before:].splitlines()) < 2:
        assert time.monotonic() < end, said
    assert len(said) == 2 and all("DBService/GetStore" in line and "RESOURCE_EXHAUSTED" in line for line in said), said
