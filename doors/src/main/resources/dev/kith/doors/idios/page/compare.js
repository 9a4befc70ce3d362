// Compare: two pictures side by side, and how alike they are.

import { ask, of } from "./api.js";
import { show } from "./pictures.js";

const element = (id) => document.getElementById(id);
const sides = ["left", "right"];

export function comparing(page) {
  const input = (side) => element(`compare-${side}`);
  const result = element("compare-result");

  async function look(side) {
    const url = input(side).value.trim();
    const frame = element(`compare-${side}-picture`);
    frame.replaceChildren();
    if (url === "") return;
    const entry = await ask("POST", of(page.model(), "entry"), { url }).catch(() => ({ url }));
    if (url === input(side).value.trim()) show(frame, entry);
  }

  async function compare() {
    sides.forEach(look);
    result.textContent = "…";
    try {
      const [url, other] = sides.map((side) => input(side).value.trim());
      const similarity = await ask("POST", of(page.model(), "compare"), { url, other });
      result.textContent = `Similarity ${similarity.toFixed(2)} of 100`;
    } catch (failed) {
      result.textContent = "";
      page.fail(failed);
    }
  }

  sides.forEach((side) => input(side).addEventListener("change", () => {
    result.textContent = "";
    look(side);
  }));
  element("compare-form").addEventListener("submit", (event) => {
    event.preventDefault();
    compare();
  });
  return {
    /** Takes a picture into the first free place; with both taken, compares. */
    take(url) {
      const free = sides.find((side) => input(side).value.trim() === "");
      if (free === undefined) input("right").value = "";
      input(free ?? "left").value = url;
      sides.forEach(look);
      result.textContent = "";
      if (sides.every((side) => input(side).value.trim() !== "")) {
        location.hash = "compare";
        compare();
        return "Compared";
      }
      return "Taken as the first of two: choose another to compare";
    },
  };
}
