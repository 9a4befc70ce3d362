"""kill -9 at a random moment under load, again and again: nothing acknowledged is lost, nothing is half there.

In half of the rounds the server makes a checkpoint after every few KiB of log, so that kills meet checkpoints and
compactions. One collection is large enough for a graph, which is kept with its checkpoints: every restart finds it,
searches it and compares its answers with the exact ones.

`e2e/run --kill-rounds 1000 test_kill_loop.py` for the long run; a failure prints the seed, `--kill-seed` repeats it.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
import zmq
from faissx.client import FaissXClient

from crash_model import GraphPlanner, Planner, Scope, State
from kith_server import Kith
from oracle import Content, assert_close, clustered
from raw import Pipeline, Raw, as_rows, unpack

DIMENSION, GRAPH_DIMENSION = 12, 512
OWNERS = 3
IDS_EACH = 400
SHARED = "shared by all"
GRAPH = "graph"
EARLIEST, LATEST = 0.2, 1.0
# A graph that has reached every row is pruned a second later, and then written: some kills come before, some after.
EARLIEST_GROWN, LATEST_GROWN, GROWN_SECONDS_MAX = 0.8, 1.8, 30
# Writes to the graph's collection in a round, at most: afterwards the graph has time to be written.
GRAPH_STEPS = 24
# Of each search whose answers are compared with the exact ones.
GRAPH_QUERIES, GRAPH_K = 10, 10
# A checkpoint after so much log; the default is 128M.
CHECKPOINT_LOG = "8K"
# Every so many rounds, the kill waits for the graph, which a large batch may have left far behind.
GROWN_EVERY = 8
# Every so many rounds, one worker speaks through the published client; after a kill that waits out its timeout.
PUBLISHED_EVERY = 16
# Ids of a map that are asked for one by one, besides all of them together: as many that may be there as that may not.
ASKED_SINGLY = 40


class Cut(Exception):
    """The server was killed while a request was under way."""


class Wire:
    """A raw client that gives up as soon as the server is known to be dead and nothing more arrives."""

    def __init__(self, endpoint: str, killed: threading.Event) -> None:
        self.killed = killed
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.connect(endpoint)

    def __call__(self, action: str, **fields: Any) -> dict[str, Any]:
        self.socket.send(msgpack.packb({"action": action, **fields}))
        for _ in range(3000):
            # Asked before the poll, so that a reply which came before the kill is still taken.
            dead = self.killed.is_set()
            if self.socket.poll(100 if dead else 10):
                return unpack(self.socket.recv())
            if dead:
                raise Cut
        raise AssertionError(f"no reply to {action} within 30 s")

    def close(self) -> None:
        self.socket.close()


class Published:
    """The same through the published client's own transport."""

    def __init__(self, endpoint: str, killed: threading.Event) -> None:
        self.killed = killed
        self.client = FaissXClient()
        self.client.configure(server=endpoint, timeout=5.0)

    def __call__(self, action: str, **fields: Any) -> dict[str, Any]:
        if "vectors" in fields and isinstance(fields["vectors"], bytes):
            rows = np.frombuffer(fields["vectors"], dtype="<f4")
            fields["vectors"] = rows.reshape(-1, DIMENSION).tolist()
        try:
            return self.client._send_request({"action": action, **fields})
        except Exception as failure:
            if self.killed.is_set():
                raise Cut from None
            raise AssertionError(f"{action}: {failure}") from failure

    def close(self) -> None:
        self.client.disconnect()


def own(planners: list[Planner], wire: Wire | Published, rng: random.Random, steps: Iterable[int]) -> None:
    """One worker: one request after the other on its own scopes, until the server dies or there were enough."""
    try:
        for _ in steps:
            planner = rng.choice(planners)
            scope, step = planner.scope, planner.next()
            scope.begin(step)
            reply = wire(step.action, **step.fields)
            assert reply["success"], f"{step.action} on {scope.name}: {reply}"
            if step.action == "remove_ids":
                assert reply["count"] == len(step.fields["ids"]) - 1, reply
            if step.action == "add_vectors":
                assert reply["ntotal"] == len(step.after or {}), reply
            scope.acknowledge()
    except Cut:
        pass
    finally:
        wire.close()


