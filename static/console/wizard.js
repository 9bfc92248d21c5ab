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
    if (!event.target.closest("#step-form")) return;
    unsaved = true;
    // What was said about a field was about what it held before; the aside says what holds now.
    const said = document.getElementById(event.target.id + "_error");
    if (said) said.replaceChildren();
    event.target.removeAttribute("aria-invalid");
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "step-form") unsaved = false;
  });

  // Every save loads a page. Who works by keyboard goes on at the same field or button, or at the new step's first.
  let keys = false;
  document.addEventListener("keydown", () => { keys = true; }, true);
  document.addEventListener("pointerdown", () => { keys = false; }, true);
  document.addEventListener("submit", (event) => {
    const { name, value, tagName } = document.activeElement;
    const at = { path: location.pathname, name, value: tagName === "BUTTON" ? value : null };
    if (event.target.id === "step-form" && keys) sessionStorage.setItem("at", JSON.stringify(at));
  });
  const goOn = () => {
    const was = JSON.parse(sessionStorage.getItem("at") || "null");
    sessionStorage.removeItem("at");
    const body = document.querySelector("#step-form .body");
    if (!was || !body || document.querySelector("[autofocus]")) return;
    const fields = was.path === location.pathname ? [...document.getElementsByName(was.name || "")] : [];
    const same = fields.find((field) => was.value === null || field.value === was.value);
    if (!same) body.tabIndex = -1;
    (same || body).focus({ preventScroll: !same });
  };
  document.addEventListener("htmx:afterSwap", (event) => {
    // A swap inside the form (one more row) leaves what was typed unsaved.
    if (event.detail.target.closest("#step-form") && event.detail.target.id !== "step-form") restore();
    else start();
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  const ready = () => { start(); goOn(); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
