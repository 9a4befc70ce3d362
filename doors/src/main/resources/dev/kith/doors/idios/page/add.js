// Add: files from this machine, or addresses that the server fetches.

import { ask, of, parsed, upload } from "./api.js";
import { sha256 } from "./digest.js";
import { drops } from "./drops.js";
import { withThumbnail } from "./pictures.js";
import { overAll } from "./progress.js";

/** Files sent at the same time. */
const FILES_AT_ONCE = 4;
/** Addresses a request: few enough that the bar moves. */
const ADDRESSES_A_REQUEST = 16;
const NAME_DIGITS = 12;

const element = (id) => document.getElementById(id);

/** Names by content: the same file twice is one entry, two files of one name are two. */
async function nameOf(prefix, file) {
  const start = sha256(new Uint8Array(await file.arrayBuffer())).slice(0, NAME_DIGITS);
  return `${prefix}${start}/${encodeURIComponent(file.name)}`;
}

/** The metadata that was typed, as an object, or null; throws where it is neither. */
function metadata() {
  const text = element("add-metadata").value.trim();
  if (text === "") return null;
  const value = parsed(text);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new SyntaxError("not an object");
  return value;
}

export function adding(page) {
  const failures = element("add-failures");
  const bar = element("add-progress");
  let busy = false;

  function failed(what, why) {
    const line = document.createElement("li");
    // A name may be written from right to left, the reason is not.
    const name = document.createElement("bdi");
    name.textContent = what;
    line.append(name, `: ${why}`);
    failures.append(line);
  }

  /** One adding at a time: the bar belongs to it. */
  async function run(pieces, width, work) {
    if (busy) {
      page.fail(new Error("Pictures are being added already; wait, or stop that first"));
      return;
    }
    let described;
    try {
      described = metadata();
    } catch {
      page.fail(new Error("The metadata is not a JSON object"));
      return;
    }
    busy = true;
    failures.replaceChildren();
    page.say("Adding…");
    let added = 0;
    try {
      const model = page.model();
      const { stopped } = await overAll(bar, pieces, width, async (piece, signal) => {
        const more = await work(model, piece, described, signal);
        added += more;
      });
      const bad = failures.childElementCount;
      page.say(`${added} added${bad > 0 ? `, ${bad} not` : ""}${stopped ? "; stopped" : ""}`);
    } catch (broken) {
      page.fail(broken);
    } finally {
      busy = false;
      page.changed();
    }
  }

  async function addFile(model, file, described, signal) {
    try {
      const form = new FormData();
      form.append("url", await nameOf(element("add-prefix").value, file));
      form.append("metadata", JSON.stringify(await withThumbnail(described, file)));
      form.append("file", file);
      await upload(of(model, "add_file"), form, signal);
      return 1;
    } catch (refused) {
      if (refused.name === "AbortError" || refused.status === 401 || refused.status === 0) throw refused;
      failed(file.name, refused.message);
      return 0;
    }
  }

  async function addUrls(model, urls, described, signal) {
    try {
      const items = urls.map((url) => ({ url, metadata: described }));
      const outcome = await ask("POST", of(model, "add_bulk"), items, signal);
      outcome.failed.forEach((one) => failed(one.url, one.error));
      return outcome.added.length;
    } catch (refused) {
      if (refused.name === "AbortError" || refused.status === 401 || refused.status === 0) throw refused;
      failed(urls.join(", "), refused.message);
      return 0;
    }
  }

  drops(element("add-drop"), (files) => run(files, FILES_AT_ONCE, addFile));
  element("add-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const urls = element("add-urls").value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
    const pieces = [];
    for (let at = 0; at < urls.length; at += ADDRESSES_A_REQUEST) pieces.push(urls.slice(at, at + ADDRESSES_A_REQUEST));
    if (pieces.length > 0) run(pieces, 2, addUrls);
  });
}
