"""kill -9 under load through the Ahnlich door: whatever was acknowledged is there again, and nothing else."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from ahnlich_client_py.grpc.algorithm.nonlinear import HnswConfig, NonLinearIndex
from ahnlich_client_py.grpc.db import query
from grpclib import GRPCError
from grpclib.exceptions import StreamTerminatedError

import kith_server
from ahnlich import Client, entry, equals, key, not_among, value

Model = dict[tuple[float, ...], dict[str, str]]
GONE = (GRPCError, StreamTerminatedError, OSError, TimeoutError)
DIMENSION = 4


def vector(chance: random.Random) -> tuple[float, ...]:
    """Few enough that updates and deletes meet what is there."""
    return tuple(float(chance.randrange(4)) for _ in range(DIMENSION))


def pairs(chance: random.Random) -> dict[str, str]:
    return {"group": str(chance.randrange(8)), "mark": str(chance.random())}


def step(chance: random.Random, model: Model) -> tuple[str, object, Model]:
    """One request, and the model after it."""
    after = dict(model)
    kind = chance.random()
    if kind < 0.6:
        rows = {vector(chance): pairs(chance) for _ in range(chance.randrange(1, 40))}
        after |= rows
        return "set", query.Set(store="s", inputs=[entry(v, p) for v, p in rows.items()]), after
    if kind < 0.8:
        keys = [vector(chance) for _ in range(5)]
        for gone in keys:
            after.pop(gone, None)
        return "del_key", query.DelKey(store="s", keys=[key(k) for k in keys]), after
    if kind < 0.9 and model:
        which = chance.choice(list(model))
        after[which] = {**model[which], "seen": "yes"}
        condition = equals("mark", model[which]["mark"])
        return "upsert", query.Upsert(store="s", condition=condition, new_value=value({"seen": "yes"}), merge_metadata=True), after
    group = str(chance.randrange(8))
    for gone in [v for v, p in model.items() if p["group"] == group]:
        del after[gone]
    return "del_pred", query.DelPred(store="s", condition=equals("group", group)), after


def contents(client: Client) -> Model:
    found = client.where("s", not_among("no such field"))
    model = {tuple(v): p for v, p in found}
    assert len(model) == len(found)
    return model


@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    rounds = max(3, pytestconfig.getoption("--kill-rounds") // 10)
    seed = pytestconfig.getoption("--kill-seed") or random.randrange(1 << 30)
    print(f"--kill-seed {seed}")
    chance = random.Random(seed)
    kith = kith_server.serve(tmp_path / "server", data=tmp_path / "data").start()
    try:
        with Client(kith.ports["ahnlich-db"]) as client:
            client.create("s", DIMENSION, create_predicates=["group"], non_linear_indices=[NonLinearIndex(hnsw=HnswConfig())])
        model: Model = {}
        for number in range(rounds):
            kill = threading.Timer(chance.uniform(0.2, 2.0), kith.kill)
            kill.start()
            possible = [model]
            with Client(kith.ports["ahnlich-db"]) as client:
                try:
                    while True:
                        rpc, message, after = step(chance, model)
                        possible = [model, after]
                        client.call(rpc, message)
                        model = after
                except GONE:
                    kill.join()
            kith.restart_same_ports()
            with Client(kith.ports["ahnlich-db"]) as client:
                there = contents(client)
                assert there in possible, f"round {number}, seed {seed}"
                model = there
                assert client.call("get_store", query.GetStore(store="s")).len == len(model)
                for group in range(8):
                    found = {tuple(v) for v, _ in client.where("s", equals("group", str(group)))}
                    assert found == {v for v, p in model.items() if p["group"] == str(group)}
    finally:
        kith.end()
