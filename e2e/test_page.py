"""The page, used as a person would use it, in headless Chromium, with real photographs and the model that is shipped."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import DESKTOP, ELSEWHERE, PHONE, Browser
from kith_server import Kith
from photographs import Photograph, photographs
from strange import ADDRESSES, entries, shown
from selenium.webdriver.common.keys import Keys

PHOTOGRAPHS = 50
FOUND_WITHIN = 8
FOUND_SHARE = 0.95
VIEWS = ("search", "add", "browse", "compare", "data")
# A second collection, of the same model by another name.
STRANGE = "scans"
CARD_PIXELS_MAX = 600


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
    kith = launch_for_module("--alias", f"{STRANGE}=efficientnet-lite0", "--http-hosts", ELSEWHERE)
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


# Four hundred searches, on whatever machine.
@pytest.mark.timeout(600)
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
    assert "kith models pull vit_b32" in browser.status()


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
    for number in range(2):
        browser.press('#browse-results [data-do="compare"]', number)
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


# Keeps what a bar says beside it, however short.
KEEP_TEXTS = """
window.texts = [];
const span = document.querySelector('#data-progress span');
new MutationObserver(() => window.texts.push(span.textContent)).observe(span, { childList: true });
"""


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
    browser.driver.execute_script(KEEP_TEXTS)
    browser.one("#restore-files").send_keys(str(file))
    browser.until_said("1 of 1 files restored")
    assert "0 of 1, 100 % of the next" in browser.driver.execute_script("return window.texts")
    assert gallery.ask(f"models/{gallery.model}/dump", {}) == before
    browser.picture("data")


# As Chromium's own, whose dialog nobody can answer here: the file that it writes is one of the origin's own.
CHOOSE_FILE = """
window.showSaveFilePicker = async ({ suggestedName }) => {
  const folder = await navigator.storage.getDirectory();
  return folder.getFileHandle(suggestedName, { create: true });
};
"""
CHOSEN = """
const done = arguments[1];
navigator.storage.getDirectory().then((folder) => folder.getFileHandle(arguments[0]))
    .then((handle) => handle.getFile()).then((file) => file.text()).then(done, (failed) => done(String(failed)));
"""


def test_dump_is_written_into_a_chosen_file(gallery: Gallery) -> None:
    browser = gallery.browser
    entries = gallery.ask(f"models/{gallery.model}/dump", {})
    browser.driver.execute_script(CHOOSE_FILE)
    browser.view("data")
    browser.say_nothing()
    browser.one("#dump").click()
    browser.until_said(f"{len(entries)} entries dumped")
    assert json.loads(browser.driver.execute_async_script(CHOSEN, f"{gallery.model}.json")) == entries


def test_files_are_added_from_a_page_of_another_machine(gallery: Gallery) -> None:
    """Plain HTTP under another name than localhost: browsers keep some of what they can do from such pages."""
    browser = gallery.browser
    browser.open(gallery.address.replace("127.0.0.1", ELSEWHERE))
    browser.until(lambda: browser.all("#model option"))
    assert browser.driver.execute_script("return isSecureContext") is False
    choose(browser, STRANGE)
    browser.view("add")
    file = gallery.files[0]
    browser.one("#add-files").send_keys(str(file))
    browser.until_said("1 added")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    stored = gallery.ask(f"models/{STRANGE}/urls", {})
    assert stored == [f"https://upload.local/{digest}/{file.name}"]
    browser.view("search")
    browser.one("#search-file").send_keys(str(file))
    browser.until(lambda: browser.addresses("#search-results") == stored)
    gallery.ask(f"models/{STRANGE}/remove", {"url": stored[0]})
    browser.open(gallery.address)
    browser.until(lambda: browser.all("#model option"))
    choose(browser, gallery.model)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_is_wider_than_the_screen(gallery: Gallery, scheme: str, size: tuple[int, int]) -> None:
    browser = gallery.browser
    browser.resize(*size)
    browser.scheme(scheme)
    try:
        for view in VIEWS:
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


@pytest.fixture
def strange(gallery: Gallery) -> Iterator[list[dict]]:
    """The page shows a collection of strange entries; all of them, in the order of their addresses."""
    browser = gallery.browser
    browser.view("data")
    some = entries(dimension(gallery))
    gallery.ask(f"models/{STRANGE}/restore", some)
    choose(browser, STRANGE)
    yield sorted(some, key=lambda entry: entry["url"].encode())
    choose(browser, gallery.model)
    assert browser.driver.execute_script("return [window.hit, document.title, Object.prototype.hit]") == [None, "Kith: images", None]
    assert browser.complaints() == []


def dimension(gallery: Gallery) -> int:
    return next(model["dimension"] for model in gallery.ask("models") if model["name"] == STRANGE)


def choose(browser: Browser, model: str) -> None:
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'))"
    browser.driver.execute_script(script, browser.one("#model"), model)


# What cards say, whether any of them leaves its place, and what in the whole page could run.
CARDS = """
const cards = [...document.querySelectorAll(arguments[0] + ' .card')];
const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1
    && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
