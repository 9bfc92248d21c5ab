// One stop of the Tab key per group of cells; the arrow keys go on from there. Without this each cell is a stop.
(() => {
  "use strict";
  const cells = (group) => [...group.querySelectorAll(".r > a")];
  const start = () => {
    for (const group of document.querySelectorAll("[data-map] .row-of-cells"))
      cells(group).forEach((cell, n) => { cell.tabIndex = n ? -1 : 0; });
  };
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-map] .r > a");
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const group = cells(cell.closest(".row-of-cells"));
    const at = group.indexOf(cell);
    let to = { Home: 0, End: group.length - 1 }[event.key];
    if (event.key in steps) {
      const across = group.findIndex((other) => other.offsetTop > group[0].offsetTop);
      const step = event.key.endsWith("Down") || event.key.endsWith("Up") ? Math.max(across, 1) : 1;
      to = Math.min(Math.max(at + steps[event.key] * step, 0), group.length - 1);
    }
    if (to === undefined) return;
    event.preventDefault();
    cell.tabIndex = -1;
    group[to].tabIndex = 0;
    group[to].focus();
  });

  // A finger has no hover: the first tap on a cell says what the pointer would, the second leads to the reason.
  let first = null;
  document.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("[data-map] .r > a");
    first = event.pointerType === "touch" && cell !== document.activeElement ? cell : null;
  });
  document.addEventListener("click", (event) => {
    if (!first || event.target !== first) return;
    event.preventDefault();
    first.focus({ preventScroll: true });
    first.firstElementChild.scrollIntoView({ block: "nearest" });
    first = null;
  });

  // To look at the map in other groups changes nothing that could be lost.
  document.addEventListener("input", (event) => {
    if (event.target.id.endsWith("map-by")) event.stopPropagation();
  }, true);
  document.addEventListener("htmx:afterSwap", start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