def look(scopes: list[Scope], wire: Wire, rng: random.Random) -> None:
    """Searches all the while; a collection that is dropped just then is the only excuse."""
    try:
        while True:
            scope = rng.choice(scopes)
            query = [[rng.random() for _ in range(scope.dimension)]]
            k = rng.randint(1, 50)
            reply = wire("search", index_id=scope.name, query_vectors=query, k=k)
            if reply["success"]:
                ids = [i for i in reply["results"][0]["indices"] if i != -1]
                assert len(set(ids)) == len(ids), "one id twice in one answer"
                distances = reply["results"][0]["distances"][: len(ids)]
                assert distances == sorted(distances)
            else:
                assert "does not exist" in reply["error"], reply
    except Cut:
        pass
    finally:
        wire.close()


def new_scopes() -> list[list[Scope]]:
    """What each worker owns; the last one has the collection with the graph."""
    owned = []
    for owner in range(OWNERS):
        ids = range(owner * IDS_EACH, (owner + 1) * IDS_EACH)
        owned.append(
            [
                Scope(f"map/{owner}", DIMENSION, "IDMap2:L2", ids),
                Scope(f"flat.{owner}", DIMENSION, ["L2", "HNSW16", "IVF4,PQ4x4"][owner], range(0)),
                Scope(SHARED, DIMENSION, "IDMap2:L2", ids, shared=True, states=[{}]),
            ]
        )
    return [*owned, [Scope(GRAPH, GRAPH_DIMENSION, "IDMap2:HNSW16", range(GraphPlanner.ROWS + 100))]]


def contents(kith: Kith, scopes: list[Scope]) -> dict[str, State]:
    """name → everything that the restarted server has."""
    found: dict[str, State] = {}
    with Raw(kith.endpoint) as raw, Pipeline(kith.endpoint) as pipeline:
        counts = raw.counts()
        assert counts.keys() <= {s.name for s in scopes}, f"a collection that nobody made: {counts}"
        for scope in {s.name: s for s in scopes}.values():
            mine = [other for other in scopes if other.name == scope.name]
            if scope.name not in counts:
                found[scope.name] = None
            elif scope.kind.startswith("IDMap"):
                found[scope.name] = _map_content(raw, pipeline, scope, counts[scope.name], mine)
            else:
                rows = as_rows(raw.ok("get_vectors", index_id=scope.name)["vectors"])
                found[scope.name] = {i: row.tobytes() for i, row in enumerate(rows)}
            assert len(found[scope.name] or {}) == counts.get(scope.name, 0), f"{scope.name}: wrong count"
    return found


def _map_content(raw: Raw, pipeline: Pipeline, scope: Scope, count: int, mine: list[Scope]) -> dict[int, bytes]:
    """Every id with its vector, from a search over everything; two other ways of reading must agree with it.

    Only one of them does for the graph's collection, since it takes a second to read.
    """
    everything: dict[int, bytes] = {}
    if count:
        query = [[0.0] * scope.dimension]
        reply = raw.ok("search_and_reconstruct", index_id=scope.name, query_vectors=query, k=count)
        (row,) = reply["results"]
        everything = dict(zip(row["indices"], (v.tobytes() for v in as_rows(row["vectors"])), strict=True))
    if count and scope.name != GRAPH:
        in_order_of_ids = b"".join(everything[identity] for identity in sorted(everything))
        assert as_rows(raw.ok("get_vectors", index_id=scope.name)["vectors"]).tobytes() == in_order_of_ids
    possible = {identity for other in mine for state in other.states for identity in state or {}}
    absent = [identity for other in mine for identity in other.ids if identity not in possible]
    asked = [*_some(sorted(possible)), *_some(absent)]
    replies = pipeline.ask_all("reconstruct", [{"index_id": scope.name, "id": identity} for identity in asked])
    for identity, reply in zip(asked, replies, strict=True):
        assert reply["success"] or str(identity) in reply["error"], reply
        single = as_rows([reply["vector"]])[0].tobytes() if reply["success"] else None
        assert single == everything.get(identity), f"{scope.name}: id {identity} by itself and in a search differ"
    return everything


