"""Reads the tensors of a PyTorch file without PyTorch. Only the few classes that tensors are made of are known; a file
that names any other is refused, so that nothing of it is ever called."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np

_TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64, "IntStorage": np.int32, "HalfStorage": np.float16}
_MAGIC = 0x1950A86A20F9469CFC6C


class _Storage:
    def __init__(self, kind, key, count):
        self.kind, self.key, self.count = kind, key, count
        self.values = None


def _tensor(storage, offset, size, stride, *_):
    return storage, offset, tuple(size), tuple(stride)


class _Reader(pickle.Unpickler):
    def __init__(self, file, storages):
        super().__init__(file)
        self.storages = storages

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a tensor")

    def persistent_load(self, saved):
        _, kind, key, _, count = saved[:5]
        return self.storages.setdefault(key, _Storage(kind, key, count))


def _array(tensor):
    storage, offset, size, stride = tensor
    item = storage.values.itemsize
    return np.lib.stride_tricks.as_strided(
        storage.values[offset:], size, [step * item for step in stride]
    ).copy()


def read(path):
    """The state dictionary of the file: name to array."""
    storages = {}
    with open(path, "rb") as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                root = archive.namelist()[0].split("/")[0]
                state = _Reader(io.BytesIO(archive.read(f"{root}/data.pkl")), storages).load()
                for storage in storages.values():
                    raw = archive.read(f"{root}/data/{storage.key}")
                    storage.values = np.frombuffer(raw, _TYPES[storage.kind])
        else:
            file.seek(0)
            if _Reader(file, storages).load() != _MAGIC:
                raise ValueError(f"{path} is no PyTorch file")
            _Reader(file, storages).load()
            _Reader(file, storages).load()
            state = _Reader(file, storages).load()
            for key in _Reader(file, storages).load():
                storage = storages[key]
                count = struct.unpack("<q", file.read(8))[0]
                kind = np.dtype(_TYPES[storage.kind])
                storage.values = np.frombuffer(file.read(count * kind.itemsize), kind)
    return {name: _array(tensor) for name, tensor in state.items() if isinstance(tensor, tuple)}
