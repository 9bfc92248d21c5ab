"use strict";
// The box in the head of a table selects all rows of the page, and the bar above the table shows how many are
// selected. Without this script the box stays hidden; the page that asks before deleting lists what is selected.
(() => {
  const boxesOf = (all) => [...all.closest("table").querySelectorAll("tbody input[type=checkbox]")];

  function show() {
    for (const all of document.querySelectorAll("input[data-all]")) {
      const boxes = boxesOf(all);
      const selected = boxes.filter((box) => box.checked).length;
      all.hidden = false;
      all.checked = selected > 0 && selected === boxes.length;
      all.indeterminate = selected > 0 && !all.checked;
      for (const count of document.querySelectorAll("[data-chosen]")) count.textContent = selected || "";
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("input[data-all]")) {
      for (const box of boxesOf(event.target)) box.checked = event.target.checked;
    }
    show();
  });
  document.addEventListener("htmx:afterSwap", show);
  window.addEventListener("pageshow", show);
})();
