"""The AI proxy with every model of Ahnlich's table.

All but the shipped one are stand-ins (embed/models/tiny.py, e2e/models/make_models.py): they have the inputs, outputs,
shapes and tokenizers of the real models and next to nothing inside. The detectors take bright cells for faces, so that a
test can paint as many as it wants; the code model knows some words, and the two CLAP models high from low. What is tested
is all that is around a network: with real weights of a model, only what it finds alike would differ.
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
from ahnlich_client_py.grpc.algorithm.algorithms import Algorithm
from grpclib import Status

import kith_server
from ahnlich import not_equals
from ahnlich_ai import PREPARED, UNPREPARED, AiClient, filled, given, wanted
from kith_server import KITH, Kith

EMBED = KITH.parent / "embed/src"
TINY = EMBED / "test/resources/dev/kith/embed/tiny"
TEXTS = EMBED / "test/resources/models"
DESCRIPTORS = EMBED / "main/resources/dev/kith/embed/models"
STAND_INS = {
    "clip-vit-b32-image": {"model.onnx": "clip-vision"},
    "resnet-50": {"model.onnx": "resnet-50"},
    "clap-audio": {"model.onnx": "clap-audio"},
    "buffalo-l": {"detection.onnx": "scrfd", "recognition.onnx": "arcface", "genderage.onnx": "genderage"},
    "sface-yunet": {"detection.onnx": "yunet", "recognition.onnx": "sface"},
}
TEXT_STAND_INS = (
    "all-minilm-l12-v2", "bge-base-en-v1.5", "bge-large-en-v1.5", "clip-vit-b32-text", "clap-text",
    "jina-embeddings-v2-base-code",
)
# Every number of the wire, with what its vectors are.
DIMENSIONS = {
    AiModel.ALL_MINI_LM_L6_V2: 384, AiModel.ALL_MINI_LM_L12_V2: 384, AiModel.BGE_BASE_EN_V15: 768,
    AiModel.BGE_LARGE_EN_V15: 1024, AiModel.RESNET50: 2048, AiModel.CLIP_VIT_B32_IMAGE: 512,
    AiModel.CLIP_VIT_B32_TEXT: 512, AiModel.BUFFALO_L: 512, AiModel.SFACE_YUNET: 128, AiModel.CLAP_AUDIO: 512,
    AiModel.CLAP_TEXT: 512, AiModel.JINA_EMBEDDINGS_V2_BASE_CODE: 768,
}
IMAGES = (AiModel.RESNET50, AiModel.CLIP_VIT_B32_IMAGE)
FACES = (AiModel.BUFFALO_L, AiModel.SFACE_YUNET)
# Places of a grid of 32 pixels, far enough apart to be faces of their own.
MANY, ONE, NONE = ((3, 4), (12, 9), (5, 15)), ((8, 8),), ()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of installed models."""
    home = tmp_path_factory.mktemp("models")
    models = home / "models"
    for name, networks in STAND_INS.items():
        source = home / name
        source.mkdir()
        shutil.copy(DESCRIPTORS / f"{name}.json", source / "model.json")
        for file, network in networks.items():
            shutil.copy(TINY / f"{network}.onnx", source / file)
        add(models, source)
    for name in TEXT_STAND_INS:
        add(models, TEXTS / name)
    return models


@pytest.fixture(scope="module")
def kith(models: Path) -> Iterator[Kith]:
    kith = kith_server.serve(models.parent / "server", "--models-dir", str(models)).start()
    yield kith
    kith.end()


@pytest.fixture(scope="module")
def alone(models: Path) -> Iterator[Kith]:
    """A proxy without a database."""
    flags = ("run", "--port", "0", "--without-db", "--model-cache-location", str(models))
    kith = Kith(["ahnlich-ai", *flags], models.parent / "alone.log").start()
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


def png(width: int, height: int, cells: tuple[tuple[int, int], ...] = (), brightness: int = 255) -> bytes:
    pixels = np.full((height, width, 3), 40, dtype=np.uint8)
    for column, row in cells:
        pixels[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32] = brightness
    return encoded(pixels)


def encoded(pixels: np.ndarray) -> bytes:
    height, width, _ = pixels.shape
    raw = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 1)) + chunk(b"IEND", b"")


def photo(cells: tuple[tuple[int, int], ...], brightness: int = 255) -> bytes:
    return png(640, 640, cells, brightness)


