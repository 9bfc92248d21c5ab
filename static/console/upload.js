"use strict";
// A chosen file is sent at once, and while the console works on a form the page says so. Without this script the
// buttons of the form do the same.
(() => {
  document.addEventListener("change", (event) => {
    const how = event.target.dataset.send;
    if (!how || !event.target.files.length) return;
    event.target.form.requestSubmit(event.target.form.querySelector(`button[value="${how}"]`));
  });

  document.addEventListener("submit", (event) => {
    const place = event.target.querySelector("[data-working]");
    if (!place) return;
    if (place.textContent) {
      event.preventDefault(); // it is under way
      return;
    }
    place.textContent = place.dataset.working;
    event.target.setAttribute("aria-busy", "true");
  });

  // Back on a page that the browser has kept.
  window.addEventListener("pageshow", () => {
    for (const place of document.querySelectorAll("[data-working]")) {
      place.textContent = "";
      place.closest("form").removeAttribute("aria-busy");
    }
  });
})();
