"""Headless Chromium, used as a person uses it: by keyboard, pointer and files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

WAIT_SECONDS = 60
# Without these Chromium looks for hosts that the tests have nothing to do with.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP kith.test 127.0.0.1",
)
# This machine by a name that browsers do not trust as they do localhost: as a page looks that comes from another machine.
ELSEWHERE = "kith.test"
DESKTOP, PHONE = (1280, 900), (390, 844)


class Browser:
    def __init__(self, downloads: Path, picture_folder: Path) -> None:
        program, driver = (shutil.which(name) for name in ("chromium", "chromedriver"))
        assert program and driver, "Chromium is missing (Debian, Ubuntu: apt-get install chromium chromium-driver)"
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for flag in FLAGS:
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.downloads = downloads
        self.picture_folder = picture_folder
        self.resize(*DESKTOP)

    def open(self, address: str) -> None:
        self.driver.get(address)

    def view(self, name: str) -> None:
        """Chooses a view in the header."""
        self.one(f'nav a[data-view="{name}"]').click()
        self.until(lambda: self.one(f"section#{name}").is_displayed())

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def press(self, selector: str, number: int = 0) -> None:
        """Clicks the n-th that there is; once more where the page put another in its place meanwhile."""

        def pressed() -> bool:
            try:
                self.all(selector)[number].click()
                return True
            except (IndexError, StaleElementReferenceException):
                return False

        self.until(pressed)

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def keys(self, *keys: str) -> None:
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def status(self) -> str:
        return self.one("#status").text

    def say_nothing(self) -> None:
        """Takes away what the page has said, so that what is waited for is said anew."""
        self.driver.execute_script("document.querySelector('#status').textContent = ''")

    def until(self, condition: Callable[[], Any]) -> Any:
        return WebDriverWait(self.driver, WAIT_SECONDS, poll_frequency=0.02).until(lambda _: condition())

    def until_said(self, text: str) -> None:
        WebDriverWait(self.driver, WAIT_SECONDS, poll_frequency=0.02).until(
            lambda _: text in self.status(), f"the page says {self.status()!r}, not {text!r}"
        )

    def addresses(self, results: str) -> list[str]:
        """The addresses of the cards of a list, in its order."""
        script = "return [...document.querySelectorAll(arguments[0] + ' .card')].map((card) => card.dataset.url)"
        return self.driver.execute_script(script, results)

    def resize(self, width: int, height: int) -> None:
        self.driver.set_window_size(width, height)

    def scheme(self, name: str) -> None:
        """The colour scheme that the person prefers: light or dark."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def picture(self, name: str) -> None:
        """Keeps what is seen now."""
        self.picture_folder.mkdir(parents=True, exist_ok=True)
        assert self.driver.save_screenshot(str(self.picture_folder / f"{name}.png"))

    def complaints(self) -> list[str]:
        """What the browser has logged as wrong since it was asked last; refused requests are the page's own business."""
        return [
            line["message"]
            for line in self.driver.get_log("browser")
            if line["level"] == "SEVERE" and "Failed to load resource" not in line["message"]
        ]

    def hosts(self) -> set[str]:
        """The hosts of everything that the page asked for."""
        script = "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host)"
        return set(self.driver.execute_script(script))

    def close(self) -> None:
        self.driver.quit()
