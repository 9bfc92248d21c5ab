"use strict";
// Buttons that copy a name, an image, a command or a manifest. Browsers allow it on secure pages only; elsewhere,
// and without this script, they stay hidden.
(() => {
  if (!navigator.clipboard) return;
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");

  function show() {
    for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = false;
  }

  function textOf(button) {
    const place = document.getElementById(button.dataset.copyOf);
    if (!place) return button.dataset.copy;
    return [...place.querySelectorAll("code > span")].map((line) => line.textContent + "\n").join("");
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(textOf(button));
    button.classList.add("done");
    said.textContent = "";
    said.textContent = `${button.dataset.copied}: ${button.getAttribute("aria-label")}`;
    setTimeout(() => button.classList.remove("done"), 1500);
  });
  document.addEventListener("htmx:afterSwap", show);
  const start = () => { document.body.append(said); show(); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
