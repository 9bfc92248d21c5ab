"use strict";
// The box in a table's head ticks all rows of the page, and the bar says how many are ticked; without this script the box
// stays hidden, and what was chosen is said before it is done.
(() => {
  const boxes = (all) => [...all.closest("table").querySelectorAll("tbody input[type=checkbox]")];

  function show() {
    for (const all of document.querySelectorAll("input[data-all]")) {
      const ticked = boxes(all).filter((box) => box.checked).length;
      all.hidden = false;
      all.checked = ticked > 0 && ticked === boxes(all).length;
      all.indeterminate = ticked > 0 && !all.checked;
      for (const said of document.querySelectorAll("[data-chosen]")) said.textContent = ticked || "";
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("input[data-all]")) for (const box of boxes(event.target)) box.checked = event.target.checked;
    show();
  });
  document.addEventListener("htmx:afterSwap", show);
  window.addEventListener("pageshow", show);
})();
