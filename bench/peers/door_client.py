"""A cheap client of the FAISSx door: requests are encoded beforehand, replies are decoded only when they are checked.

ZeroMQ REQ over libzmq, as the published client has it, without that client's own work around each request.
"""

import time

import lines
import msgpack
import numpy as np
import zmq

REPLY_MS = 60_000
POLL_SECONDS = 0.1

socket = zmq.Context.instance().socket(zmq.REQ)
socket.setsockopt(zmq.LINGER, 0)
socket.setsockopt(zmq.RCVTIMEO, REPLY_MS)
frames: list[bytes] = []
PING = msgpack.packb({"action": "ping"})


def ask(**request: object) -> dict:
    socket.send(msgpack.packb(request))
    reply = msgpack.unpackb(socket.recv())
    if not reply["success"]:
        raise RuntimeError(reply["error"])
    return reply


def connect(endpoint: str) -> dict[str, object]:
    socket.connect(endpoint)
    ask(action="ping")
    return {}


def fill(index: str, kind: str, dimension: str, rows_file: str, batch: str) -> dict[str, object]:
    """Creates an index and adds all rows of the file, raw float32, `batch` a request; waits for its graph."""
    rows = np.fromfile(rows_file, dtype="<f4").reshape(-1, int(dimension))
    ask(action="create_index", index_id=index, dimension=int(dimension), index_type=kind)
    started = time.perf_counter()
    for at in range(0, len(rows), int(batch)):
        ask(action="add_vectors", index_id=index, vectors=rows[at : at + int(batch)].tobytes())
    seconds = time.perf_counter() - started
    while ask(action="get_index_status", index_id=index)["status"].get("tail_rows", 0):
        time.sleep(POLL_SECONDS)
    return {"seconds": seconds}


def prepare(index: str, dimension: str, queries_file: str, k: str) -> dict[str, object]:
    """Encodes one search request a query, vectors as nested float64 as every published client sends them."""
    queries = np.fromfile(queries_file, dtype="<f4").reshape(-1, int(dimension))
    frames[:] = [
        msgpack.packb({"action": "search", "index_id": index, "query_vectors": [q.tolist()], "k": int(k)})
        for q in queries
    ]
    return {"bytes": len(frames[0])}


def median_ns(requests: list[bytes]) -> int:
    taken = []
    for request in requests:
        started = time.perf_counter_ns()
        socket.send(request)
        socket.recv()
        taken.append(time.perf_counter_ns() - started)
    return int(np.median(taken))


def ping(count: str) -> dict[str, object]:
    return {"p50_ns": median_ns([PING] * int(count))}


def search(count: str) -> dict[str, object]:
    return {"p50_ns": median_ns([frames[i % len(frames)] for i in range(int(count))])}


def call(seconds: str) -> dict[str, object]:
    """Searches one after the other for so long; how many came back."""
    count, ends = 0, time.perf_counter() + float(seconds)
    while time.perf_counter() < ends:
        socket.send(frames[count % len(frames)])
        socket.recv()
        count += 1
    return {"count": count}


def answer(count: str, ids_file: str) -> dict[str, object]:
    """The ids of the first `count` queries as little-endian int64[count × k]."""
    ids = []
    for frame in frames[: int(count)]:
        socket.send(frame)
        reply = msgpack.unpackb(socket.recv())
        if not reply["success"]:
            raise RuntimeError(reply["error"])
        ids.append(reply["results"][0]["indices"])
    np.array(ids, dtype="<i8").tofile(ids_file)
    return {}


lines.serve(
    {
        "connect": connect,
        "fill": fill,
        "prepare": prepare,
        "ping": ping,
        "search": search,
        "call": call,
        "answer": answer,
    }
)
