"""The models that are shipped: by their own names and by those that `--alias` serves them under, through both doors; and
what they take of the memory that points need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from ahnlich_client_py.grpc.ai import query
from ahnlich_client_py.grpc.ai.models import AiModel
from grpclib import Status

import kith_server
import pictures
from ahnlich_ai import AiClient, wanted
from kith_server import Kith
from raw import Raw, floats
from test_idios import ask, count, post
from test_mapped import metric

IMAGES = "efficientnet-lite0"
ALIASES = (
    f"vit_b32={IMAGES}", f"clip-vit-b32-image={IMAGES}", "all-minilm-l12-v2=all-minilm-l6-v2",
    # One that nobody has installed, and one that nobody knows.
    "resnet-50=vit_l14", "clip-vit-b32-text=no-such-model",
)


@pytest.fixture(scope="module")
def kith(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kith]:
    flags = [flag for alias in ALIASES for flag in ("--alias", alias)]
    kith = kith_server.serve(tmp_path_factory.mktemp("shipped"), *flags, "--allow-fetch", "127.0.0.0/8").start()
    yield kith
    kith.stop()


def test_the_idios_door_serves_a_name_with_the_shipped_model(kith: Kith) -> None:
    status, listed = ask(kith, "GET", "/models")
    named = {model["name"]: model for model in listed}
    assert status == 200 and named["vit_b32"]["model"] == named[IMAGES]["model"] == IMAGES
    assert all(named[name]["dimension"] == 1280 and named[name]["installed"] for name in ("vit_b32", IMAGES))
    with pictures.host() as host:
        urls = [host.url(f"{number}.png") for number in range(8)]
        assert post(kith, "add_bulk", [{"url": url} for url in urls])[0] == 200
        assert count(kith) == 8 and count(kith, f"/models/{IMAGES}") == 0
        status, found = post(kith, "search", {"url": urls[3]})
        assert status == 200 and found[0]["url"] == urls[3] and found[0]["similarity"] > found[1]["similarity"]
        assert post(kith, "add", {"url": urls[0]}, f"/models/{IMAGES}") == (204, "")
        assert count(kith, f"/models/{IMAGES}") == 1
        status, refused = post(kith, "search", {"text": "a picture"})
        assert (status, refused["detail"][0]["type"]) == (422, "parameter_error")
        assert refused["detail"][0]["msg"].endswith("such as vit_b32: kith models pull vit_b32")


def test_the_proxy_serves_a_name_with_the_shipped_models(kith: Kith) -> None:
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        client.create("pictures", AiModel.CLIP_VIT_B32_IMAGE)
        assert client.call("get_store", query.GetStore(store="pictures")).embedding_size == 1280
        stored = [pictures.png(200, seed) for seed in range(8)]
        assert client.set("pictures", [(picture, {}) for picture in stored]) == (8, 0)
        for seed in (2, 6):
            assert client.nearest("pictures", stored[seed])[0][0] == stored[seed]
        client.create("texts", AiModel.ALL_MINI_LM_L12_V2, AiModel.ALL_MINI_LM_L6_V2)
        client.set("texts", [("A cheetah chases its prey.", {}), ("Stocks fell again.", {})])
        assert client.nearest("texts", "a big cat hunts")[0][0] == "A cheetah chases its prey."


def test_an_alias_of_a_model_that_is_not_here_says_which(kith: Kith) -> None:
    with AiClient(kith.ports["ahnlich-ai"]) as client:
        absent = client.refused("create_store", query.CreateStore(store="r", index_model=AiModel.RESNET50))
        assert absent.status == Status.FAILED_PRECONDITION
        assert absent.message == "Model vit_l14 is not installed; run: kith models pull vit_l14"
        unknown = client.refused("create_store", query.CreateStore(store="c", query_model=AiModel.CLIP_VIT_B32_TEXT))
        assert unknown.status == Status.INTERNAL
        assert unknown.message == "index_model or query_model not selected or loaded during aiproxy startup"
    assert "clip-vit-b32-text is served by no-such-model, which there is not" in kith.log_text()


def test_models_and_points_share_one_budget(launch, tmp_path) -> None:
    """Of 150 MiB the two models are priced at 123; points come first, and models come back when there is room again."""
    kith = launch("--memory", "150M")

    def loaded() -> int:
        return int(metric(kith, "kith_embed_models_loaded"))

    with Raw(kith.endpoint) as raw, AiClient(kith.ports["ahnlich-ai"]) as client:
        client.create("texts")
        assert client.set("texts", [("A cheetah chases its prey.", {})]) == (1, 0)
        until(lambda: loaded() == 2)
        assert metric(kith, "kith_memory_bytes") > metric(kith, "kith_embed_models_bytes") > 120 << 20
        raw.create("rows", 1024)
        batch = floats(np.random.default_rng(1).standard_normal((2_000, 1024), dtype=np.float32))
        for _ in range(14):
            raw.ok("add_vectors", index_id="rows", vectors=batch)
        assert loaded() == 0 and metric(kith, "kith_embed_models_bytes") == 0
        refused = client.refused("get_sim_n", wanted("texts", "a big cat hunts"))
        assert refused.status == Status.RESOURCE_EXHAUSTED
        assert refused.message.startswith("Model all-minilm-l6-v2 needs about 8"), refused
        raw.ok("delete_index", index_id="rows")
        assert client.nearest("texts", "a big cat hunts")[0][0] == "A cheetah chases its prey."
        assert loaded() == 1
        # Points that would fit into nothing are refused, and take no model with them.
        raw.create("wide", 10_000)
        assert "budget" in raw.error("add_vectors", index_id="wide", vectors=floats(np.ones((4_000, 10_000), np.float32)))
        assert loaded() == 1


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
