"""The AI proxy with images, faces and sounds.

The networks are stand-ins (embed/models/tiny.py): they have the inputs, outputs and shapes of the real models and next to
nothing inside. Their detectors take bright cells for faces, so that a test can paint as many as it wants.
"""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from ahnlich_client_py.grpc.ai import query
from ahnlich_client_py.grpc.ai.models import AiModel
from grpclib import Status

import kith_server
from ahnlich import not_equals
from ahnlich_ai import PREPARED, UNPREPARED, AiClient, filled, given, wanted
from kith_server import KITH, Kith

EMBED = KITH.parent / "embed/src"
TINY = EMBED / "test/resources/dev/kith/embed/tiny"
DESCRIPTORS = EMBED / "main/resources/dev/kith/embed/models"
STAND_INS = {
    "clip-vit-b32-image": {"model.onnx": "clip-vision"},
    "resnet-50": {"model.onnx": "resnet-50"},
    "clap-audio": {"model.onnx": "clap-audio"},
    "buffalo-l": {"detection.onnx": "scrfd", "recognition.onnx": "arcface", "genderage.onnx": "genderage"},
    "sface-yunet": {"detection.onnx": "yunet", "recognition.onnx": "sface"},
}
# Places of a grid of 32 pixels, far enough apart to be faces of their own.
MANY, ONE, NONE = ((3, 4), (12, 9), (5, 15)), ((8, 8),), ()


@pytest.fixture(scope="module")
def kith(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kith]:
    home = tmp_path_factory.mktemp("models")
    models = home / "models"
    for name, networks in STAND_INS.items():
        source = home / name
        source.mkdir()
        shutil.copy(DESCRIPTORS / f"{name}.json", source / "model.json")
        for file, network in networks.items():
            shutil.copy(TINY / f"{network}.onnx", source / file)
        add(models, source)
    add(models, EMBED / "test/resources/models/clip-vit-b32-text")
    kith = kith_server.serve(home / "server", "--models-dir", str(models)).start()
    yield kith
    kith.end()


def add(models: Path, source: Path) -> None:
    environment = kith_server.clean_environment({"KITH_MODELS_DIR": str(models)})
    subprocess.run([str(KITH), "models", "add", str(source)], env=environment, check=True, capture_output=True, timeout=kith_server.READY_SECONDS)


@pytest.fixture
def client(kith: Kith) -> Iterator[AiClient]:
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        yield client
        client.call("purge_stores", query.PurgeStores())


def png(width: int, height: int, cells: tuple[tuple[int, int], ...] = ()) -> bytes:
    pixels = np.full((height, width, 3), 40, dtype=np.uint8)
    for column, row in cells:
        pixels[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32] = 255
    raw = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 1)) + chunk(b"IEND", b"")


def photo(cells: tuple[tuple[int, int], ...]) -> bytes:
    return png(640, 640, cells)


def sound(seconds: float, pitch: float) -> tuple[str, bytes]:
    rate = 8_000
    samples = (10_000 * np.sin(np.arange(int(rate * seconds)) * pitch)).astype("<i2").tobytes()
    head = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVEfmt ", 16, 1, 1, rate, 2 * rate, 2, 16, b"data", len(samples))
    return "audio", head + samples


def count(client: AiClient, store: str, *photos: bytes) -> int:
    """Faces found; the stand-ins see some twice, and a vector that is there twice is one entry."""
    return sum(client.set(store, [(image, {}) for image in photos]))


def test_images_of_the_size_go_in_unprepared(client: AiClient) -> None:
    client.create("i", AiModel.RESNET50)
    images = [png(224, 224, (cell,)) for cell in ((1, 1), (3, 3), (5, 2))]
    assert client.set("i", [(image, {}) for image in images], preprocess_action=UNPREPARED) == (3, 0)
    refused = client.refused("set", filled("i", [(png(547, 821), {})], preprocess_action=UNPREPARED))
    assert refused.status == Status.INVALID_ARGUMENT
    message = "Image Dimensions [(547, 821)] does not match the expected model dimensions [(224, 224)]"
    assert refused.message.startswith(message)
    assert client.nearest("i", images[1], preprocess_action=UNPREPARED)[0][0] == images[1]
    undecodable = client.refused("set", filled("i", [(images[0], {}), (b"no image", {})]))
    assert (undecodable.status, undecodable.message) == (
        Status.INVALID_ARGUMENT,
        "Bytes could not be successfully decoded into an image. (input 1)",
    )
    assert client.call("get_store", query.GetStore(store="i")).db_info.len == 3


