"""hnswlib, compiled for this processor. Blocks of queries run in its own loop, so that Python costs nothing there."""

import importlib.metadata

import graph_peer
import hnswlib
import numpy as np


class HnswlibIndex:
    call_seconds = 0.0

    def build(self, rows: np.ndarray, metric: str, m: int, ef_construction: int, threads: int) -> None:
        self.index = hnswlib.Index("l2" if metric == "L2" else "ip", rows.shape[1])
        self.index.init_index(len(rows), M=m, ef_construction=ef_construction, random_seed=100)
        self.index.add_items(rows, num_threads=threads)

    def set_ef(self, ef: int) -> None:
        self.index.set_ef(ef)

    def one(self, queries: np.ndarray, i: int, k: int) -> np.ndarray:
        return self.index.knn_query(queries[i], k, num_threads=1)[0]

    def block(self, queries: np.ndarray, k: int) -> np.ndarray:
        return self.index.knn_query(queries, k, num_threads=1)[0]


graph_peer.GraphPeer(HnswlibIndex, {"version": importlib.metadata.version("hnswlib")}).serve()
