"""kill -9 under the load of several writers through the Ahnlich door: what was acknowledged is there again, and nothing else.

Each writer has a store of its own, entries and indexes, and its part of a store that all of them write.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import betterproto
import pytest
from ahnlich_client_py.grpc.algorithm.algorithms import Algorithm
from ahnlich_client_py.grpc.algorithm.nonlinear import HnswConfig, KdTreeConfig, NonLinearAlgorithm, NonLinearIndex
from ahnlich_client_py.grpc.db import query
from grpclib import GRPCError, Status
from grpclib.exceptions import StreamTerminatedError

import kith_server
from ahnlich import Client, entry, equals, key, not_among, value

Entries = dict[tuple[float, ...], dict[str, str]]
GONE = (GRPCError, StreamTerminatedError, OSError, TimeoutError)
DIMENSION = 4
GRAPHS = [
    ("hnsw", NonLinearIndex(hnsw=HnswConfig()), NonLinearAlgorithm.HNSW),
    ("kdtree", NonLinearIndex(kdtree=KdTreeConfig()), NonLinearAlgorithm.KDTree),
]
EVERYTHING = not_among("no such field")
WRITERS = 3
SHARED = "shared"
APART = 10.0


@dataclass(frozen=True)
class Model:
    """What a store, or a writer's part of one, has; the indexes as its `GetStore` names them."""

    entries: Entries = field(default_factory=dict)
    predicates: frozenset[str] = frozenset()
    graphs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Place:
    """A store and what of it is one writer's: keys whose first component is from its number times ten on, groups of its name.

    Only one of those who share a store changes its indexes; nobody clears it.
    """

    store: str
    writer: int
    indexes: bool = True

    @property
    def whole(self) -> bool:
        return self.store != SHARED

    @property
    def groups(self) -> list[str]:
        return [f"{self.writer}-{number}" for number in range(8)]

    def vector(self, chance: random.Random) -> tuple[float, ...]:
        """Few enough that updates and deletes meet what is there."""
        first, *rest = (float(chance.randrange(4)) for _ in range(DIMENSION))
        return (self.writer * APART + first, *rest)

    def pairs(self, chance: random.Random) -> dict[str, str]:
        return {"group": chance.choice(self.groups), "mark": f"{self.writer}-{chance.random()}"}


PLACES = [Place(f"of-{number}", number) for number in range(WRITERS)]
PARTS = [Place(SHARED, number, indexes=number == 0) for number in range(WRITERS)]


def step(chance: random.Random, model: Model, place: Place) -> tuple[str, object, Model]:
    """One request, and the model after it."""
    kind = chance.random()
    if kind < 0.15 and place.indexes:
        return index_step(chance, model, place.store)
    after = dict(model.entries)
    if kind < 0.5:
        rows = {place.vector(chance): place.pairs(chance) for _ in range(chance.randrange(1, 40))}
        after |= rows
        asked = query.Set(store=place.store, inputs=[entry(v, p) for v, p in rows.items()])
        return "set", asked, replace(model, entries=after)
    if kind < 0.65:
        keys = [place.vector(chance) for _ in range(5)]
        for gone in keys:
            after.pop(gone, None)
        return "del_key", query.DelKey(store=place.store, keys=[key(k) for k in keys]), replace(model, entries=after)
    if kind < 0.85 and after:
        return upsert_step(chance, model, place)
    if kind < 0.86 and place.whole:
        return "clear_store", query.ClearStore(store=place.store), replace(model, entries={})
    group = chance.choice(place.groups)
    for gone in [v for v, p in after.items() if p["group"] == group]:
        del after[gone]
    return "del_pred", query.DelPred(store=place.store, condition=equals("group", group)), replace(model, entries=after)


def upsert_step(chance: random.Random, model: Model, place: Place) -> tuple[str, object, Model]:
    """Another value or, where no other entry has it, another key."""
    after = dict(model.entries)
    which = chance.choice(list(after))
    condition = equals("mark", after[which]["mark"])
    moved = place.vector(chance)
    if moved in after:
        after[which] = {**after[which], "seen": "yes"}
        asked = query.Upsert(store=place.store, condition=condition, new_value=value({"seen": "yes"}), merge_metadata=True)
    else:
        after[moved] = after.pop(which)
        asked = query.Upsert(store=place.store, condition=condition, new_key=key(moved))
    return "upsert", asked, replace(model, entries=after)


def index_step(chance: random.Random, model: Model, store: str) -> tuple[str, object, Model]:
    """Makes or drops an index; those that are there, or are not, change nothing."""
    if chance.random() < 0.5:
        name = chance.choice(["group", "mark", "seen"])
        if name in model.predicates:
            asked = query.DropPredIndex(store=store, predicates=[name], error_if_not_exists=True)
            return "drop_pred_index", asked, replace(model, predicates=model.predicates - {name})
        return "create_pred_index", query.CreatePredIndex(store=store, predicates=[name]), replace(model, predicates=model.predicates | {name})
    name, index, algorithm = chance.choice(GRAPHS)
    if name in model.graphs:
        asked = query.DropNonLinearAlgorithmIndex(store=store, non_linear_indices=[algorithm], error_if_not_exists=True)
        return "drop_non_linear_algorithm_index", asked, replace(model, graphs=model.graphs - {name})
    asked = query.CreateNonLinearAlgorithmIndex(store=store, non_linear_indices=[index])
    return "create_non_linear_algorithm_index", asked, replace(model, graphs=model.graphs | {name})