const grid = document.querySelector(arguments[0]).getBoundingClientRect();
const places = cards.map((card) => card.getBoundingClientRect());
return {
  texts: cards.map((card) => [...card.querySelectorAll('.metadata > div')].map((row) =>
      [row.querySelector('dt').textContent, row.querySelector('dd').textContent])),
  titles: cards.map((card) => card.querySelector('.url a').title),
  tall: Math.max(...places.map((place) => place.height)),
  inside: places.every((place) => inside(place, grid)),
  apart: places.every((one, at) => places.every((other, to) => at === to || one.right <= other.left + 1
      || other.right <= one.left + 1 || one.bottom <= other.top + 1 || other.bottom <= one.top + 1)),
  parts: cards.every((card) => [...card.children].filter((part) => part.checkVisibility()).every((part) =>
      inside(part.getBoundingClientRect(), card.getBoundingClientRect()))),
  scripts: document.scripts.length,
  handlers: [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes])
      .filter((one) => one.name.startsWith('on') || (/^(href|src|action|formaction|srcdoc)$/.test(one.name)
          && !/^(https?:|data:image|blob:|#|assets|docs)/i.test(one.value))).map((one) => one.name),
  links: [...document.links].map((link) => link.protocol),
  images: [...document.images].map((image) => new URL(image.src || 'data:', location).protocol),
};
"""


def browse(browser: Browser, count: int) -> None:
    """Has a page of so many read anew, so that none of its cards is replaced while it is used."""
    browser.driver.execute_script("document.querySelector('#browse-results').replaceChildren()")
    browser.view("browse")
    browser.until(lambda: len(browser.all("#browse-results .card")) == count)


def check(browser: Browser, results: str, wanted: list[dict]) -> None:
    """Cards say what is stored and nothing else, in their places, at every width, and nothing of it can run."""
    for size in (DESKTOP, PHONE):
        browser.resize(*size)
        cards = browser.driver.execute_script(CARDS, results)
        assert cards["titles"] == [entry["url"] for entry in wanted]
        for texts, entry in zip(cards["texts"], wanted, strict=True):
            assert dict(texts) == shown(entry["metadata"])
        assert cards["inside"] and cards["apart"] and cards["parts"] and cards["tall"] <= CARD_PIXELS_MAX, cards["tall"]
        assert cards["scripts"] == 1 and cards["handlers"] == []
        assert set(cards["links"]) <= {"http:", "https:"} and set(cards["images"]) <= {"http:", "https:", "data:", "blob:"}
        assert_not_wider(browser)
    browser.resize(*DESKTOP)


def assert_not_wider(browser: Browser) -> None:
    script = "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"
    wide, seen = browser.driver.execute_script(script)
    assert wide <= seen


def test_strange_entries_are_texts_wherever_they_are_shown(gallery: Gallery, strange: list[dict]) -> None:
    browser = gallery.browser
    browser.view("browse")
    browser.until(lambda: browser.addresses("#browse-results") == [entry["url"] for entry in strange])
    check(browser, "#browse-results", strange)
    browser.picture("strange")
    # Its nearest are in the order in which they were made.
    browser.driver.execute_script("document.querySelector('#search-limit').value = 24")
    first = next(at for at, entry in enumerate(strange) if entry["url"] == ADDRESSES[0])
    browser.press('#browse-results [data-do="similar"]', first)
    browser.until(lambda: browser.addresses("#search-results") == ADDRESSES)
    check(browser, "#search-results", sorted(strange, key=lambda entry: ADDRESSES.index(entry["url"])))


def test_strange_entries_are_removed_and_compared_like_others(gallery: Gallery, strange: list[dict]) -> None:
    browser = gallery.browser
    browse(browser, len(strange))
    for size in (PHONE, DESKTOP):
        browser.resize(*size)
        for at in range(len(strange)):
            browser.press('#browse-results [data-do="remove"]', at)
            assert browser.one("#remove-what").get_property("textContent") == strange[at]["url"]
            for button in browser.all("#remove-dialog button"):
                place = browser.driver.execute_script("return arguments[0].getBoundingClientRect().toJSON()", button)
                assert 0 <= place["top"] and place["bottom"] <= size[1] and place["right"] <= size[0]
            assert_not_wider(browser)
            browser.keys(Keys.ESCAPE)
    longest = [at for at, entry in enumerate(strange) if len(entry["url"]) > 2_000]
    for at in longest[-2:]:
        browser.press('#browse-results [data-do="compare"]', at)
    browser.until(lambda: "Similarity" in browser.one("#compare-result").text)
    assert_not_wider(browser)
    browse(browser, len(strange))
    for left in range(len(strange) - 1, -1, -1):
        browser.press('#browse-results [data-do="remove"]', left)
        browser.one("#remove-dialog .danger").click()
        browser.until(lambda: len(browser.all("#browse-results .card")) == left)
    assert gallery.ask(f"models/{STRANGE}/count") == 0


def test_long_and_strange_words_of_the_server_stay_in_their_place(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.view("search")
    words = browser.one("#search-words")
    for asked in ("http://a.b/ " + "W" * 2_000, "http://" + "<b>" * 600, "https://upload.local/" + "\u202e" * 50):
        browser.driver.execute_script("arguments[0].value = arguments[1]", words, asked)
        browser.one('#search-form button').click()
        browser.until(lambda: "failed" in browser.one("#status").get_attribute("class"))
        assert browser.one("#status").size["height"] < 200
        for size in (PHONE, DESKTOP):
            browser.resize(*size)
            assert_not_wider(browser)
    assert browser.all("#status *") == []


def test_metadata_keep_their_long_numbers(gallery: Gallery, folder: Path) -> None:
    browser = gallery.browser
    choose(browser, STRANGE)
    browser.view("add")
    metadata = browser.one("#add-metadata")
    metadata.clear()
    metadata.send_keys('{"number": 9007199254740993}')
    browser.one("#add-files").send_keys(str(gallery.files[0]))
    browser.until_said("1 added")
    metadata.clear()
    (entry,) = gallery.ask(f"models/{STRANGE}/dump", {})
    assert entry["metadata"]["number"] == 9_007_199_254_740_993
    browser.view("browse")
    browser.until(lambda: browser.all("#browse-results .card"))
    assert "9007199254740993" in browser.one("#browse-results .metadata").text
    browser.driver.execute_script("delete window.showSaveFilePicker")
    browser.view("data")
    browser.one("#dump").click()
    browser.until_said("1 entries dumped")
    file = browser.downloads / f"{STRANGE}.json"
    browser.until(file.exists)
    assert json.loads(file.read_text()) == [entry]
    gallery.ask(f"models/{STRANGE}/remove", {"url": entry["url"]})
    choose(browser, gallery.model)


def test_the_open_view_is_read_again_when_it_is_chosen(gallery: Gallery) -> None:
    browser = gallery.browser
    choose(browser, STRANGE)
    browser.view("browse")
    browser.until(lambda: browser.all("#browse-results .empty"))
    entry = {"url": "http://127.0.0.1:1/new.jpg", "embedding": [1.0] + [0.0] * (dimension(gallery) - 1)}
    gallery.ask(f"models/{STRANGE}/restore", [entry])
    browser.view("browse")
    browser.until(lambda: browser.addresses("#browse-results") == [entry["url"]])
    gallery.ask(f"models/{STRANGE}/remove", {"url": entry["url"]})
    choose(browser, gallery.model)


# What a person can be at with the keyboard, in this order, but for what scrolls and holds nothing of that kind.
STOPS = """
return [...document.querySelectorAll('a[href], button:enabled, input, select, textarea')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }));
"""
# The element with the focus, whether that is seen, and whether it only scrolls.
STOP = """
const one = document.activeElement;
const framed = one.closest('.drop') ?? one;
const style = getComputedStyle(framed);
const place = framed.getBoundingClientRect();
return [one, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
    && place.bottom > 0 && place.top < innerHeight && place.right > 0 && place.left < innerWidth,
    one.matches('.metadata, main')];
