// Dump and restore, and what each model holds.

import { ask, askText, of, sendFile } from "./api.js";
import { drops } from "./drops.js";
import { overAll, start } from "./progress.js";

/** Entries a request of a dump: some 5 MB with 512 components. */
const ENTRIES_A_REQUEST = 500;

const element = (id) => document.getElementById(id);

/** Where a dump goes: a file on the disk where this browser can write one piece by piece, else one that is downloaded. */
async function sink(name) {
  if (window.showSaveFilePicker) {
    const file = await window.showSaveFilePicker({ suggestedName: name });
    const stream = await file.createWritable();
    return {
      write: (text) => stream.write(text),
      close: () => stream.close(),
      drop: () => stream.abort(),
    };
  }
  const parts = [];
  return {
    write: (text) => parts.push(new Blob([text])),
    close() {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(parts, { type: "application/json" }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },
    drop() {},
  };
}

export function keeping(page) {
  const bar = element("data-progress");
  const rows = element("data-models").tBodies[0];

  function table(models) {
    rows.replaceChildren(...models.map((model) => {
      const row = document.createElement("tr");
      const state = model.installed ? "ready" : `not installed: kith models pull ${model.name}`;
      for (const text of [model.name, model.count?.toLocaleString(), model.dimension, state]) {
        row.insertCell().textContent = text ?? "?";
      }
      return row;
    }));
  }

  async function dump() {
    const model = page.model();
    let file;
    try {
      file = await sink(`${model}.json`);
    } catch (declined) {
      if (declined.name !== "AbortError") page.fail(declined);
      return;
    }
    const total = await ask("GET", of(model, "count")).catch(() => 0);
    const shown = start(bar, total);
    let count = 0;
    try {
      let cursor = "";
      await file.write("[");
      for (;;) {
        const body = { cursor, limit: ENTRIES_A_REQUEST };
        const text = await askText("POST", of(model, "dump"), body, shown.signal);
        const entries = JSON.parse(text);
        if (entries.length === 0) break;
        // As the server wrote them, so that every number stays what it is.
        await file.write((count > 0 ? ",\n" : "\n") + text.trim().slice(1, -1));
        count += entries.length;
        cursor = entries.at(-1).url;
        shown.at(count, `${count.toLocaleString()} of ${Math.max(count, total).toLocaleString()}`);
      }
      await file.write("\n]\n");
      await file.close();
      page.say(`${count.toLocaleString()} entries dumped`);
    } catch (failed) {
      await file.drop();
      if (failed.name === "AbortError") page.say("Stopped; nothing was kept");
      else page.fail(failed);
    } finally {
      shown.end();
    }
  }

  async function restore(files) {
    const model = page.model();
    page.say("Restoring…");
    try {
      const { done, stopped } = await overAll(bar, files, 1, (file, signal, part) =>
        sendFile(of(model, "restore"), file, signal, (bytes) => part(bytes / Math.max(1, file.size))));
      page.say(`${done} of ${files.length} files restored${stopped ? "; stopped" : ""}`);
    } catch (failed) {
      page.fail(failed);
    } finally {
      page.changed();
    }
  }

  element("dump").addEventListener("click", dump);
  drops(element("restore-drop"), restore);
  return { table };
}