def contents(client: Client, store: str) -> Model:
    found = client.where(store, EVERYTHING)
    entries = {tuple(v): p for v, p in found}
    info = client.call("get_store", query.GetStore(store=store))
    assert len(entries) == len(found) == info.len
    graphs = frozenset(betterproto.which_one_of(index, "index")[0] for index in info.non_linear_indices)
    return Model(entries, frozenset(info.predicate_indices), graphs)


def part(all: Model, place: Place) -> Model:
    """What of a store is one writer's."""
    from_, to = place.writer * APART, (place.writer + 1) * APART
    entries = {v: p for v, p in all.entries.items() if from_ <= v[0] < to}
    return replace(all, entries=entries) if place.indexes else Model(entries)


def check_indexes(client: Client, store: str, model: Model) -> None:
    """Every index answers as a look at all entries does."""
    for group in sorted({p["group"] for p in model.entries.values()}):
        found = {tuple(v) for v, _ in client.where(store, equals("group", group))}
        assert found == {v for v, p in model.entries.items() if p["group"] == group}
    asked = [0.5] * DIMENSION
    nearest = sorted(sum((x - 0.5) ** 2 for x in v) for v in model.entries)[:10]
    for name, algorithm in (("kdtree", Algorithm.KDTree), ("hnsw", Algorithm.HNSW)):
        if name in model.graphs:
            found = client.nearest(store, asked, 10, algorithm)
            assert [sum((x - 0.5) ** 2 for x in v) for v, _ in found] == nearest


def require_lost(gone: BaseException) -> None:
    """A server that is killed refuses nothing: no other answer may end a round."""
    assert not isinstance(gone, GRPCError) or gone.status is Status.UNAVAILABLE, gone


def search(port: int, ended: threading.Event) -> None:
    """Searches all the while, as others do."""
    chance = random.Random(port)
    with Client(port) as client:
        try:
            while not ended.is_set():
                place = chance.choice([*PLACES, *PARTS])
                found = client.nearest(place.store, place.vector(chance), 5, Algorithm.EuclideanDistance)
                assert [d for _, d in found] == sorted(d for _, d in found)
        except GONE as gone:
            require_lost(gone)


@dataclass
class Writer:
    """One that writes its store and its part of the shared one by turns; what they may have when it was cut off."""

    number: int
    models: list[Model] = field(default_factory=lambda: [Model(), Model()])
    acknowledged: int = 0

    def __post_init__(self) -> None:
        self.places = [PLACES[self.number], PARTS[self.number]]

    def write(self, port: int, seed: int) -> list[list[Model]]:
        chance = random.Random(seed)
        which, after = 0, self.models[0]
        with Client(port) as client:
            try:
                while True:
                    which = chance.randrange(2)
                    rpc, message, after = step(chance, self.models[which], self.places[which])
                    client.call(rpc, message)
                    self.models[which] = after
                    self.acknowledged += 1
            except GONE as gone:
                require_lost(gone)
        return [[model, after] if at == which else [model] for at, model in enumerate(self.models)]


def found_again(client: Client, possible: list[list[list[Model]]]) -> list[list[Model]]:
    """What each writer's two places have, which is what they may have; every index is looked at."""
    shared = contents(client, SHARED)
    check_indexes(client, SHARED, shared)
    parts = [part(shared, place) for place in PARTS]
    assert sum(len(one.entries) for one in parts) == len(shared.entries)
    there = []
    for number, (own, of_shared) in enumerate(possible):
        store = contents(client, PLACES[number].store)
        assert store in own, f"writer {number}"
        assert parts[number] in of_shared, f"writer {number}, shared"
        check_indexes(client, PLACES[number].store, store)
        there.append([store, parts[number]])
    return there


@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    rounds = max(3, pytestconfig.getoption("--kill-rounds") // 10)
    seed = pytestconfig.getoption("--kill-seed") or random.randrange(1 << 30)
    print(f"--kill-seed {seed}")
    chance = random.Random(seed)
    kith = kith_server.serve(tmp_path / "server", data=tmp_path / "data").start()
    port = kith.ports["ahnlich-db"]
    writers = [Writer(number) for number in range(WRITERS)]
    try:
        with Client(port) as client:
            for store in [SHARED, *(place.store for place in PLACES)]:
                client.create(store, DIMENSION)
        for number in range(rounds):
            kill = threading.Timer(chance.uniform(0.2, 2.0), kith.kill)
            ended = threading.Event()
            before = [writer.acknowledged for writer in writers]
            with ThreadPoolExecutor(WRITERS + 1) as pool:
                searching = pool.submit(search, port, ended)
                writing = [pool.submit(writer.write, port, chance.getrandbits(32)) for writer in writers]
                while not all(one.done() or writer.acknowledged > was for one, writer, was in zip(writing, writers, before, strict=True)):
                    time.sleep(0.01)
                kill.start()
                possible = [one.result() for one in writing]
                kill.join()
                ended.set()
                searching.result()
            about = f"round {number}, seed {seed}"
            assert all(writer.acknowledged > was for writer, was in zip(writers, before, strict=True)), about
            kith.restart_same_ports()
            with Client(port) as client:
                for writer, models in zip(writers, found_again(client, possible), strict=True):
                    writer.models = models
    finally:
        kith.end()
