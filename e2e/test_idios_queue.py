"""Images behind a real broker: our worker for an original API, our API for an original worker, and ours for ours."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import kith_server
import pictures
from idios import SHIPPED, ask
from idios_queue import Broker, OriginalApi, OriginalWorker, wait_until
from kith_server import Kith

MODEL = "vit_b32"
# The largest message of that broker, and more entries than it takes.
RABBITMQ_4_BYTES = 16 << 20
LARGE_DUMP = 1_700
LONG_NUMBERS = [0.10000000149011612] * 512
A, B, C = (f"https://img.example.net/{name}.png" for name in "abc")


def unit(*parts: float) -> list[float]:
    vector = [*parts, *([0.0] * (512 - len(parts)))]
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.close()


def worker(folder: Path, broker: Broker, *extra: str, **environment: str) -> Kith:
    folder.mkdir(parents=True, exist_ok=True)
    return Kith(["worker", "--queue", broker.url, *extra], folder / "worker.log", dict(environment))


def stop(worker: Kith) -> None:
    """Once its models are loaded: the model runtime's own hook ends it at once, also under a load that is under way."""
    wait_until(lambda: worker.log_text().count(" loaded in ") >= 2, 60, worker.log_text)
    worker.stop()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kith]:
    """A server that keeps what workers store."""
    kith = kith_server.serve(tmp_path_factory.mktemp("store"), keys={"key-of-images": "images"}).start()
    yield kith
    kith.end()


def post(kith: Kith, path: str, body: object) -> tuple[int, object]:
    status, answer = ask(kith, "POST", path, body)
    return status, None if answer == "" else answer


@pytest.fixture(scope="module")
def shared_api(tmp_path_factory: pytest.TempPathFactory, broker: Broker) -> Iterator[Kith]:
    """An API whose work workers do, of ours or the original's."""
    api = kith_server.serve(tmp_path_factory.mktemp("api"), "--queue", broker.url).start()
    yield api
    api.end()


def test_original_api_is_served_by_our_worker_and_its_store(tmp_path: Path, broker: Broker, store: Kith) -> None:
    ours = worker(tmp_path, broker, "--store", store.http, "--key", "key-of-images", "--health-port", "0").start()
    api = OriginalApi(broker)
    try:
        assert api.call("ping") == "pong"
        assert api.call("count", MODEL) == 0
        assert api.call("list_images", MODEL, "", None) == []
        metadata = {"z": 1, "a": {"list": [1, 2.5, None, "ü"]}, "empty": {}}
        outcome = api.call("insert_images", MODEL, [B, A], [metadata, None], [unit(1, 1), unit(1)])
        assert outcome == {"added": [B, A], "found": [], "failed": []}
        assert api.call("count", MODEL) == 2
        assert api.call("list_images", MODEL, "", 10) == [A, B]
        assert api.call("list_images", MODEL, A, 10) == [B]
        dumped = api.call("list_images", MODEL, "", None, ["url", "embedding", "metadata"])
        assert [entry["url"] for entry in dumped] == [A, B]
        assert list(dumped[1]) == ["url", "metadata", "embedding"]
        assert dumped[0]["metadata"] is None
        assert json.dumps(dumped[1]["metadata"]) == json.dumps(metadata)
        assert dumped[1]["embedding"] == pytest.approx(unit(1, 1), abs=1e-6)
        found = api.call("search_by_url", MODEL, A, 10)
        assert [match["url"] for match in found] == [A, B]
        assert found[0]["similarity"] == pytest.approx(100)
        assert found[1]["similarity"] == pytest.approx(100 * math.sqrt(0.5), abs=1e-3)
        assert api.call("compare", MODEL, A, A) == pytest.approx(100)
        assert api.call("insert_images", MODEL, [A], [None], None, False) == {
            "added": [], "found": [A], "failed": []}
        assert api.call("remove_images", MODEL, [A, C]) is None
        assert api.call("list_images", MODEL, "", None) == [B]
        assert api.call("remove_images", MODEL, [B]) is None
    finally:
        stop(ours)


