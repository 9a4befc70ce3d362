"""The framed dialect of faiss-proxy: an encoder, and both decoders that clients in the field have.

One frame: preamble, header, vectors, metadata, concatenated. The preamble is a msgpack map of the three sizes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

from raw import Raw

NIL = 0xC0


@dataclass(frozen=True)
class Framed:
    """A decoded message."""

    preamble: dict[str, Any]
    header: dict[str, Any]
    vectors: bytes
    metadata: Any

    @property
    def ok(self) -> bool:
        return self.header.get("status") == "ok"

    @property
    def result(self) -> Any:
        return self.header["result"]


def encode(header: dict[str, Any], vectors: np.ndarray | None = None, metadata: Any = None) -> bytes:
    head = msgpack.packb(header)
    body = b"" if vectors is None else np.ascontiguousarray(vectors, dtype="<f4").tobytes()
    tail = b"" if metadata is None else msgpack.packb(metadata)
    sizes = {"header_size": len(head), "vector_size": len(body), "metadata_size": len(tail)}
    return msgpack.packb(sizes) + head + body + tail


def decode_repaired(message: bytes) -> Framed:
    """Reads one msgpack value as the preamble and goes on from there."""
    unpacker = msgpack.Unpacker(io.BytesIO(message), raw=False)
    preamble = unpacker.unpack()
    return _parts(preamble, message, unpacker.tell())


def decode_first(message: bytes) -> Framed:
    """The decoder that was committed first: the preamble ends with the first byte 0xC0 of the message."""
    end = message.index(NIL) + 1
    return _parts(msgpack.unpackb(message[:end], raw=False), message, end)


def _parts(preamble: dict[str, Any], message: bytes, start: int) -> Framed:
    header_end = start + preamble["header_size"]
    vectors_end = header_end + preamble["vector_size"]
    metadata_end = vectors_end + preamble["metadata_size"]
    assert metadata_end == len(message), "the sizes do not add up to the message"
    metadata = message[vectors_end:metadata_end]
    return Framed(
        preamble,
        msgpack.unpackb(message[start:header_end], raw=False),
        message[header_end:vectors_end],
        msgpack.unpackb(metadata, raw=False) if metadata else None,
    )


def without_filler(value: Any) -> Any:
    """A reply may carry a key `filler`, which keeps the byte 0xC0 out of its sizes."""
    if isinstance(value, list):
        return [without_filler(v) for v in value]
    return {k: v for k, v in value.items() if k != "filler"} if isinstance(value, dict) else value


class Proxy:
    """A client of the framed dialect; every reply must be readable by both decoders."""

    def __init__(self, raw: Raw, **header: Any) -> None:
        self.raw = raw
        self.header = header

    def call(self, operation: str, vectors: np.ndarray | None = None, metadata: Any = None, **header: Any) -> Framed:
        return self.send(encode({"operation": operation, **self.header, **header}, vectors, metadata))

    def send(self, message: bytes) -> Framed:
        reply = self.raw.send(message)
        framed, again = decode_repaired(reply), decode_first(reply)
        assert (framed.header, framed.vectors, framed.metadata) == (again.header, again.vectors, again.metadata)
        assert framed.header["status"] in ("ok", "error")
        return framed

    def ok(self, operation: str, vectors: np.ndarray | None = None, metadata: Any = None, **header: Any) -> Any:
        """The result; where it is a map, its fields must stand in the header once more."""
        framed = self.call(operation, vectors, metadata, **header)
        assert framed.ok, framed.header
        assert without_filler(framed.metadata) == without_filler(framed.result)
        if isinstance(framed.result, dict):
            assert {k: framed.header[k] for k in framed.result if k != "status"} == framed.result
        return without_filler(framed.result)

    def error(self, operation: str, vectors: np.ndarray | None = None, metadata: Any = None, **header: Any) -> dict:
        framed = self.call(operation, vectors, metadata, **header)
        assert not framed.ok, f"{operation} was accepted: {framed.header}"
        assert framed.header["error_type"] in ERROR_TYPES, framed.header
        assert framed.header["message"] and framed.metadata is None and framed.preamble["metadata_size"] == 0
        return framed.header


ERROR_TYPES = (
    "validation_error",
    "serialization_error",
    "deserialization_error",
    "protocol_error",
    "authentication_error",
    "not_found_error",
)
