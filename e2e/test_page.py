"""The page, used as a person would use it, in headless Chromium, with real photographs and the model that is shipped."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import DESKTOP, PHONE, Browser
from kith_server import Kith
from photographs import Photograph, photographs
from selenium.webdriver.common.keys import Keys

PHOTOGRAPHS = 50
FOUND_WITHIN = 8
FOUND_SHARE = 0.95


@dataclass
class Gallery:
    """A server with fifty photographs that were added through the page."""

    kith: Kith
    browser: Browser
    files: list[Path]
    model: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.kith.ports['idios']}/"

    def ask(self, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            text = reply.read()
        return json.loads(text) if text else None


@pytest.fixture(scope="module")
def pictures() -> list[Photograph]:
    some = photographs()[:PHOTOGRAPHS]
    assert len(some) == PHOTOGRAPHS
    return some


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def browser(folder: Path, pytestconfig: pytest.Config) -> Iterator[Browser]:
    (folder / "downloads").mkdir()
    kept = pytestconfig.getoption("--pictures")
    browser = Browser(folder / "downloads", Path(kept) if kept else folder / "pictures")
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def gallery(
    launch_for_module: Callable[..., Kith], browser: Browser, folder: Path, pictures: list[Photograph]
) -> Iterator[Gallery]:
    kith = launch_for_module()
    files = []
    for photograph in pictures:
        files.append(folder / f"{photograph.name}.jpg")
        files[-1].write_bytes(photograph.jpeg())
    gallery = Gallery(kith, browser, files, "")
    browser.open(gallery.address)
    browser.until(lambda: browser.all("#model option"))
    gallery.model = browser.one("#model").get_property("value")
    browser.view("add")
    browser.one("#add-metadata").send_keys('{"from": "a package", "shelf": 7}')
    browser.picture("add")
    browser.one("#add-files").send_keys("\n".join(str(file) for file in files))
    browser.until_said(f"{PHOTOGRAPHS} added")
    assert browser.all("#add-failures li") == []
    yield gallery
    assert browser.complaints() == []


def test_variants_find_their_originals_first(gallery: Gallery, pictures: list[Photograph], folder: Path) -> None:
    browser = gallery.browser
    browser.view("search")
    limit = browser.one("#search-limit")
    limit.clear()
    limit.send_keys(str(FOUND_WITHIN))
    missed: dict[str, list[str]] = {}
    searches = 0
    for photograph in pictures:
        for variant, data in photograph.variants().items():
            file = folder / f"{photograph.name}.{variant}.jpg"
            file.write_bytes(data)
            browser.driver.execute_script("document.querySelector('#search-results').replaceChildren()")
            browser.one("#search-file").send_keys(str(file))
            browser.until(lambda: browser.all("#search-results .card"))
            found = browser.addresses("#search-results")
            assert len(found) == FOUND_WITHIN
            searches += 1
            if not any(address.endswith(f"/{photograph.name}.jpg") for address in found):
                missed.setdefault(variant, []).append(photograph.name)
    lost = sum(map(len, missed.values()))
    print(f"{searches - lost} of {searches} variants found their original within {FOUND_WITHIN}; missed: {missed}")
    browser.picture("search")
    assert 1 - lost / searches >= FOUND_SHARE, missed


def test_results_are_ranked_and_described(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.view("search")
    browser.driver.execute_script("document.querySelector('#search-results').replaceChildren()")
    browser.one("#search-file").send_keys(str(gallery.files[0]))
    cards = browser.until(lambda: browser.all("#search-results .card"))
    scores = [float(card.find_element("css selector", ".score b").text) for card in cards]
    assert scores == sorted(scores, reverse=True) and scores[0] > 99
    assert "shelf" in cards[0].find_element("css selector", ".metadata").text
    image = cards[0].find_element("css selector", ".picture img")
    browser.until(lambda: image.get_property("naturalWidth") > 0)


def test_words_say_what_is_missing(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.view("search")
    words = browser.one("#search-words")
    words.clear()
    words.send_keys("a red boat", Keys.ENTER)
    browser.until(lambda: "failed" in browser.one("#status").get_attribute("class"))
    assert browser.status() != ""


def test_browse_pages_through_everything(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.view("browse")
    browser.until(lambda: len(browser.all("#browse-results .card")) == 24)
    browser.picture("browse")
    seen = browser.addresses("#browse-results")
    while browser.one("#browse-next").is_enabled():
        before = browser.one("#browse-page").text
        browser.one("#browse-next").click()
        browser.until(lambda: browser.one("#browse-page").text != before)
        seen += browser.addresses("#browse-results")
    assert seen == gallery.ask(f"models/{gallery.model}/urls", {})
    browser.one("#browse-previous").click()
    browser.until(lambda: browser.one("#browse-page").text == "Page 2")


def test_compare_two_of_the_browsed(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.view("browse")
    browser.until(lambda: len(browser.all("#browse-results .card")) >= 2)
    first, second = browser.addresses("#browse-results")[:2]
    for button in browser.all('#browse-results [data-do="compare"]')[:2]:
        button.click()
    browser.until(lambda: "Similarity" in browser.one("#compare-result").text)
    shown = float(browser.one("#compare-result").text.split()[1])
    told = gallery.ask(f"models/{gallery.model}/compare", {"url": first, "other": second})
    assert shown == pytest.approx(told, abs=0.006)
    browser.picture("compare")


def test_keyboard_alone_searches_and_removes(gallery: Gallery) -> None:
    browser = gallery.browser
    address = gallery.ask(f"models/{gallery.model}/urls", {"limit": 1})[0]
    browser.view("search")
    browser.one("#search-title").click()
    browser.keys("/")
    assert browser.focused().get_attribute("id") == "search-words"
    browser.focused().send_keys(Keys.CONTROL, "a")
    browser.keys(address, Keys.ENTER)
    browser.until(lambda: browser.addresses("#search-results")[:1] == [address])
    for _ in range(20):
        browser.keys(Keys.TAB)
        if browser.focused().get_attribute("data-do") == "remove":
            break
    browser.keys(Keys.ENTER)
    browser.until(lambda: browser.one("#remove-dialog").is_displayed())
    browser.picture("remove")
    browser.keys(Keys.ESCAPE)
    assert gallery.ask(f"models/{gallery.model}/count") == PHOTOGRAPHS
    browser.keys(Keys.ENTER)
    browser.until(lambda: browser.one("#remove-dialog").is_displayed())
    browser.keys(Keys.TAB, Keys.ENTER)
    browser.until_said("Removed")
    assert gallery.ask(f"models/{gallery.model}/count") == PHOTOGRAPHS - 1
    assert address not in browser.addresses("#search-results")


def test_dump_is_downloaded_and_restored(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.driver.execute_script("delete window.showSaveFilePicker")
    before = gallery.ask(f"models/{gallery.model}/dump", {})
    browser.view("data")
    browser.one("#dump").click()
    browser.until_said(f"{len(before)} entries dumped")
    file = browser.downloads / f"{gallery.model}.json"
    browser.until(file.exists)
    assert json.loads(file.read_text()) == before
    for entry in before:
        gallery.ask(f"models/{gallery.model}/remove", {"url": entry["url"]})
    browser.one("#restore-files").send_keys(str(file))
    browser.until_said("1 of 1 files restored")
    assert gallery.ask(f"models/{gallery.model}/dump", {}) == before
    browser.picture("data")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_is_wider_than_the_screen(gallery: Gallery, scheme: str, size: tuple[int, int]) -> None:
    browser = gallery.browser
    browser.resize(*size)
    browser.scheme(scheme)
    try:
        for view in ("search", "add", "browse", "compare", "data"):
            browser.view(view)
            wide, seen = browser.driver.execute_script(
                "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
            )
            assert wide <= seen, view
        browser.view("browse")
        browser.until(lambda: browser.all("#browse-results .card"))
        browser.picture(f"browse-{scheme}-{size[0]}")
    finally:
        browser.resize(*DESKTOP)
        browser.scheme("light")


def test_everything_comes_from_the_server(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.open(gallery.address)
    browser.until(lambda: browser.all("#model option"))
    assert browser.hosts() == {gallery.address.split("/")[2]}


def test_a_key_is_asked_for_once(launch_for_module: Callable[..., Kith], browser: Browser) -> None:
    kith = launch_for_module(keys={"sesame": "one"})
    browser.open(f"http://127.0.0.1:{kith.ports['idios']}/")
    browser.until(lambda: browser.one("#key-dialog").is_displayed())
    browser.picture("key")
    assert not browser.one("#key-wrong").is_displayed()
    browser.one("#key").send_keys("wrong", Keys.ENTER)
    browser.until(lambda: browser.one("#key-dialog").is_displayed() and browser.one("#key").get_property("value") == "")
    assert "does not know" in browser.one("#key-wrong").text
    browser.one("#key").send_keys("sesame", Keys.ENTER)
    browser.until(lambda: browser.all("#model option"))
    browser.driver.refresh()
    browser.until(lambda: browser.all("#model option"))
    assert not browser.one("#key-dialog").is_displayed()
