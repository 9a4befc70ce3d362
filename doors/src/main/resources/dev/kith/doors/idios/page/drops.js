// A place where files can be dropped or chosen.

/**
 * @param zone the label around a file input
 * @param take is called with the files, at least one
 */
export function drops(zone, take) {
  const input = zone.querySelector("input");
  const given = (files) => {
    if (files.length > 0) take([...files]);
  };
  input.addEventListener("change", () => {
    given(input.files);
    // The same file can be chosen again.
    input.value = "";
  });
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    given(event.dataTransfer.files);
  });
}