def test_words_search_images_where_both_have_one_space(client: AiClient) -> None:
    client.create("c", AiModel.CLIP_VIT_B32_IMAGE, AiModel.CLIP_VIT_B32_TEXT)
    client.set("c", [(png(300, 200, (cell,)), {}) for cell in ((1, 1), (5, 2))])
    assert len(client.nearest("c", "a white square", 5)) == 2
    refused = client.refused("get_sim_n", wanted("c", png(300, 200)))
    assert refused.message == "Cannot query Input. Store expects [RawString], input type [Image] was provided"
    mixed = query.CreateStore(store="m", index_model=AiModel.RESNET50, query_model=AiModel.CLIP_VIT_B32_TEXT)
    assert client.refused("create_store", mixed).message == (
        "Dimensions Mismatch between index [2048], and Query [512] Models."
    )


@pytest.mark.parametrize("model", [AiModel.BUFFALO_L, AiModel.SFACE_YUNET])
def test_faces_are_entries(client: AiClient, model: AiModel) -> None:
    client.create("f", model)
    several = count(client, "f", photo(MANY))
    assert several > 1
    assert count(client, "f", photo(NONE)) == 0
    client.create("g", model)
    one = count(client, "g", photo(ONE))
    client.create("h", model)
    assert count(client, "h", photo(MANY), photo(NONE), photo(ONE)) == several + one
    found = client.get("f", photo(MANY))
    numbers = [int(pairs["_ahnlich_one_to_many_index"]) for _, pairs in found]
    assert len(numbers) > 1 and len(set(numbers)) == len(numbers) and set(numbers) <= set(range(several))
    for key, pairs in found:
        assert key == photo(MANY)
        left, top, right, bottom = (float(pairs[f"bbox_{edge}"]) for edge in ("x1", "y1", "x2", "y2"))
        assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1
        assert 0 < float(pairs["confidence"]) <= 1
        assert "age" not in pairs
    refused = client.refused("get_sim_n", wanted("f", photo(MANY)))
    assert refused.status == Status.INVALID_ARGUMENT and "embeddings" in refused.message
    nobody = client.refused("get_sim_n", wanted("f", photo(NONE)))
    assert nobody.status == Status.OUT_OF_RANGE
    unprepared = client.refused("set", filled("f", [(photo(ONE), {})], preprocess_action=UNPREPARED))
    assert unprepared.message.startswith("NoPreprocessing is not supported for face recognition models")
    upsert = query.Upsert(store="f", condition=not_equals("x", "y"), new_input=given(photo(ONE)), preprocess_action=PREPARED)
    assert client.refused("upsert", upsert).message == "Invalid argument: UPSERT does not support OneToMany models"


def test_a_surer_set_replaces_the_faces_of_the_same_photo(client: AiClient) -> None:
    client.create("f", AiModel.BUFFALO_L)
    before = count(client, "f", photo(MANY))
    client.set("f", [(photo(MANY), {})], model_params={"confidence_threshold": "0.95"})
    assert client.get("f", photo(MANY)) == [] and before > 0
    counts = client.set("f", [(photo(ONE), {})], model_params={"attributes": "genderage"})
    found = client.get("f", photo(ONE))
    assert len(found) == counts[0] and all({"age", "gender_male_prob"} <= pairs.keys() for _, pairs in found)


def test_conversion_says_all_faces(client: AiClient) -> None:
    inputs = [given(photo(cells)) for cells in (MANY, NONE)]
    asked = query.ConvertStoreInputToEmbeddings(
        store_inputs=inputs, preprocess_action=PREPARED, model=AiModel.BUFFALO_L
    )
    many, none = client.call("convert_store_input_to_embeddings", asked).values
    assert len(many.multiple.embeddings) > 1 and none.multiple.embeddings == []
    face = many.multiple.embeddings[0]
    assert len(face.embedding.key) == 512 and "bbox_x1" in face.metadata.value


def test_sounds(client: AiClient) -> None:
    client.create("a", AiModel.CLAP_AUDIO)
    low, high = sound(0.5, 0.05), sound(0.5, 1.5)
    assert client.set("a", [(low, {}), (high, {})]) == (2, 0)
    ((key, similarity),) = client.nearest("a", high)
    assert key == high and math.isclose(similarity, 1, abs_tol=1e-4)
    unprepared = client.refused("set", filled("a", [(low, {})], preprocess_action=UNPREPARED))
    assert unprepared.status == Status.INVALID_ARGUMENT
    assert unprepared.message.startswith("NoPreprocessing is not supported for audio inputs")
    long = client.refused("set", filled("a", [(sound(11, 1), {})]))
    assert long.status == Status.INVALID_ARGUMENT
    assert long.message.startswith("Audio input is too long (") and "10000ms" in long.message