def sound(seconds: float, hertz: float) -> tuple[str, bytes]:
    rate = 32_000
    samples = (10_000 * np.sin(np.arange(int(rate * seconds)) * (2 * np.pi * hertz / rate))).astype("<i2").tobytes()
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


@pytest.mark.parametrize("model", FACES)
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


@pytest.mark.parametrize("model", FACES)
def test_a_surer_threshold_finds_no_more_faces(client: AiClient, model: AiModel) -> None:
    """Of faces that a detector is more and less sure of: the dimmer, the less sure."""
    shades = photo(MANY), photo(MANY, brightness=200), photo(NONE)
    found = []
    for threshold in ("0.4", "0.6", "0.85", "0.99"):
        asked = query.ConvertStoreInputToEmbeddings(
            store_inputs=[given(image) for image in shades],
            preprocess_action=PREPARED,
            model=model,
            model_params={"confidence_threshold": threshold},
        )
        values = client.call("convert_store_input_to_embeddings", asked).values
        faces = [value.multiple.embeddings for value in values]
        assert all(float(face.metadata.value["confidence"].raw_string) >= float(threshold) for each in faces for face in each)
        found.append([len(each) for each in faces])
    for surer, before in zip(found[1:], found):
        assert all(now <= then for now, then in zip(surer, before)), found
    assert found[0][1] > found[2][1], found


@pytest.mark.parametrize("model", DIMENSIONS, ids=lambda model: model.name)
@pytest.mark.parametrize("where", ["kith", "alone"])
def test_two_inputs_are_converted_by_every_model(request: pytest.FixtureRequest, where: str, model: AiModel) -> None:
    kith: Kith = request.getfixturevalue(where)
    if model in IMAGES:
        inputs = [png(300, 200, ((1, 1),)), png(224, 224, ((3, 3),))]
    elif model in FACES:
        inputs = [photo(MANY), photo(ONE)]
    elif model == AiModel.CLAP_AUDIO:
        inputs = [sound(0.5, 100), sound(1, 9_000)]
    else:
        inputs = ["binary search", "a deep bass"]
    asked = query.ConvertStoreInputToEmbeddings(
        store_inputs=[given(each) for each in inputs], preprocess_action=PREPARED, model=model
    )
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        values = client.call("convert_store_input_to_embeddings", asked).values
    assert [value.input for value in values] == asked.store_inputs
    for value in values:
        several = value.multiple.embeddings if model in FACES else [value.single]
        assert several and all(len(each.embedding.key) == DIMENSIONS[model] for each in several)
        assert all(math.isfinite(component) for each in several for component in each.embedding.key)


@pytest.mark.parametrize("model", [m for m in DIMENSIONS if m not in FACES], ids=lambda model: model.name)
def test_what_was_stored_with_any_model_is_found_by_it(client: AiClient, model: AiModel) -> None:
    client.create("s", model)
    stored = {
        **dict.fromkeys(IMAGES, [png(240, 240, ((1, 1),)), png(240, 240, ((5, 4),))]),
        AiModel.CLAP_AUDIO: [sound(0.5, 100), sound(0.5, 9_000)],
    }.get(model, ["search in a sorted string", "a low number"])
    assert client.set("s", [(each, {"number": str(at)}) for at, each in enumerate(stored)]) == (2, 0)
    for each in stored:
        assert client.nearest("s", each)[0][0] == each
        assert [key for key, _ in client.get("s", each)] == [each]


def test_models_of_other_sizes_make_no_store(client: AiClient) -> None:
    mixed = query.CreateStore(store="m", index_model=AiModel.BGE_BASE_EN_V15, query_model=AiModel.ALL_MINI_LM_L6_V2)
    refused = client.refused("create_store", mixed)
    assert refused.status == Status.INVALID_ARGUMENT
    assert refused.message == "Dimensions Mismatch between index [768], and Query [384] Models."
    assert client.call("list_stores", query.ListStores()).stores == []


