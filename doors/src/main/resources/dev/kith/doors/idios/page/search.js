// Search: by a picture file, by an address, by words.

import { ask, of, upload } from "./api.js";
import { drops } from "./drops.js";
import { card, nothing, UPLOADED } from "./pictures.js";

const element = (id) => document.getElementById(id);
const isAddress = (text) => /^https?:\/\//i.test(text);

export function searching(page) {
  const results = element("search-results");
  const asked = element("search-asked");
  let latest = 0;

  const limit = () => Math.max(1, Math.min(1000, Number(element("search-limit").value) || 24));

  function picture(source, words) {
    const image = asked.querySelector("img");
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    image.hidden = source === null;
    if (source !== null) image.src = source;
    asked.querySelector("figcaption").textContent = words;
    asked.hidden = false;
  }

  /** Of two searches, the one that was asked later is shown, whichever is answered first. */
  async function find(request) {
    const turn = ++latest;
    page.say("Searching…");
    results.setAttribute("aria-busy", "true");
    try {
      const found = await request(page.model());
      if (turn !== latest) return;
      if (found.length === 0) nothing(results, "Nothing is stored for this model yet.");
      else results.replaceChildren(...found.map((one) => card(one, page.acts)));
      page.say(found.length === 1 ? "One result" : `${found.length} results`);
    } catch (failed) {
      if (turn !== latest) return;
      results.replaceChildren();
      page.fail(failed);
    } finally {
      if (turn === latest) results.removeAttribute("aria-busy");
    }
  }

  function byFile(file) {
    picture(URL.createObjectURL(file), file.name);
    const form = new FormData();
    form.append("limit", String(limit()));
    form.append("file", file);
    return find((model) => upload(of(model, "search_file"), form));
  }

  function byUrl(url) {
    element("search-words").value = url;
    picture(url.startsWith(UPLOADED) ? null : url, url);
    return find((model) => ask("POST", of(model, "search"), { url, limit: limit() }));
  }

  function byWords(text) {
    picture(null, `“${text}”`);
    return find((model) => ask("POST", of(model, "search"), { text, limit: limit() }));
  }

  drops(element("search-drop"), (files) => byFile(files[0]));
  element("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = element("search-words").value.trim();
    if (isAddress(text)) byUrl(text);
    else if (text !== "") byWords(text);
  });
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (file && page.view() === "search") byFile(file);
  });
  return { byUrl };
}
