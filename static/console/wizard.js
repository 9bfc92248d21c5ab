// The wizard remembers which groups a user opened and closed, and where the cursor was.
(() => {
  "use strict";
  const storageKey = () => "groups:" + location.pathname;
  const remembered = () => JSON.parse(sessionStorage.getItem(storageKey()) || "{}");

  const restore = () => {
    const states = remembered();
    for (const group of document.querySelectorAll("details.group[id]")) {
      if (!(group.id in states)) continue;
      // A group with errors, or with what a link leads to, is not closed again.
      if (states[group.id] || !group.querySelector(".error, [autofocus]")) group.open = states[group.id];
    }
  };

  // Not `toggle`, which also fires for groups that the server opened.
  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details.group[id] > summary");
    if (!summary) return;
    const states = remembered();
    states[summary.parentElement.id] = !summary.parentElement.open;
    sessionStorage.setItem(storageKey(), JSON.stringify(states));
  });

  // A link to a field opens what the field is folded in.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('.wizard a[href^="#"]');
    const place = link && document.getElementById(link.hash.slice(1));
    if (!place) return;
    event.preventDefault();
    for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const fields = "input:not([type=hidden]), select, textarea, summary, button";
    const field = place.matches(fields) ? place : place.querySelector(fields);
    place.scrollIntoView({ block: "center" });
    if (field) field.focus({ preventScroll: true });
  });

  document.addEventListener("input", (event) => {
    if (!event.target.closest("#step-form")) return;
    // The messages are about the old value of the field; the preview shows those about the new one.
    const messages = document.getElementById(event.target.id + "_error");
    if (messages) messages.replaceChildren();
    event.target.removeAttribute("aria-invalid");
  });

  // Every save loads a page. Keyboard users continue at the same field or button, or at the top of the next step.
  let keys = false;
  document.addEventListener("keydown", () => { keys = true; }, true);
  document.addEventListener("pointerdown", () => { keys = false; }, true);
  document.addEventListener("submit", (event) => {
    const { name, value, tagName } = document.activeElement;
    const at = { path: location.pathname, name, value: tagName === "BUTTON" ? value : null };
    if (event.target.id === "step-form" && keys) sessionStorage.setItem("at", JSON.stringify(at));
  });
  const restoreFocus = () => {
    const last = JSON.parse(sessionStorage.getItem("at") || "null");
    sessionStorage.removeItem("at");
    const body = document.querySelector("#step-form .body");
    if (!last || !body || document.querySelector("[autofocus]")) return;
    const fields = last.path === location.pathname ? [...document.getElementsByName(last.name || "")] : [];
    const same = fields.find((field) => last.value === null || field.value === last.value);
    if (!same) body.tabIndex = -1;
    (same || body).focus({ preventScroll: !same });
  };
  document.addEventListener("htmx:afterSwap", restore);

  // What a blank field will get follows what is typed elsewhere, such as the name of a container its image.
  document.addEventListener("htmx:afterSwap", () => {
    for (const said of document.querySelectorAll("#step-aside > [data-of]")) {
      const field = document.getElementById(said.dataset.of);
      if (field) field.placeholder = said.textContent;
    }
  });

  const ready = () => { restore(); restoreFocus(); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();

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
