// The page: which view is shown, which model is chosen, what the buttons of a card do.

import { adding } from "./add.js";
import { ask, of, onKeyNeeded } from "./api.js";
import { browsing } from "./browse.js";
import { comparing } from "./compare.js";
import { keeping } from "./data.js";
import { searching } from "./search.js";

const MODEL = "kith-model";
const element = (id) => document.getElementById(id);
const views = [...document.querySelectorAll("main > section")].map((section) => section.id);
const models = element("model");

const page = {
  model: () => models.value,
  view: () => (views.includes(location.hash.slice(1)) ? location.hash.slice(1) : views[0]),
  say(text) {
    element("status").classList.remove("failed");
    element("status").textContent = text;
  },
  fail(error) {
    element("status").classList.add("failed");
    element("status").textContent = error.message;
  },
  /** What is stored has changed: counts are read again. */
  async changed() {
    await loadModels().catch(page.fail);
    if (page.view() === "browse") browse.open();
  },
  acts: {
    similar(entry) {
      location.hash = "search";
      search.byUrl(entry.url);
      scrollTo({ top: 0 });
    },
    compare(entry) {
      page.say(compare.take(entry.url));
    },
    async remove(entry, card) {
      if (!(await confirmed(entry.url))) return;
      try {
        await ask("POST", of(page.model(), "remove"), { url: entry.url });
        const after = card.nextElementSibling ?? card.previousElementSibling;
        card.remove();
        (after?.querySelector("button") ?? element("content")).focus();
        page.say("Removed");
        await loadModels();
      } catch (failed) {
        page.fail(failed);
      }
    },
  },
};

/** Shows a dialog; promises what its form was closed with. */
function answered(dialog) {
  return new Promise((done) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => done(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

async function confirmed(url) {
  element("remove-what").textContent = url;
  return (await answered(element("remove-dialog"))) === "remove";
}

/** Several requests may find at once that a key is needed: they share one dialog. */
let asking = null;
onKeyNeeded((wrong) => {
  element("key-wrong").hidden = !wrong;
  asking ??= answered(element("key-dialog")).then((how) => {
    asking = null;
    const key = element("key").value;
    element("key").value = "";
    return how === "ok" && key !== "" ? key : null;
  });
  return asking;
});

async function loadModels() {
  const all = await ask("GET", "models");
  const chosen = models.value || localStorage.getItem(MODEL);
  models.replaceChildren(...all.map((model) => {
    const state = model.installed ? (model.count?.toLocaleString() ?? "?") : "not installed";
    return new Option(`${model.name} (${state})`, model.name, false, false);
  }));
  const wanted = all.find((model) => model.name === chosen) ?? all.find((model) => model.installed) ?? all[0];
  if (wanted) models.value = wanted.name;
  data.table(all);
}

function open() {
  const view = page.view();
  for (const name of views) element(name).hidden = name !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (view === "browse") browse.open();
}

const search = searching(page);
const browse = browsing(page);
const compare = comparing(page);
const data = keeping(page);
adding(page);

models.addEventListener("change", () => {
  localStorage.setItem(MODEL, models.value);
  element("search-results").replaceChildren();
  element("search-asked").hidden = true;
  browse.reset();
  if (page.view() === "browse") browse.open();
});
// The view that is open is read again.
for (const link of document.querySelectorAll("nav a")) {
  link.addEventListener("click", () => {
    if (link.hash === location.hash) open();
  });
}
addEventListener("hashchange", () => {
  open();
  page.say("");
  element("content").focus({ preventScroll: true });
});
// A file that misses its place must not replace the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=file]), textarea, select") || event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "/" && !typing && page.view() === "search") {
    event.preventDefault();
    element("search-words").focus();
  }
});

// Without the list of models there is a page nevertheless, which says what is wrong.
await loadModels().catch(page.fail);
open();