"""
NAMED = {"button", "link", "textbox", "searchbox", "spinbutton", "combobox", "img", "image", "meter", "progressbar", "dialog", "region"}


def nameless(browser: Browser) -> list[str]:
    """The parts of the page that assistive programs would have no name for."""
    nodes = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = [node for node in nodes if not node["ignored"] and node["role"]["value"] in NAMED]
    assert len(named) > 2
    return [str(node) for node in named if not node.get("name", {}).get("value", "").strip()]


def test_every_control_has_a_name_and_is_reached_by_the_keyboard(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.open(gallery.address)
    browser.until(lambda: browser.all("#model option"))
    last = gallery.ask(f"models/{gallery.model}/urls", {})[-3]
    for view in VIEWS:
        browser.view(view)
        if view == "search":
            browser.one("#search-limit").clear()
            browser.one("#search-limit").send_keys("2")
            browser.one("#search-words").send_keys(last, Keys.ENTER)
            browser.until(lambda: len(browser.all("#search-results .card")) == 2)
        if view == "browse":
            browser.one("#browse-cursor").send_keys(last, Keys.ENTER)
            browser.until(lambda: len(browser.all("#browse-results .card")) == 2)
        assert nameless(browser) == [], view
        browser.driver.execute_script("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
        wanted = browser.driver.execute_script(STOPS)
        browser.driver.execute_script("document.querySelector('.skip').focus()")
        # As somebody with a keyboard comes to it.
        browser.keys(Keys.TAB)
        browser.focused().send_keys(Keys.SHIFT, Keys.TAB)
        reached = []
        for _ in range(2 * len(wanted)):
            stop, seen, scrolls = browser.driver.execute_script(STOP)
            assert seen, stop.get_attribute("outerHTML")[:200]
            if not scrolls:
                reached.append(stop)
            if stop == wanted[-1]:
                break
            browser.keys(Keys.TAB)
        assert reached == wanted, view
    browse(browser, 2)
    browser.one('#browse-results [data-do="remove"]').click()
    assert nameless(browser) == []
    browser.keys(Keys.ESCAPE)


def test_the_page_opens_without_its_models(gallery: Gallery) -> None:
    browser = gallery.browser
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/models"]})
    try:
        browser.open(gallery.address)
        browser.until(lambda: "failed" in browser.one("#status").get_attribute("class"))
        browser.until(lambda: browser.one("section#search").is_displayed())
        browser.view("data")
    finally:
        browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    browser.open(gallery.address)
    browser.until(lambda: browser.all("#model option"))


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
