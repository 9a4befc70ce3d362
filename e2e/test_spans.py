"""Spans of the gRPC calls, as a collector gets them by OTLP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ahnlich_client_py.grpc.db import query
from grpclib.const import Cardinality, Handler
from grpclib.encoding.base import CodecBase
from grpclib.server import Server

from ahnlich import Client
from kith_server import Kith

TRACE, PARENT = "80e1afed08e019fc1110464cfa66635c", "7a085853722dc6d2"


class Bytes(CodecBase):
    """Messages as they come: what a span says is looked for in its bytes."""

    __content_subtype__ = "proto"

    def encode(self, message: bytes, message_type: object) -> bytes:
        return message

    def decode(self, data: bytes, message_type: object) -> bytes:
        return data


class Collector:
    """The service that takes spans, on a thread of its own."""

    def __init__(self) -> None:
        self.exports: list[bytes] = []
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(self._listen())
        self.port = self.server._server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    async def _listen(self) -> Server:
        server = Server([self], codec=Bytes())
        await server.start("127.0.0.1", 0)
        return server

    def __mapping__(self) -> dict[str, Handler]:
        path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        return {path: Handler(self._export, Cardinality.UNARY_UNARY, bytes, bytes)}

    async def _export(self, stream) -> None:
        self.exports.append(await stream.recv_message())
        await stream.send_message(b"")

    def close(self) -> None:
        self.server.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def test_calls_are_spans_under_their_clients(tmp_path: Path, collector: Collector) -> None:
    tracing = ("--enable-tracing", "--otel-endpoint", f"http://127.0.0.1:{collector.port}")
    kith = Kith(["ahnlich-db", "run", "--port", "0", *tracing], tmp_path / "kith.log").start()
    try:
        with Client(kith.ports["ahnlich-db"]) as client:
            client.metadata = {"ahnlich-trace-id": f"00-{TRACE}-{PARENT}-01"}
            client.refused("get_store", query.GetStore(store="none"))
            client.metadata = {"ahnlich-trace-id": "not a trace"}
            client.call("ping", query.Ping())
        # What waits is sent before the end.
        kith.stop()
    finally:
        kith.end()
    said = b"".join(collector.exports)
    for part in (b"services.db_service.DBService/GetStore", b"services.db_service.DBService/Ping", b"rpc.grpc.status_code", b"kith"):
        assert part in said
    # The call of the client that named a trace is in it, below the client's span; the other is in one of its own.
    assert said.count(bytes.fromhex(TRACE)) == said.count(bytes.fromhex(PARENT)) == 1


def test_a_collector_that_is_not_there_delays_nothing(tmp_path: Path) -> None:
    kith = Kith(["ahnlich-db", "run", "--port", "0", "--enable-tracing", "--otel-endpoint", "http://127.0.0.1:9"], tmp_path / "kith.log")
    kith.start()
    try:
        with Client(kith.ports["ahnlich-db"]) as client:
            for _ in range(100):
                client.call("ping", query.Ping())
        kith.stop()
    finally:
        kith.end()
