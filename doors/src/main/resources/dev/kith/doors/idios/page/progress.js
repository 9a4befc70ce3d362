// The bar of work that takes a while, and its button that stops it.

/**
 * Does pieces of work, several at a time, in their order; shows how many are done.
 *
 * @param bar the element with the progress, a text and a button
 * @param pieces what is worked on
 * @param width how many at a time
 * @param work is called with a piece, a signal that is aborted when the person stops it, and a function to be told which
 *     part of the piece is done, 0 to 1
 * @returns how many were done, and whether it was stopped
 */
export async function overAll(bar, pieces, width, work) {
  const shown = start(bar, pieces.length);
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < pieces.length && !shown.signal.aborted) {
      await work(pieces[next++], shown.signal, (part) =>
        shown.at(done + part, `${done} of ${pieces.length}, ${Math.floor(100 * part)} % of the next`));
      shown.at(++done, `${done} of ${pieces.length}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(width, pieces.length) }, lane));
  } catch (failed) {
    shown.stop();
    if (failed.name !== "AbortError") throw failed;
  } finally {
    shown.end();
  }
  return { done, stopped: shown.signal.aborted };
}

/** A bar that is moved by its user. */
export function start(bar, total) {
  const stopping = new AbortController();
  const progress = bar.querySelector("progress");
  const button = bar.querySelector("button");
  const stop = () => stopping.abort();
  progress.max = Math.max(1, total);
  progress.value = 0;
  bar.querySelector("span").textContent = "";
  bar.hidden = false;
  button.addEventListener("click", stop);
  return {
    signal: stopping.signal,
    stop,
    at(value, text) {
      progress.value = value;
      bar.querySelector("span").textContent = text;
    },
    end() {
      button.removeEventListener("click", stop);
      bar.hidden = true;
    },
  };
}
