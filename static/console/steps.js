// Filters the list of nodes while somebody types; without JavaScript all are listed.
(() => {
  "use strict";
  const start = () => {
    for (const field of document.querySelectorAll("input[data-find]")) field.hidden = false;
  };
  document.addEventListener("input", (event) => {
    const target = event.target.dataset.find;
    if (!target) return;
    event.stopPropagation();
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of document.querySelectorAll(target + " > li")) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word)) && !item.querySelector(":checked");
    }
  }, true);
  document.addEventListener("htmx:afterSwap", start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
