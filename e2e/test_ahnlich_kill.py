"""kill -9 under load through the Ahnlich door, entries and indexes: whatever was acknowledged is there again, and nothing else."""

from __future__ import annotations

import random
import threading
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


@dataclass(frozen=True)
class Model:
    """What a store has; the indexes as its `GetStore` names them."""

    entries: Entries = field(default_factory=dict)
    predicates: frozenset[str] = frozenset()
    graphs: frozenset[str] = frozenset()


def vector(chance: random.Random) -> tuple[float, ...]:
    """Few enough that updates and deletes meet what is there."""
    return tuple(float(chance.randrange(4)) for _ in range(DIMENSION))


def pairs(chance: random.Random) -> dict[str, str]:
    return {"group": str(chance.randrange(8)), "mark": str(chance.random())}


def step(chance: random.Random, model: Model) -> tuple[str, object, Model]:
    """One request, and the model after it."""
    kind = chance.random()
    if kind < 0.15:
        return index_step(chance, model)
    after = dict(model.entries)
    if kind < 0.65:
        rows = {vector(chance): pairs(chance) for _ in range(chance.randrange(1, 40))}
        after |= rows
        asked = query.Set(store="s", inputs=[entry(v, p) for v, p in rows.items()])
        return "set", asked, replace(model, entries=after)
    if kind < 0.75:
        keys = [vector(chance) for _ in range(5)]
        for gone in keys:
            after.pop(gone, None)
        return "del_key", query.DelKey(store="s", keys=[key(k) for k in keys]), replace(model, entries=after)
    if kind < 0.9 and after:
        return upsert_step(chance, model)
    if kind < 0.91:
        return "clear_store", query.ClearStore(store="s"), replace(model, entries={})
    group = str(chance.randrange(8))
    for gone in [v for v, p in after.items() if p["group"] == group]:
        del after[gone]
    return "del_pred", query.DelPred(store="s", condition=equals("group", group)), replace(model, entries=after)


def upsert_step(chance: random.Random, model: Model) -> tuple[str, object, Model]:
    """Another value or, where no other entry has it, another key."""
    after = dict(model.entries)
    which = chance.choice(list(after))
    condition = equals("mark", after[which]["mark"])
    moved = vector(chance)
    if moved in after:
        after[which] = {**after[which], "seen": "yes"}
        asked = query.Upsert(store="s", condition=condition, new_value=value({"seen": "yes"}), merge_metadata=True)
    else:
        after[moved] = after.pop(which)
        asked = query.Upsert(store="s", condition=condition, new_key=key(moved))
    return "upsert", asked, replace(model, entries=after)


def index_step(chance: random.Random, model: Model) -> tuple[str, object, Model]:
    """Makes or drops an index; those that are there, or are not, change nothing."""
    if chance.random() < 0.5:
        name = chance.choice(["group", "mark", "seen"])
        if name in model.predicates:
            asked = query.DropPredIndex(store="s", predicates=[name], error_if_not_exists=True)
            return "drop_pred_index", asked, replace(model, predicates=model.predicates - {name})
        return "create_pred_index", query.CreatePredIndex(store="s", predicates=[name]), replace(model, predicates=model.predicates | {name})
    name, index, algorithm = chance.choice(GRAPHS)
    if name in model.graphs:
        asked = query.DropNonLinearAlgorithmIndex(store="s", non_linear_indices=[algorithm], error_if_not_exists=True)
        return "drop_non_linear_algorithm_index", asked, replace(model, graphs=model.graphs - {name})
    asked = query.CreateNonLinearAlgorithmIndex(store="s", non_linear_indices=[index])
    return "create_non_linear_algorithm_index", asked, replace(model, graphs=model.graphs | {name})


def contents(client: Client) -> Model:
    found = client.where("s", EVERYTHING)
    entries = {tuple(v): p for v, p in found}
    info = client.call("get_store", query.GetStore(store="s"))
    assert len(entries) == len(found) == info.len
    graphs = frozenset(betterproto.which_one_of(index, "index")[0] for index in info.non_linear_indices)
    return Model(entries, frozenset(info.predicate_indices), graphs)


def check_indexes(client: Client, model: Model) -> None:
    """Every index answers as a look at all entries does."""
    for group in range(8):
        found = {tuple(v) for v, _ in client.where("s", equals("group", str(group)))}
        assert found == {v for v, p in model.entries.items() if p["group"] == str(group)}
    asked = [0.5] * DIMENSION
    nearest = sorted(sum((x - 0.5) ** 2 for x in v) for v in model.entries)[:10]
    for name, algorithm in (("kdtree", Algorithm.KDTree), ("hnsw", Algorithm.HNSW)):
        if name in model.graphs:
            found = client.nearest("s", asked, 10, algorithm)
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
                found = client.nearest("s", vector(chance), 5, Algorithm.EuclideanDistance)
                assert [d for _, d in found] == sorted(d for _, d in found)
        except GONE as gone:
            require_lost(gone)


@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    rounds = max(3, pytestconfig.getoption("--kill-rounds") // 10)
    seed = pytestconfig.getoption("--kill-seed") or random.randrange(1 << 30)
    print(f"--kill-seed {seed}")
    chance = random.Random(seed)
    kith = kith_server.serve(tmp_path / "server", data=tmp_path / "data").start()
    try:
        with Client(kith.ports["ahnlich-db"]) as client:
            client.create("s", DIMENSION)
        model = Model()
        for number in range(rounds):
            kill = threading.Timer(chance.uniform(0.2, 2.0), kith.kill)
            ended = threading.Event()
            possible, acknowledged = [model], 0
            with ThreadPoolExecutor(1) as pool, Client(kith.ports["ahnlich-db"]) as client:
                searching = pool.submit(search, kith.ports["ahnlich-db"], ended)
                kill.start()
                try:
                    while True:
                        rpc, message, after = step(chance, model)
                        possible = [model, after]
                        client.call(rpc, message)
                        model = after
                        acknowledged += 1
                except GONE as gone:
                    kill.join()
                    ended.set()
                    require_lost(gone)
                searching.result()
            assert acknowledged, f"round {number}, seed {seed}"
            kith.restart_same_ports()
            with Client(kith.ports["ahnlich-db"]) as client:
                there = contents(client)
                assert there in possible, f"round {number}, seed {seed}"
                model = there
                check_indexes(client, model)
    finally:
        kith.end()