def test_sounds(client: AiClient) -> None:
    client.create("a", AiModel.CLAP_AUDIO)
    low, high = sound(0.5, 100), sound(0.5, 9_000)
    assert client.set("a", [(low, {}), (high, {})]) == (2, 0)
    ((key, similarity),) = client.nearest("a", high)
    assert key == high and math.isclose(similarity, 1, abs_tol=1e-4)
    assert client.nearest("a", sound(0.7, 120))[0][0] == low
    unprepared = client.refused("set", filled("a", [(low, {})], preprocess_action=UNPREPARED))
    assert unprepared.status == Status.INVALID_ARGUMENT
    assert unprepared.message.startswith("NoPreprocessing is not supported for audio inputs")
    long = client.refused("set", filled("a", [(sound(11, 1), {})]))
    assert long.status == Status.INVALID_ARGUMENT
    assert long.message.startswith("Audio input is too long (") and "10000ms" in long.message
    assert client.set("a", [(sound(10, 440), {}), (sound(0.01, 440), {})]) == (2, 0)
    other = client.refused("set", filled("a", [(("audio", b"ID3 or so"), {})]))
    assert other.status == Status.INVALID_ARGUMENT
    assert other.message.startswith("Bytes could not be successfully decoded into audio. Sounds must be WAVE files")


def test_words_search_sounds_and_words(client: AiClient) -> None:
    clips = [(sound(0.5, 100), {"clip": "low"}), (sound(0.5, 9_000), {"clip": "high"})]
    client.create("a", AiModel.CLAP_AUDIO, AiModel.CLAP_TEXT)
    assert client.set("a", clips) == (2, 0)
    assert client.nearest("a", "a deep bass")[0][0] == clips[0][0]
    assert client.nearest("a", "something shrill, a squeal")[0][0] == clips[1][0]
    client.create("t", AiModel.CLAP_TEXT)
    client.set("t", [("a low tone", {}), ("a high tone", {})])
    assert client.nearest("t", "deep")[0][0] == "a low tone"
    assert client.nearest("t", "shrill")[0][0] == "a high tone"


FUNCTIONS = {
    ("python", "search"): "def binary_search(sorted_items, wanted):\n    low, high = 0, len(sorted_items)\n    ...",
    ("rust", "search"): "fn binary_search(sorted: &[i32], wanted: i32) -> Option<usize> { sorted.iter() }",
    ("java", "factorial"): "static long factorial(int number) { return number < 2 ? 1 : number * factorial(number - 1); }",
    ("python", "factorial"): "def factorial(number):\n    return 1 if number < 2 else number * factorial(number - 1)",
    ("go", "palindrome"): "func palindrome(s string) bool { for i := range s { if s[i] != s[len(s)-1-i] { return false } } }",
    ("javascript", "palindrome"): "const palindrome = (string) => string === [...string].join('')",
}


def test_code_finds_the_same_in_another_language(client: AiClient) -> None:
    client.create("c", AiModel.JINA_EMBEDDINGS_V2_BASE_CODE)
    assert client.call("get_store", query.GetStore(store="c")).embedding_size == 768
    client.set("c", [(code, {"language": language, "does": does}) for (language, does), code in FUNCTIONS.items()])
    what = {code: does for (_, does), code in FUNCTIONS.items()}
    for code, does in what.items():
        first, second = client.nearest("c", code, 2, algorithm=Algorithm.CosineSimilarity)
        assert first[0] == code and what[second[0]] == does
    for asked, does in (
        ("a binary search in a sorted list", "search"),
        ("the factorial of a number", "factorial"),
        ("is this string a palindrome", "palindrome"),
    ):
        assert what[client.nearest("c", asked, algorithm=Algorithm.CosineSimilarity)[0][0]] == does


def test_photographs_of_some_megabytes_are_kept(client: AiClient) -> None:
    """An original is as large as 4 MiB; what is larger is refused before it is embedded."""
    client.create("i", AiModel.RESNET50)
    noise = np.random.default_rng(3).integers(0, 256, (1150, 1150, 3), dtype=np.uint8)
    large = encoded(noise)
    assert 3_900_000 < len(large) < 4 << 20
    assert client.set("i", [(large, {"where": "garden"})]) == (1, 0)
    assert client.nearest("i", large)[0][0] == large
    assert client.get("i", large) == [(large, {"where": "garden"})]
    # No image at all: what is too large is not looked at.
    larger = b"no image" * (1 << 19) + b"!"
    refused = client.refused("set", filled("i", [(large, {}), (larger, {})]))
    assert refused.status == Status.INVALID_ARGUMENT
    assert refused.message == (
        "The value of an entry has at most 4194304 bytes, the original among them; this has 4194305 (input 1)"
    )
    client.create("j", AiModel.RESNET50, store_original=False)
    assert client.refused("set", filled("j", [(larger, {})])).message.startswith("Bytes could not be")
