// Browse: everything that is stored, in the order of addresses, page by page.

import { ask, of } from "./api.js";
import { card, nothing } from "./pictures.js";

const PAGE = 24;
const element = (id) => document.getElementById(id);

export function browsing(page) {
  const grid = element("browse-results");
  const previous = element("browse-previous");
  const next = element("browse-next");
  /** Where each page begins: the address before it. */
  let cursors = [""];
  let last = null;

  async function open() {
    try {
      const model = page.model();
      const cursor = cursors.at(-1);
      // One more than is shown tells whether there is a next page.
      const entries = await ask("POST", of(model, "dump"), { cursor, limit: PAGE + 1 });
      if (model !== page.model() || cursor !== cursors.at(-1)) return;
      const shown = entries.slice(0, PAGE);
      last = entries.length > PAGE ? shown.at(-1).url : null;
      if (shown.length === 0) nothing(grid, "Nothing is stored here.");
      else grid.replaceChildren(...shown.map((entry) => card(entry, page.acts)));
      next.disabled = last === null;
      previous.disabled = cursors.length === 1;
      element("browse-page").textContent = `Page ${cursors.length}`;
      const count = await ask("GET", of(model, "count"));
      element("browse-count").textContent = `${count.toLocaleString()} in all`;
      page.say("");
    } catch (failed) {
      page.fail(failed);
    }
  }

  function turn(change) {
    change();
    open().then(() => element("browse-title").scrollIntoView({ block: "nearest" }));
  }

  previous.addEventListener("click", () => turn(() => cursors.pop()));
  next.addEventListener("click", () => {
    if (last !== null) turn(() => cursors.push(last));
  });
  element("browse-form").addEventListener("submit", (event) => {
    event.preventDefault();
    turn(() => { cursors = [element("browse-cursor").value.trim()]; });
  });
  return {
    open,
    /** Back to the beginning, which is shown when it is opened next. */
    reset() {
      cursors = [""];
      element("browse-cursor").value = "";
      grid.replaceChildren();
    },
  };
}