def _some(ids: list[int]) -> list[int]:
    return random.sample(ids, min(len(ids), ASKED_SINGLY))


def settle(scopes: list[Scope], found: dict[str, State]) -> list[str]:
    wrong = []
    for scope in scopes:
        actual = found[scope.name]
        if scope.shared:
            actual = {i: v for i, v in (actual or {}).items() if i in scope.ids}
        problem = scope.settle(actual)
        if problem:
            wrong.append(f"{scope.name} (owner of ids {scope.ids}): {problem}")
    return wrong


def await_grown(kith: Kith) -> None:
    end = time.monotonic() + GROWN_SECONDS_MAX
    with Raw(kith.endpoint) as raw:
        while raw.ok("get_index_status", index_id=GRAPH)["status"]["tail_rows"] and time.monotonic() < end:
            time.sleep(0.05)


@dataclass
class Graph:
    """What was seen of the collection with a graph: from outside, its folder and its answers."""

    scope: Scope
    collections: Path
    files: set[Path] = field(default_factory=set)
    opened: int = 0
    recalls: list[float] = field(default_factory=list)

    def fill(self, kith: Kith) -> None:
        """Returns once there is a graph on the disk."""
        planner = GraphPlanner(self.scope, "fill")
        with Raw(kith.endpoint) as raw:
            for _ in range(2):
                step = planner.next()
                self.scope.begin(step)
                raw.ok(step.action, **step.fields)
                self.scope.acknowledge()
        end = time.monotonic() + 60
        while not self.files:
            assert time.monotonic() < end, "no graph was written"
            time.sleep(0.05)
            self.look()

    def look(self) -> None:
        self.files |= set(self.collections.glob("*/graph-*"))

    def restarted(self, kith: Kith) -> None:
        """To be called before anything else is asked: a graph that must be built anew would not be there yet."""
        with Raw(kith.endpoint) as raw:
            status = raw.ok("get_index_status", index_id=self.scope.name)["status"]
        self.opened += status["served_by"] == "hnsw"
        self.look()

    def search(self, kith: Kith, seed: int) -> None:
        """What is found must be there, at the distance that is answered; how much of the nearest it is, is kept."""
        state = self.scope.known or {}
        vectors = np.frombuffer(b"".join(state.values()), dtype="<f4").reshape(len(state), -1)
        content = Content(np.fromiter(state, dtype=np.int64), vectors)
        queries = clustered(GRAPH_QUERIES, self.scope.dimension, seed)
        with Raw(kith.endpoint) as raw:
            asked = {"index_id": self.scope.name, "query_vectors": queries.tolist(), "k": GRAPH_K}
            results = raw.ok("search", **asked)["results"]
        found = 0
        for query, result in zip(queries, results, strict=True):
            distances = dict(zip(content.ids.tolist(), content.scores(query[None])[0], strict=True))
            ids = result["indices"]
            assert len(set(ids)) == GRAPH_K and distances.keys() >= set(ids), f"ids {ids}"
            assert_close(result["distances"], [distances[i] for i in ids])
            found += len(set(ids) & set(sorted(distances, key=distances.__getitem__)[:GRAPH_K]))
        self.recalls.append(found / (GRAPH_K * GRAPH_QUERIES))

    def segment_bytes(self) -> int:
        (folder,) = {path.parent for path in self.files}
        return sum(path.stat().st_size for path in folder.glob("segment-*"))