def test_our_worker_answers_every_fault_in_the_original_form(tmp_path: Path, broker: Broker) -> None:
    ours = worker(tmp_path, broker, "--in-memory").start()
    api = OriginalApi(broker)
    try:
        blocked = api.call("insert_images", MODEL, ["http://127.0.0.1:1/x.png"], [None])
        assert blocked == {"exception_type": "ValueError", "exception_args": [
            "The URL cannot be fetched: its host is not on the public internet"]}
        short = api.call("insert_images", MODEL, [A], [None], [[1.0, 2.0]])
        assert short["exception_type"] == "ValueError" and "512" in short["exception_args"][0]
        for call in (["count", "no_such_model"], ["no_such_command", MODEL], ["count"], ["insert_images", MODEL, [A], []],
                     ["search_by_url", MODEL, 7], ["list_images", MODEL, "", 0]):
            reply = api.call(call[0], *call[1:])
            assert reply["exception_type"] == "ValueError", reply
        reported = api.call("insert_images", MODEL, ["http://10.0.0.1/a.png"], [None], None, True, False)
        assert reported == {"added": [], "found": [], "failed": [
            {"url": "http://10.0.0.1/a.png", "error": "The URL cannot be fetched: its host is not on the public internet"}]}
        assert api.call("count", MODEL) == 0
        assert broker.waiting() == 0
    finally:
        stop(ours)


def test_our_api_is_served_by_an_original_worker(tmp_path: Path, broker: Broker) -> None:
    def answer(command: str, arguments: list) -> object:
        if command == "ping":
            return "pong"
        if command == "count":
            return 471838
        if command == "compare":
            return 61.75
        if command == "insert_images":
            urls = arguments[1]
            if "small" in urls[0]:
                raise ValueError("Image size too small")
            if "broken" in urls[0]:
                raise RuntimeError("Server error")
            if "odd" in urls[0]:
                raise KeyError("__import__('os').system('true')")
            known = len(arguments) > 4 and arguments[4] is False
            return {"added": [] if known else urls, "found": urls if known else [], "failed": []}
        if command == "search_by_url":
            return [{"url": A, "metadata": {"b": 1, "a": 2}, "similarity": 100.00001}]
        if command == "list_images":
            whole = len(arguments) > 3
            entry = {"url": A, "embedding": unit(1), "metadata": None}
            return [] if arguments[1] >= A else [entry if whole else A]
        return None

    api = kith_server.serve(tmp_path, "--queue", broker.url).start()
    original = OriginalWorker(broker, answer)
    try:
        path = f"/models/{MODEL}"
        assert urllib.request.urlopen(f"{api.http}/ping?rpc=1", timeout=60).read() == b'"pong"'
        assert post(api, f"{path}/add", {"url": A, "metadata": {"b": 1, "a": 2}}) == (204, None)
        assert original.calls[-1] == ("insert_images", [MODEL, [A], [{"b": 1, "a": 2}]])
        assert list(original.calls[-1][1][2][0]) == ["b", "a"]
        assert post(api, f"{path}/search_add", {"url": A}) == (409, {"detail": "Image already inserted"})
        assert original.calls[-1] == ("insert_images", [MODEL, [A], [None], None, False])
        status, result = post(api, f"{path}/add_bulk", [{"url": A}, {"url": B}])
        assert (status, result) == (200, {"added": [A, B], "found": [], "failed": []})
        assert original.calls[-1] == ("insert_images", [MODEL, [A, B], [None, None], None, True, False])
        status, _ = post(api, f"{path}/restore", [{"url": A, "embedding": unit(1)}])
        assert status == 204
        assert original.calls[-1][1][3][0] == pytest.approx(unit(1)) and len(original.calls[-1][1]) == 4
        assert post(api, f"{path}/add", {"url": "https://x.example/small.png"}) == (
            422, {"detail": [{"msg": "Image size too small", "type": "parameter_error"}]})
        assert post(api, f"{path}/add", {"url": "https://x.example/broken.png"}) == (
            500, {"detail": [{"msg": "Server error", "type": "server_error"}]})
        assert post(api, f"{path}/add", {"url": "https://x.example/odd.png"}) == (500, "Internal Server Error")
        status, matches = post(api, f"{path}/search", {"url": A, "limit": 3})
        assert status == 200 and matches == [{"url": A, "metadata": {"b": 1, "a": 2}, "similarity": 100.0}]
        assert original.calls[-1] == ("search_by_url", [MODEL, A, 3])
        assert post(api, f"{path}/compare", {"url": A, "other": B}) == (200, 61.75)
        assert post(api, f"{path}/urls", {}) == (200, [A])
        assert [entry["url"] for entry in post(api, f"{path}/dump", {"limit": 10})[1]] == [A]
        assert urllib.request.urlopen(f"{api.http}{path}/count", timeout=60).read() == b"471838"
        assert post(api, f"{path}/remove", {"url": A}) == (204, None)
        sent = original.properties[-1]
        assert sent.reply_to and sent.correlation_id and sent.content_type is None and sent.delivery_mode is None
    finally:
        original.close()
        api.end()


