"""Entries of a collection that mean something to a parser of markup, a screen or a line of a request: all of them are
addresses and metadata that the door takes."""

from __future__ import annotations

import json
from typing import Any

ADDRESS_CHARACTERS = 2_083
# What the door takes as no address is left out: space, and what the path of an address ends with.
CONTROLS = "".join(chr(code) for code in range(0x20) if code not in (9, 10, 11, 12, 13, 28, 29, 30, 31)) + "\x7f\x80"
SCRIPT = "window.hit=1"
# Nobody listens there, and the browser does not even ask.
HOST = "http://127.0.0.1:1/"
# What begins so is shown as a picture, or not at all.
PICTURE = "data:image/png;base64,"
OVERRIDE, ISOLATE = "\u202e", "\u2067"
ZALGO = "Z" + "".join(chr(0x300 + n) for n in range(0x60)) * 3


def long(start: str, character: str) -> str:
    return start + character * (ADDRESS_CHARACTERS - len(start))


ADDRESSES = [
    f"{HOST}<img/src=x/onerror={SCRIPT}>",
    f'{HOST}"onerror="{SCRIPT}".png',
    f"{HOST}'><script>{SCRIPT}</script>",
    f"{HOST}%3Cscript%3E{SCRIPT}%3C%2Fscript%3E",
    f"http://javascript:{SCRIPT}@127.0.0.1:1/x.png",
    f"{HOST}javascript:{SCRIPT}",
    f"HTTP://127.0.0.1:1/data:text/html,<script>{SCRIPT}</script>",
    f"https://upload.local/<svg/onload={SCRIPT}>",
    f"{HOST}{OVERRIDE}gpj.exe",
    f"{HOST}%E2%80%AEgpj.exe",
    f"{HOST}{ISOLATE}\u05d0\u05d1\u05d2/\u0627\u0644\u0635\u0648\u0631\u0629.jpg",
    f"{HOST}{CONTROLS}",
    f"{HOST}%",
    f"{HOST}%ff%fe%00",
    f"{HOST}{ZALGO}",
    f"{HOST}\ufeff\u200b\u200d",
    long(HOST, "W"),
    # Eight kilobytes of them.
    long(HOST, "\U00013000"),
    long(f"{HOST}x/", "/"),
    long(HOST, "%"),
]

METADATA: list[Any] = [
    {"<b>name</b>": f"<script>{SCRIPT}</script>", f"<img src=x onerror={SCRIPT}>": f'"><svg onload={SCRIPT}>'},
    {"link": f"javascript:{SCRIPT}", "page": f"data:text/html,<script>{SCRIPT}</script>", "thumbnail": f"javascript:{SCRIPT}"},
    {"thumbnail": f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{SCRIPT}'/>"},
    {"thumbnail": f'data:image/png,"onerror="{SCRIPT}'},
    {"thumbnail": {"a": [1, None, True]}},
    {"thumbnail": f'{PICTURE}"onerror="{SCRIPT}'},
    {"__proto__": {"hit": 1}, "constructor": "x", "toString": 1, "hasOwnProperty": False},
    {"word": "W" * 60_000},
    {"W" * 60_000: "word"},
    {f"{n}-th name": n for n in range(2_000)},
    {"deep": json.loads("[" * 60 + "]" * 60)},
    {f"{OVERRIDE}eman": f"{OVERRIDE}eulav", "\u0627\u0633\u0645": "\u0642\u064a\u0645\u0629"},
    {"controls": "".join(map(chr, range(0x20))) + "\x7f\x80\x9f", "\0": "\0"},
    {"": "", " ": " "},
    {"large": 9_007_199_254_740_993, "small": -9_223_372_036_854_775_808, "half": 0.5},
    {"zalgo": ZALGO * 20},
    {"lines": "a\n" * 5_000},
    None,
]


def entries(dimension: int) -> list[dict[str, Any]]:
    """One for each address, near each other, the first ones nearest."""
    return [
        {"url": address, "metadata": METADATA[at % len(METADATA)], "embedding": [1.0, at / 1_000] + [0.0] * (dimension - 2)}
        for at, address in enumerate(ADDRESSES)
    ]


def shown(metadata: Any) -> dict[str, str]:
    """The texts that a card shows."""
    return {
        name: value if isinstance(value, str) else compact(value)
        for name, value in (metadata or {}).items()
        if not str(value).startswith(PICTURE)
    }


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
