"""The published Ahnlich client, spoken to from ordinary functions: one connection, one event loop, short calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import betterproto
from ahnlich_client_py.grpc import keyval, metadata, predicates
from ahnlich_client_py.grpc.db import query
from ahnlich_client_py.grpc.services.db_service import DbServiceStub
from grpclib import GRPCError, Status
from grpclib.client import Channel

SECONDS = 30.0
Pairs = Mapping[str, object]


class Client:
    """A connection to the door; what the stub does asynchronously is waited for here, for a bounded time."""

    service: type = DbServiceStub

    def __init__(self, port: int, credential: str | None = None, ssl: object = None) -> None:
        self.loop = asyncio.new_event_loop()
        self.channel = self.loop.run_until_complete(_connect("localhost" if ssl else "127.0.0.1", port, ssl))
        self.stub = self.service(self.channel)
        self.metadata = {"authorization": f"Bearer {credential}"} if credential else None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.channel.close()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def call(self, rpc: str, message: object, timeout: float = SECONDS):
        """Calls one method of the stub by its name."""
        method = getattr(self.stub, rpc)
        return self.loop.run_until_complete(method(message, timeout=timeout, metadata=self.metadata))

    def refused(self, rpc: str, message: object) -> Refused:
        """The refusal of a call that must be refused."""
        try:
            answer = self.call(rpc, message)
        except GRPCError as error:
            return Refused(error.status, error.message or "")
        raise AssertionError(f"{rpc} was answered: {answer}")

    def create(self, store: str, dimension: int, **more: object):
        return self.call("create_store", query.CreateStore(store=store, dimension=dimension, error_if_exists=True, **more))

    def set(self, store: str, entries: Sequence[tuple[Sequence[float], Pairs]], schema: str | None = None) -> tuple[int, int]:
        inputs = [entry(vector, pairs) for vector, pairs in entries]
        upsert = self.call("set", query.Set(store=store, inputs=inputs, schema=schema)).upsert
        return upsert.inserted, upsert.updated

    def get(self, store: str, *vectors: Sequence[float], schema: str | None = None) -> list[tuple[list[float], dict]]:
        reply = self.call("get_key", query.GetKey(store=store, keys=[key(v) for v in vectors], schema=schema))
        return [plain(e) for e in reply.entries]

    def where(self, store: str, condition: predicates.PredicateCondition, schema: str | None = None) -> list[tuple[list[float], dict]]:
        reply = self.call("get_pred", query.GetPred(store=store, condition=condition, schema=schema))
        return [plain(e) for e in reply.entries]

    def nearest(self, store: str, vector: Sequence[float], count: int, algorithm: object, **more: object) -> list[tuple[list[float], float]]:
        asked = query.GetSimN(store=store, search_input=key(vector), closest_n=count, algorithm=algorithm, **more)
        return [(list(e.key.key), e.similarity.value) for e in self.call("get_sim_n", asked).entries]


async def _connect(host: str, port: int, ssl: object) -> Channel:
    """A channel belongs to the loop that it is made on."""
    return Channel(host, port, ssl=ssl)


@dataclass(frozen=True)
class Refused:
    status: Status
    message: str


def key(vector: Sequence[float]) -> keyval.StoreKey:
    return keyval.StoreKey(key=list(vector))


def held(content: object) -> metadata.MetadataValue:
    """Text as text, bytes as an image, a pair as what its first part says."""
    if isinstance(content, tuple):
        return metadata.MetadataValue(**{content[0]: content[1]})
    return metadata.MetadataValue(image=content) if isinstance(content, bytes) else metadata.MetadataValue(raw_string=content)


def value(pairs: Pairs) -> keyval.StoreValue:
    return keyval.StoreValue(value={name: held(content) for name, content in pairs.items()})


def entry(vector: Sequence[float], pairs: Pairs) -> keyval.DbStoreEntry:
    return keyval.DbStoreEntry(key=key(vector), value=value(pairs))


def plain(found: keyval.DbStoreEntry) -> tuple[list[float], dict]:
    pairs = {}
    for name, content in found.value.value.items():
        kind, inner = betterproto.which_one_of(content, "value")
        pairs[name] = inner if kind in ("raw_string", "image") else (kind, inner)
    return list(found.key.key), pairs


def _predicate(**kind: object) -> predicates.PredicateCondition:
    return predicates.PredicateCondition(value=predicates.Predicate(**kind))


def equals(name: str, content: object) -> predicates.PredicateCondition:
    return _predicate(equals=predicates.Equals(key=name, value=held(content)))


def not_equals(name: str, content: object) -> predicates.PredicateCondition:
    return _predicate(not_equals=predicates.NotEquals(key=name, value=held(content)))


def among(name: str, *contents: object) -> predicates.PredicateCondition:
    return _predicate(in_=predicates.In(key=name, values=[held(c) for c in contents]))


def not_among(name: str, *contents: object) -> predicates.PredicateCondition:
    return _predicate(not_in=predicates.NotIn(key=name, values=[held(c) for c in contents]))


def both(left: predicates.PredicateCondition, right: predicates.PredicateCondition) -> predicates.PredicateCondition:
    return predicates.PredicateCondition(and_=predicates.AndCondition(left=left, right=right))


def either(left: predicates.PredicateCondition, right: predicates.PredicateCondition) -> predicates.PredicateCondition:
    return predicates.PredicateCondition(or_=predicates.OrCondition(left=left, right=right))