@pytest.mark.parametrize(
    ("raised", "status", "body"),
    [
        (ValueError("Image size too small"), 422, {"detail": [{"msg": "Image size too small", "type": "parameter_error"}]}),
        (RuntimeError("Server error"), 500, {"detail": [{"msg": "Server error", "type": "server_error"}]}),
        (KeyError("url"), 500, "Internal Server Error"),
    ],
    ids=["ValueError", "RuntimeError", "KeyError"],
)
def test_faults_of_a_worker_are_answered_alike_everywhere(
    shared_api: Kith, broker: Broker, raised: Exception, status: int, body: object
) -> None:
    def answer(command: str, arguments: list) -> object:
        raise raised

    original = OriginalWorker(broker, answer)
    try:
        path = f"/models/{MODEL}"
        for operation, asked in (
            ("add", {"url": A}),
            ("search_add", {"url": A}),
            ("add_bulk", [{"url": A}]),
            ("search", {"url": A}),
            ("search", {"text": "words"}),
            ("compare", {"url": A, "other": B}),
            ("remove", {"url": A}),
            ("urls", {}),
            ("dump", {}),
            ("restore", [{"url": A, "embedding": unit(1)}]),
        ):
            assert post(shared_api, f"{path}/{operation}", asked) == (status, body), operation
        assert ask(shared_api, "GET", f"{path}/count") == (status, body)
        assert len(original.calls) == 11
    finally:
        original.close()


def test_two_workers_of_which_one_is_blocked(tmp_path: Path, shared_api: Kith, broker: Broker) -> None:
    with pictures.host() as host:
        allow = ("--in-memory", "--allow-fetch", "127.0.0.0/8", "--alias", f"{MODEL}={SHIPPED}")
        workers = [worker(tmp_path / name, broker, *allow).start() for name in ("one", "two")]
        try:
            slow = threading.Thread(target=post, args=(
                shared_api, f"/models/{MODEL}/add", {"url": host.url("slow/1.png")}))
            slow.start()
            wait_until(lambda: host.asked == ["/slow/1.png"], 60)
            for _ in range(5):
                assert ask(shared_api, "GET", "/ping?rpc=1") == (200, "pong")
            assert slow.is_alive()
            host.release.set()
            slow.join(60)
            assert not slow.is_alive()
        finally:
            for one in workers:
                one.end()