def run_round(kith: Kith, owned: list[list[Scope]], seed: str, grown: bool) -> None:
    """Starts the workers, kills the server under them, after the graph has grown or not, and waits for them."""
    rng = random.Random(seed)
    published = rng.randrange(PUBLISHED_EVERY) == 0
    large = grown and rng.random() < 0.5
    killed = threading.Event()
    failures: list[BaseException] = []
    threads = []

    def go(work: Callable[..., None], *arguments: Any) -> None:
        def guarded() -> None:
            try:
                work(*arguments)
            except BaseException as failure:
                failures.append(failure)

        threads.append(threading.Thread(target=guarded, daemon=True))

    for number, scopes in enumerate(owned[:OWNERS]):
        planners = [Planner(scope, f"{seed}:{number}:{scope.name}") for scope in scopes]
        wire = (Published if published and number == 0 else Wire)(kith.endpoint, killed)
        go(own, planners, wire, random.Random(f"{seed}:{number}"), itertools.count())
    for scope in owned[OWNERS]:
        planner = GraphPlanner(scope, f"{seed}:{scope.name}", large)
        steps = range(1 if large else rng.randint(1, GRAPH_STEPS))
        go(own, [planner], Wire(kith.endpoint, killed), random.Random(), steps)
    searched = [scope for scopes in owned for scope in scopes]
    go(look, searched, Wire(kith.endpoint, killed), random.Random(f"{seed}:look"))
    for thread in threads:
        thread.start()
    # Not synchronisation: the moment of the kill is what the test draws.
    if grown:
        await_grown(kith)
    threading.Event().wait(rng.uniform(EARLIEST_GROWN, LATEST_GROWN) if grown else rng.uniform(EARLIEST, LATEST))
    kith.kill()
    killed.set()
    for thread in threads:
        thread.join(40)
        assert not thread.is_alive(), "a client hangs"
    if failures:
        raise failures[0]


@pytest.mark.kill
@pytest.mark.timeout(0)
def test_kill_loop_keeps_every_acknowledged_vector(
    launch: Callable[..., Kith], tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = request.config.getoption("--kill-rounds")
    seed = request.config.getoption("--kill-seed")
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    with capsys.disabled():
        print(f"\nkill loop: {rounds} rounds, --kill-seed {seed}")
    kith = launch(data=tmp_path / "data", environment={"KITH_CHECKPOINT_LOG": CHECKPOINT_LOG})
    owned = new_scopes()
    scopes = [scope for group in owned for scope in group]
    with Raw(kith.endpoint) as raw:
        raw.create(SHARED, DIMENSION, "IDMap2:L2")
    graph = Graph(owned[OWNERS][0], tmp_path / "data" / "collections")
    graph.fill(kith)
    kept: set[str] = set()
    for number in range(rounds):
        try:
            run_round(kith, owned, f"{seed}:{number}", grown=number % GROWN_EVERY == GROWN_EVERY - 1)
            # Half of the lives make checkpoints all the time, the others replay long logs.
            kith.environment = {"KITH_CHECKPOINT_LOG": CHECKPOINT_LOG} if number % 2 else {}
            kith.restart_same_ports()
            graph.restarted(kith)
            kept |= {path.name.split("-")[0] for path in graph.collections.glob("*/*-*")}
            wrong = settle(scopes, contents(kith, scopes))
            assert not wrong, "\n".join(wrong)
            graph.search(kith, number)
        except BaseException as failure:
            failure.add_note(f"--kill-seed {seed}, round {number}; log:\n{kith.log_text()[-3000:]}")
            raise
    kith.stop()
    done = sum(scope.acknowledged for scope in scopes)
    with capsys.disabled():
        print(
            f"kill loop: {done} acknowledged writes checked over {rounds} kills; files seen: {sorted(kept)}; "
            f"the graph: {graph.scope.acknowledged} writes, {len(graph.files)} files, opened again {graph.opened} "
            f"times, recall {min(graph.recalls):.3f} to {max(graph.recalls):.3f}, "
            f"segments {graph.segment_bytes() >> 20} MiB"
        )
    assert {"checkpoint", "segment", "graph"} <= kept, "no checkpoint was ever made: the loop proves little"
    assert graph.opened > rounds // GROWN_EVERY, "hardly any graph was opened again: the loop proves little of them"
    assert min(graph.recalls) >= 0.95
    # Each write ends rows, far more than there are points at a time: compaction lets them go.
    assert graph.segment_bytes() < 4 * GraphPlanner.ROWS * GRAPH_DIMENSION * 4
    assert done > 10 * rounds, "hardly anything was written: the loop proves nothing"
