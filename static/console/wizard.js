// What HTML alone does not do in the wizard: it remembers which groups a person opened and closed, and asks before
// something typed is left behind.
(() => {
  "use strict";
  const place = () => "groups:" + location.pathname;
  const remembered = () => JSON.parse(sessionStorage.getItem(place()) || "{}");
  let unsaved = false;

  const restore = () => {
    const states = remembered();
    for (const group of document.querySelectorAll("details.group[id]")) {
      if (!(group.id in states)) continue;
      // A group with something wrong in it is never folded away again by habit.
      if (states[group.id] || !group.querySelector(".error, .warning")) group.open = states[group.id];
    }
  };

  const start = () => {
    restore();
    unsaved = document.querySelector("#step-form [data-unsaved]") !== null;
  };

  // Not `toggle`: that also fires for what the server opened.
  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details.group[id] > summary");
    if (!summary) return;
    const states = remembered();
    states[summary.parentElement.id] = !summary.parentElement.open;
    sessionStorage.setItem(place(), JSON.stringify(states));
  });

  document.addEventListener("input", (event) => {
    if (event.target.closest("#step-form")) unsaved = true;
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "step-form") unsaved = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    // A swap inside the form (one more row) leaves what was typed unsaved.
    if (event.detail.target.closest("#step-form") && event.detail.target.id !== "step-form") restore();
    else start();
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
