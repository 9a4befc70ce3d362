"""A client of the FAISSx door that speaks the wire itself: msgpack maps over ZeroMQ REQ or DEALER sockets."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
import zmq

REPLY_SECONDS = 30.0
Reply = dict[str, Any]


class NoReply(Exception):
    """The server did not answer in time."""


def unpack(body: bytes) -> Any:
    """As strict as the published client: text is UTF-8, map keys are text."""
    return msgpack.unpackb(body, raw=False, strict_map_key=True)


class Raw:
    """One REQ socket. Not for use by several threads at once."""

    def __init__(self, endpoint: str, key: str | None = None, seconds: float = REPLY_SECONDS) -> None:
        self.endpoint = endpoint
        self.key = key
        self.seconds = seconds
        self._socket: zmq.Socket | None = None

    def send(self, body: bytes, *more: bytes) -> bytes:
        """Sends frames as they are and gives the one frame that comes back."""
        if self._socket is None:
            self._socket = zmq.Context.instance().socket(zmq.REQ)
            self._socket.setsockopt(zmq.LINGER, 0)
            self._socket.connect(self.endpoint)
        self._socket.send_multipart([body, *more])
        if not self._socket.poll(int(self.seconds * 1000)):
            self.close()
            raise NoReply(f"no reply within {self.seconds} s")
        frames = self._socket.recv_multipart()
        assert len(frames) == 1, f"a reply of {len(frames)} frames"
        return frames[0]

    def map(self, request: dict[Any, Any]) -> Reply:
        """Sends a map as it is; checks only what holds for every reply."""
        reply = unpack(self.send(msgpack.packb(request)))
        assert isinstance(reply, dict) and isinstance(reply.get("success"), bool), reply
        if not reply["success"]:
            assert isinstance(reply.get("error"), str) and reply["error"], reply
        return reply

    def call(self, action: str, **fields: Any) -> Reply:
        credentials = {} if self.key is None else {"api_key": self.key}
        return self.map({"action": action, **credentials, **fields})

    def ok(self, action: str, **fields: Any) -> Reply:
        reply = self.call(action, **fields)
        assert reply["success"], f"{action}: {reply}"
        assert isinstance(reply["timestamp"], float), reply
        assert isinstance(reply["version"], str), reply
        return reply

    def error(self, action: str, **fields: Any) -> str:
        reply = self.call(action, **fields)
        assert not reply["success"], f"{action} was accepted: {str(reply)[:500]}"
        return reply["error"]

    def ping(self) -> None:
        reply = self.map({"action": "ping"})
        assert reply["success"] and reply["message"] == "pong", reply

    def create(self, index_id: str, dimension: int, index_type: str = "L2") -> Reply:
        return self.ok("create_index", index_id=index_id, dimension=dimension, index_type=index_type)

    def listing(self) -> dict[str, dict[str, Any]]:
        """index id → its entry in list_indexes."""
        entries = self.ok("list_indexes")["indexes"]
        named = {entry["index_id"]: entry for entry in entries}
        assert len(named) == len(entries), "an index is listed twice"
        return named

    def counts(self) -> dict[str, int]:
        return {name: entry["vector_count"] for name, entry in self.listing().items()}

    def vectors(self, index_id: str) -> np.ndarray:
        """All vectors by position, float32[n, d]."""
        return as_rows(self.ok("get_vectors", index_id=index_id)["vectors"])

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Pipeline:
    """A DEALER socket that sends the delimiter itself and may have many requests under way."""

    def __init__(self, endpoint: str, key: str | None = None, seconds: float = REPLY_SECONDS) -> None:
        self.key = key
        self.seconds = seconds
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SNDTIMEO, int(seconds * 1000))
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.connect(endpoint)

    def send(self, action: str, **fields: Any) -> None:
        credentials = {} if self.key is None else {"api_key": self.key}
        self.send_frames(b"", msgpack.packb({"action": action, **credentials, **fields}))

    def send_frames(self, *frames: bytes) -> None:
        self._socket.send_multipart(list(frames))

    def receive(self) -> Reply:
        if not self._socket.poll(int(self.seconds * 1000)):
            raise NoReply(f"no reply within {self.seconds} s")
        frames = self._socket.recv_multipart()
        assert len(frames) == 2 and frames[0] == b"", f"a reply of {len(frames)} frames"
        return unpack(frames[1])

    def ask_all(self, action: str, requests: list[dict[str, Any]], window: int = 100) -> list[Reply]:
        """The replies in order, with at most so many requests under way: a server bounds what one client queues."""
        replies = []
        for number, fields in enumerate(requests):
            if number >= window:
                replies.append(self.receive())
            self.send(action, **fields)
        return replies + [self.receive() for _ in range(len(requests) - len(replies))]

    def silent(self, seconds: float) -> bool:
        """Whether nothing arrives for so long."""
        return not self._socket.poll(int(seconds * 1000))

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def as_rows(vectors: list[list[float]]) -> np.ndarray:
    """Nested lists of a reply as float32; every value must be a float32 already, so that no bit is lost."""
    wide = np.asarray(vectors, dtype=np.float64)
    narrow = wide.astype(np.float32)
    assert np.array_equal(narrow.astype(np.float64), wide, equal_nan=True), "a component is no float32"
    return narrow


def same_bits(left: np.ndarray, right: np.ndarray) -> bool:
    """Equality of float32 arrays bit by bit: -0.0 is not 0.0."""
    left, right = (np.ascontiguousarray(a, dtype=np.float32) for a in (left, right))
    return left.shape == right.shape and left.tobytes() == right.tobytes()


def floats(vectors: np.ndarray) -> bytes:
    """The bin form of vectors: raw little-endian float32, row-major."""
    return np.ascontiguousarray(vectors, dtype="<f4").tobytes()
