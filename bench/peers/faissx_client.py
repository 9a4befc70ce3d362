"""The published client, unchanged, against whichever server it is told to use."""

import time

import faissx.client
import lines
import numpy as np
from faissx.client.client import get_client
from faissx.client.indices import IndexFlatL2, IndexHNSWFlat

CONNECT_SECONDS = 60.0
state: dict[str, object] = {"class": IndexFlatL2}


def connect(endpoint: str, seed: str, dimension: str) -> dict[str, object]:
    """Configures the client; a server that still starts is asked again."""
    ends = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            faissx.client.configure(server=endpoint, timeout=30.0)
            break
        except Exception:
            if time.monotonic() > ends:
                raise
    state["vectors"] = np.random.default_rng(int(seed)).standard_normal((1_000, int(dimension)), dtype=np.float32)
    return {}


def choose(name: str) -> dict[str, object]:
    """The class of the indexes that `add` makes; M is 32 where it has one."""
    state["class"] = {"IndexFlatL2": IndexFlatL2, "IndexHNSWFlat": IndexHNSWFlat}[name]
    return {}


def add(batches: str) -> dict[str, object]:
    """Makes a new index of the chosen class and adds so many batches of 1,000 vectors."""
    vectors = state["vectors"]
    if "index" in state:
        get_client().delete_index(state["index"].index_id)
    index = state["index"] = state["class"](vectors.shape[1])
    started = time.perf_counter()
    for _ in range(int(batches)):
        index.add(vectors)
    seconds = time.perf_counter() - started
    if index.ntotal != len(vectors) * int(batches):
        raise RuntimeError(f"{index.ntotal} vectors after {batches} batches of {len(vectors)}")
    return {"seconds": seconds}


def search(count: str, k: str) -> dict[str, object]:
    index, vectors = state["index"], state["vectors"]
    started = time.perf_counter()
    for i in range(int(count)):
        index.search(vectors[i : i + 1], int(k))
    return {"seconds": time.perf_counter() - started}


def hybrid_search(count: str, k: str) -> dict[str, object]:
    """The action that the reference answers without going through its polled worker."""
    index, vectors, client = state["index"], state["vectors"], get_client()
    started = time.perf_counter()
    for i in range(int(count)):
        client._send_request(
            {
                "action": "hybrid_search",
                "index_id": index.index_id,
                "query_vectors": [vectors[i].tolist()],
                "k": int(k),
            }
        )
    return {"seconds": time.perf_counter() - started}


def encode(count: str) -> dict[str, object]:
    """What the client itself spends on an add before it sends: no server answers faster than this."""
    import msgpack

    client, vectors = get_client(), state["vectors"]
    started = time.perf_counter()
    for _ in range(int(count)):
        msgpack.packb({"action": "add_vectors", "index_id": "x", "vectors": client._prepare_vectors(vectors)})
    return {"seconds": time.perf_counter() - started}


lines.serve(
    {
        "connect": connect,
        "choose": choose,
        "add": add,
        "search": search,
        "hybrid_search": hybrid_search,
        "encode": encode,
    }
)
