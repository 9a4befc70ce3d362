"""FAISS's flat indexes, over the very bytes that Kith has."""

import threading
import time

import faiss
import numpy as np

import lines

state: dict[str, object] = {}


def about() -> dict[str, object]:
    return {"version": faiss.__version__, "options": faiss.get_compile_options().strip()}


def load(metric: str, dimension: str, rows_file: str, queries_file: str) -> dict[str, object]:
    width = int(dimension)
    index = faiss.IndexFlatL2(width) if metric == "L2" else faiss.IndexFlatIP(width)
    index.add(np.fromfile(rows_file, dtype="<f4").reshape(-1, width))
    state["index"] = index
    state["queries"] = np.fromfile(queries_file, dtype="<f4").reshape(-1, width)
    return {"rows": index.ntotal}


def threads(count: str) -> dict[str, object]:
    faiss.omp_set_num_threads(int(count))
    return {}


def search(first: str, count: str, batch: str, k: str) -> dict[str, object]:
    """Queries `first` to `first + count`, `batch` at a time; the seconds they took."""
    index, queries = state["index"], state["queries"]
    begin, end, step, neighbours = int(first), int(first) + int(count), int(batch), int(k)
    started = time.perf_counter()
    for at in range(begin, end, step):
        index.search(queries[at : at + step], neighbours)
    return {"seconds": time.perf_counter() - started}


def call(callers: str, each: str, k: str) -> dict[str, object]:
    """So many threads, each with `each` single queries (a search lets go of the interpreter's lock)."""
    index, queries, neighbours, own = state["index"], state["queries"], int(k), int(each)

    def one(caller: int) -> None:
        faiss.omp_set_num_threads(1)  # OpenMP keeps this number for each thread apart
        for i in range(own):
            at = (caller * own + i) % len(queries)
            index.search(queries[at : at + 1], neighbours)

    running = [threading.Thread(target=one, args=(c,)) for c in range(int(callers))]
    started = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return {"seconds": time.perf_counter() - started}


def answer(count: str, k: str, ids_file: str) -> dict[str, object]:
    """The ids of the first `count` queries, one query at a time, as little-endian int64[count × k]."""
    index, queries = state["index"], state["queries"]
    ids = np.vstack([index.search(queries[i : i + 1], int(k))[1] for i in range(int(count))])
    ids.astype("<i8").tofile(ids_file)
    return {}


lines.serve(
    {"about": about, "load": load, "threads": threads, "search": search, "call": call, "answer": answer}
)