def left_alone(kith: Kith, path: str, body: object) -> None:
    """A request whose server ends before it has answered."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        post(kith, path, body)


def test_a_broker_without_memory_holds_up_nothing_that_needs_no_worker(tmp_path: Path, broker: Broker) -> None:
    """It reads nothing then of who publishes: requests wait for it, all others are answered, and each process ends."""
    api = kith_server.serve(tmp_path / "api", "--queue", broker.url).start()
    ours = worker(tmp_path / "worker", broker, "--in-memory").start()
    answers: list[tuple[int, object]] = []
    # Together more than sockets take.
    many = [{"url": f"https://img.example.net/{i}.png", "embedding": unit(1)} for i in range(1500)]
    asking = [
        threading.Thread(target=lambda: answers.append(post(api, f"/models/{MODEL}/restore", many))) for _ in range(3)
    ]
    try:
        assert ask(api, "GET", "/ping?rpc=1") == (200, "pong")
        broker.without_memory(True)
        for thread in asking:
            thread.start()
        wait_until(lambda: broker.blocked() > 0, 60)
        for _ in range(5):
            assert ask(api, "GET", "/ping") == (200, "pong")
            assert ask(api, "GET", "/readyz")[0] == 200
        broker.without_memory(False)
        for thread in asking:
            thread.join(60)
        assert answers == [(204, None)] * len(asking)
        broker.without_memory(True)
        last = threading.Thread(target=left_alone, args=(api, f"/models/{MODEL}/restore", many))
        last.start()
        wait_until(lambda: broker.blocked() > 0, 60)
        stop(ours)
        api.stop()
        last.join(60)
    finally:
        broker.without_memory(False)
        ours.end()
        api.end()


def health(kith: Kith) -> int:
    with contextlib.suppress(urllib.error.HTTPError):
        return urllib.request.urlopen(f"http://127.0.0.1:{kith.ports['health']}/", timeout=10).status
    return 503


def test_a_worker_outlives_what_the_broker_closes(tmp_path: Path, broker: Broker) -> None:
    """A channel over a reply that is too large, its queue, its connection: it works on, and its health tells."""
    broker.largest_message(RABBITMQ_4_BYTES)
    ours = worker(tmp_path, broker, "--in-memory", "--health-port", "0").start()
    api = OriginalApi(broker)
    try:
        for first in range(0, LARGE_DUMP, LARGE_DUMP // 2):
            urls = [f"https://img.example.net/{i}.png" for i in range(first, first + LARGE_DUMP // 2)]
            assert len(api.call("insert_images", MODEL, urls, None, [LONG_NUMBERS] * len(urls))["added"]) == len(urls)
        too_large = api.call("list_images", MODEL, "", None, ["url", "embedding", "metadata"])
        assert too_large["exception_type"] == "RuntimeError" and "ask for less" in too_large["exception_args"][0]
        assert api.call("count", MODEL) == LARGE_DUMP
        assert len(api.call("list_images", MODEL, "", 1000, ["url", "embedding", "metadata"])) == 1000
        broker.delete_work_queue()
        wait_until(broker.has_work_queue, 60, ours.log_text)
        assert api.call("count", MODEL) == LARGE_DUMP
        broker.close_connections()
        assert api.call("count", MODEL) == LARGE_DUMP
        wait_until(lambda: health(ours) == 200, 60, ours.log_text)
    finally:
        ours.end()
        broker.largest_message(128 << 20)


def test_an_api_outlives_what_the_broker_closes(tmp_path: Path, broker: Broker) -> None:
    """A restored file that is too large for one message goes as several, and a lost connection comes back."""
    broker.largest_message(RABBITMQ_4_BYTES)
    api = kith_server.serve(tmp_path / "api", "--queue", broker.url).start()
    ours = worker(tmp_path / "worker", broker, "--in-memory").start()
    try:
        # Of short numbers, which are long ones as soon as they are floats.
        many = [{"url": f"https://img.example.net/{i}.png", "embedding": [0.1] * 512} for i in range(LARGE_DUMP)]
        assert post(api, f"/models/{MODEL}/restore", many) == (204, None)
        assert ask(api, "GET", f"/models/{MODEL}/count") == (200, LARGE_DUMP)
        broker.close_connections()
        wait_until(lambda: ask(api, "GET", "/ping?rpc=1")[0] == 200, 60, api.log_text)
        assert ask(api, "GET", f"/models/{MODEL}/count") == (200, LARGE_DUMP)
        assert len(post(api, f"/models/{MODEL}/dump", {})[1]) == LARGE_DUMP
    finally:
        ours.end()
        api.end()
        broker.largest_message(128 << 20)


def test_the_page_is_there_without_a_worker(tmp_path: Path, broker: Broker) -> None:
    api = kith_server.serve(tmp_path, "--queue", broker.url).start()
    try:
        broker.delete_work_queue()
        status, models = ask(api, "GET", "/models")
        assert status == 200 and [model["count"] for model in models] == [None] * len(models) and models
    finally:
        api.end()


def test_keys_of_several_tenants_do_not_go_with_a_queue(tmp_path: Path, broker: Broker) -> None:
    refused = kith_server.serve(tmp_path, "--queue", broker.url, keys={"k1": "one", "k2": "two"}).refuse()
    assert refused.status == 2 and "--queue" in refused.err


def test_job_of_a_killed_worker_is_done_by_another(tmp_path: Path, broker: Broker, store: Kith) -> None:
    """The first worker hangs in a download when it is killed; the second gets the message again and stores the picture."""
    picture = pictures.png(200, 1)
    asked, release = threading.Semaphore(0), threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.release()
            release.wait(60)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(picture)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(picture)

        def log_message(self, *_: object) -> None:
            pass

    origin = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    allow = ("--store", store.http, "--key", "key-of-images", "--allow-fetch", "127.0.0.0/8")
    first = worker(tmp_path / "first", broker, *allow).start()
    second: Kith | None = None
    answers: list[object] = []
    url = f"http://127.0.0.1:{origin.server_address[1]}/slow.png"
    asking = threading.Thread(
        target=lambda: answers.append(OriginalApi(broker).call("insert_images", SHIPPED, [url], [None])), daemon=True)
    try:
        asking.start()
        assert asked.acquire(timeout=60)
        first.kill()
        second = worker(tmp_path / "second", broker, *allow).start()
        assert asked.acquire(timeout=60), "the message did not come back"
        release.set()
        asking.join(60)
        assert answers == [{"added": [url], "found": [], "failed": []}]
        assert OriginalApi(broker).call("list_images", SHIPPED, "", None) == [url]
        wait_until(lambda: broker.waiting() == 0, 30)
    finally:
        release.set()
        origin.shutdown()
        first.end()
        if second:
            second.end()
