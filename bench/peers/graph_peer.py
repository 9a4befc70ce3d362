"""What the graph bench asks of a Python peer: load, build, answer, search and latency, each timed where it runs.

A peer brings an `Index`: `build(rows, metric, m, ef_construction, threads)`, `set_ef(ef)`, `one(queries, i, k)` for a
single query and `block(queries, k)` for many on the thread that calls, each giving ids as int64[queries × k]. What
Python adds to each query of a block, `call_seconds`, is not the library's and is taken off.
"""

import ctypes
import gc
import threading
import time
from typing import Protocol

import lines
import numpy as np


class Index(Protocol):
    call_seconds: float

    def build(self, rows: np.ndarray, metric: str, m: int, ef_construction: int, threads: int) -> None: ...
    def set_ef(self, ef: int) -> None: ...
    def one(self, queries: np.ndarray, i: int, k: int) -> np.ndarray: ...
    def block(self, queries: np.ndarray, k: int) -> np.ndarray: ...


def memory(field: str) -> int:
    """Bytes of this process, by a field of smaps_rollup."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field + ":"))


class GraphPeer:
    def __init__(self, make: type, about: dict[str, object]) -> None:
        self.make, self.about_text = make, about
        self.index: Index | None = None
        self.base = 0

    def about(self) -> dict[str, object]:
        return self.about_text

    def load(self, metric: str, dimension: str, rows_file: str, queries_file: str) -> dict[str, object]:
        self.metric, self.width, self.rows_file = metric, int(dimension), rows_file
        self.queries = np.fromfile(queries_file, "<f4").reshape(-1, self.width)
        self.base = memory("Rss")
        return {}

    def build(self, rows: str, m: str, ef_construction: str, threads: str) -> dict[str, object]:
        """Builds over the first `rows` rows of the file, whose bytes are read beforehand and given back afterwards."""
        self.index = None
        values = np.fromfile(self.rows_file, "<f4", count=int(rows) * self.width).reshape(-1, self.width)
        self.index = self.make()
        started = time.perf_counter()
        self.index.build(values, self.metric, int(m), int(ef_construction), int(threads))
        seconds = time.perf_counter() - started
        del values
        call = self.index.call_seconds * 1e6
        return {"seconds": seconds, "call": call, "resident": memory("Rss") - self.base, "huge": memory("AnonHugePages")}

    def answer(self, ef: str, first: str, count: str, k: str, ids_file: str) -> dict[str, object]:
        """The ids of `count` queries from the `first` on, as little-endian int64[count × k]."""
        self.index.set_ef(int(ef))
        at = int(first)
        self.index.block(self.queries[at : at + int(count)], int(k)).astype("<i8").tofile(ids_file)
        return {}

    def search(self, ef: str, first: str, count: str, k: str, threads: str) -> dict[str, object]:
        """The seconds that so many threads take for the queries, each for its own part of them."""
        self.index.set_ef(int(ef))
        parts = np.array_split(self.queries[int(first) : int(first) + int(count)], int(threads))
        running = [threading.Thread(target=self.run, args=(part, int(k))) for part in parts[1:]]
        started = time.perf_counter()
        for thread in running:
            thread.start()
        self.run(parts[0], int(k))
        for thread in running:
            thread.join()
        seconds = time.perf_counter() - started
        return {"seconds": seconds - self.index.call_seconds * len(parts[0])}

    def run(self, queries: np.ndarray, k: int) -> None:
        self.index.block(queries, k)

    def latency(self, ef: str, first: str, count: str, k: str) -> dict[str, object]:
        """Microseconds of single calls; some five of them are Python's."""
        self.index.set_ef(int(ef))
        taken = np.empty(int(count))
        for i in range(int(count)):
            started = time.perf_counter_ns()
            self.index.one(self.queries, int(first) + i, int(k))
            taken[i] = time.perf_counter_ns() - started
        p50, p99 = np.percentile(taken, [50, 99]) / 1_000
        return {"p50": p50, "p99": p99}

    def serve(self) -> None:
        commands = ("about", "load", "build", "answer", "search", "latency")
        lines.serve({name: getattr(self, name) for name in commands})
