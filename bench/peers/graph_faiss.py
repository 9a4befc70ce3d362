"""FAISS's IndexHNSWFlat, one query a call: that is how it is compared, and OpenMP and BLAS keep to one thread."""

import time

import faiss
import graph_peer
import numpy as np

FEW = 10
CALLS = 2_000


class FaissIndex:
    def build(self, rows: np.ndarray, metric: str, m: int, ef_construction: int, threads: int) -> None:
        measure = faiss.METRIC_L2 if metric == "L2" else faiss.METRIC_INNER_PRODUCT
        self.index = faiss.IndexHNSWFlat(rows.shape[1], m, measure)
        self.index.hnsw.efConstruction = ef_construction
        faiss.omp_set_num_threads(threads)
        self.index.add(rows)
        faiss.omp_set_num_threads(1)
        self.call_seconds = self.binding_seconds(rows[:FEW], measure)

    def binding_seconds(self, rows: np.ndarray, measure: int) -> float:
        """What Python adds to a call: a search of an index that has next to nothing in it."""
        index = faiss.IndexHNSWFlat(rows.shape[1], FEW, measure)
        index.add(rows)
        taken = []
        for _ in range(CALLS):
            started = time.perf_counter()
            index.search(rows[:1], FEW)
            taken.append(time.perf_counter() - started)
        return float(np.median(taken))

    def set_ef(self, ef: int) -> None:
        self.index.hnsw.efSearch = ef

    def one(self, queries: np.ndarray, i: int, k: int) -> np.ndarray:
        return self.index.search(queries[i : i + 1], k)[1]

    def block(self, queries: np.ndarray, k: int) -> np.ndarray:
        faiss.omp_set_num_threads(1)  # OpenMP keeps this number for each thread apart
        return np.vstack([self.one(queries, i, k) for i in range(len(queries))])


graph_peer.GraphPeer(
    FaissIndex, {"version": faiss.__version__, "options": faiss.get_compile_options().strip()}
).serve()
