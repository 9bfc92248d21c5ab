"use strict";
// Improves what works without it: menus, the search key, a warning before input is lost, current CSRF tokens.
(() => {
  const open = () => document.querySelectorAll("details.menu[open]");

  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of open()) {
        const inside = menu.contains(document.activeElement);
        menu.open = false;
        if (inside) menu.querySelector("summary").focus();
      }
    } else if ((event.key === "/" || event.key === "?") && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const editable = "input, textarea, select, [contenteditable]:not([contenteditable=false]), .ace_editor";
      if (event.target.closest(editable)) return;
      if (event.key === "?") {
        document.querySelector("#help > summary")?.focus();
        document.querySelector("#help")?.setAttribute("open", "");
        return;
      }
      const search = document.querySelector("input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });

  // On a narrow screen the side is a strip: show the link of the current page.
  document.querySelector(".rooms [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // A form with data-guard asks before a page with unsaved input is left.
  let typed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-guard]")) typed = true;
  });
  document.addEventListener("submit", (event) => {
    // A form with data-once is sent only once, however often its button is pressed.
    if (event.target.matches("form[data-once]")) {
      if (event.target.dataset.sent) event.preventDefault();
      event.target.dataset.sent = "yes";
    }
    if (event.target.matches("form[data-guard]")) typed = false;
  });
  document.addEventListener("formdata", ({ formData }) => {
    if (formData.has("csrfmiddlewaretoken") && renewed) formData.set("csrfmiddlewaretoken", renewed);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const posted = event.detail.requestConfig.verb === "post";
    if (event.detail.successful && posted && event.target.closest("form[data-guard]")) typed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (typed) event.preventDefault();
  });
  // Back on a page that the browser has kept.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // Another language or theme loads the page again: what was typed comes along. Drafts save it themselves.
  const here = location.pathname + location.search;
  const fields = () =>
    [...document.querySelectorAll(".main form[method=post]:not([data-autosave])")]
      .flatMap((form) => [...form.elements])
      .filter((field) => field.name && !["hidden", "file", "password", "submit"].includes(field.type));
  const isBox = (field) => ["checkbox", "radio"].includes(field.type);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".lang, .theme")) return;
    const values = fields().map((field) => [field.name, isBox(field) ? field.checked : field.value]);
    sessionStorage.setItem("carried", JSON.stringify([here, values]));
    typed = false;
  });
  const [page, values] = JSON.parse(sessionStorage.getItem("carried") || "[]");
  sessionStorage.removeItem("carried");
  if (page === here) {
    fields().forEach((field, at) => {
      const [name, value] = values[at] || [];
      if (name !== field.name || (isBox(field) ? field.checked : field.value) === value) return;
      if (isBox(field)) field.checked = value;
      else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  // A sign-in in another tab renews the token, and no script can read the cookie: each page tells the others.
  let renewed = "";
  const tabs = new BroadcastChannel("csrf");
  tabs.addEventListener("message", (event) => {
    renewed = event.data;
  });
  tabs.postMessage(JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"]);
  document.addEventListener("htmx:configRequest", (event) => {
    if (renewed) event.detail.headers["x-csrftoken"] = renewed;
  });

  document.addEventListener("htmx:sendError", () => {
    const box = document.getElementById("messages");
    box.replaceChildren(document.getElementById("unanswered").content.cloneNode(true));
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    document.querySelector("#messages .toast.bad")?.remove();
    // A newer request, or leaving the page, aborts an older one: htmx must not log that as an error.
    const { xhr } = event.detail;
    const aborted = xhr.onabort;
    xhr.onabort = () => {
      event.detail.error = null;
      aborted();
    };
  });

  // htmx keeps the focus of an element with an id that is in the response; otherwise the target gets it.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (document.activeElement !== document.body || !event.detail.requestConfig) return;
    const { elt, target } = event.detail;
    const next = elt.id && document.getElementById(elt.id);
    const focused = next || target;
    if (!focused || !event.detail.requestConfig.triggeringEvent) return;
    if (!next) focused.tabIndex = -1;
    focused.focus({ preventScroll: true });
  });
})();

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
