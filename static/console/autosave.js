"use strict";
// Saves a draft while somebody types, and before the page is left. Without JavaScript the buttons save.
(() => {
  const form = document.querySelector("form[data-autosave]");
  const state = document.getElementById("draft-state");
  if (!form || !state) return;
  const said = document.getElementById("draft-said");
  const PAUSE = 1200; // ms without typing before it is saved
  const LONGEST = 15000; // ms after which it is saved although the typing goes on
  const RETRY = 5000;
  const KEEPALIVE = 60000; // bytes; browsers refuse more from a page that is left: https://fetch.spec.whatwg.org/
  // `typed` counts the inputs, `sent` is the last one on its way, `kept` the last one that the console has.
  let typed = 0, sent = 0, kept = 0;
  let timer, since = 0, running = null, leaving = false, failed = false;

  // ---- what the page says ----

  let savedAt = 0;
  const show = (text, how = "") => {
    state.textContent = text;
    state.dataset.state = how;
  };
  // Screen readers hear that saving fails, and that it works again, but not every save.
  const say = (text) => {
    if (said.textContent !== text) said.textContent = text;
  };
  const ago = () => {
    const seconds = Math.round((Date.now() - savedAt) / 1000);
    const [number, unit] = seconds < 60 ? [seconds, "second"] : [Math.floor(seconds / 60), "minute"];
    const format = new Intl.RelativeTimeFormat(document.documentElement.lang, {
      numeric: "auto",
      style: "narrow",
    });
    return state.dataset.saved.replace("$0", format.format(-number, unit));
  };
  setInterval(() => {
    if (state.dataset.state === "saved") show(ago(), "saved");
  }, 1000);

  // Nothing is said of a page that was sent as it was opened: what an error needs is on the page only.
  const saved = (version) => {
    if (!version && !state.dataset.state) return;
    savedAt = Date.now();
    show(ago(), "saved");
    say("");
    if (!version) return;
    for (const button of form.querySelectorAll("[data-undo]")) button.hidden = false;
    for (const button of form.querySelectorAll("[data-redo]")) button.hidden = true;
  };
  const refused = (text, how) => {
    show(text, how);
    say(text);
  };

  // ---- saving ----

  const contents = () => {
    const body = new FormData(form);
    body.delete("files");
    body.set("op", "keep");
    // A page that shows a conflict goes on with the version that its text was made from.
    if (form.dataset.typedAt) body.set("version", form.dataset.typedAt);
    return body;
  };
  const isSmall = () => new URLSearchParams(contents()).toString().length < KEEPALIVE;

  const post = async () => {
    const body = contents();
    sent = typed;
    since = 0;
    const options = { method: "POST", body, redirect: "manual", headers: { accept: "application/json" } };
    let answer, result;
    try {
      answer = await fetch(form.action, { ...options, keepalive: isSmall() });
      result = answer.ok || answer.status === 409 ? await answer.json() : {};
    } catch {
      return later(state.dataset.offline);
    }
    failed = !answer.ok;
    document.getElementById("draft-sign-in").hidden = answer.status !== 401;
    if (answer.ok) {
      form.elements.saved.value = result.saved || "";
      form.elements.kept.value = result.kept || "";
      kept = Math.max(kept, sent);
      if (result.state === "saved") saved(result.saved);
      else refused(result.text, result.state);
      return true;
    }
    if (answer.status === 401) return later(state.dataset.expired);
    if (answer.status === 410) refused(state.dataset.ended, "failed");
    else if (answer.status >= 500 || answer.status === 403) return later(state.dataset.faulty);
    else refused(result.text || state.dataset.faulty, "failed");
    return false;
  };
  const later = (text) => {
    failed = true;
    refused(text, "failed");
    clearTimeout(timer);
    timer = setTimeout(save, RETRY);
    return false;
  };

  // One after the other: each names the version that the one before it has made.
  const save = async () => {
    clearTimeout(timer);
    if (running) await running;
    return kept === typed || start();
  };
  const start = () => {
    running = post().finally(() => { running = null; });
    return running;
  };
  const soon = () => {
    clearTimeout(timer);
    since ||= Date.now();
    timer = setTimeout(save, Math.max(0, Math.min(PAUSE, since + LONGEST - Date.now())));
  };

  document.addEventListener("input", (event) => {
    if (event.target.form !== form || event.target.type === "file" || !event.target.name) return;
    typed += 1;
    if (state.dataset.state === "saved") show(state.dataset.saving);
    soon();
  });
  for (const type of ["online", "focus"]) window.addEventListener(type, () => failed && save());

  // ---- leaving ----

  // On the window: after those who handle the link themselves.
  window.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || kept === typed) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target) return;
    const { origin, pathname, search } = location;
    if (link.origin !== origin || (link.hash && link.pathname === pathname && link.search === search)) return;
    event.preventDefault();
    save().then(() => location.assign(link.href));
  });

  // Another form of the page, such as the one for the language; or this one, sent while a save is under way.
  let passed = null, waiting = false;
  const beforeSubmit = (event) => {
    const { target, submitter } = event;
    if (target === passed) return;
    if (waiting) { // a second press of a button, while the first waits for a save
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const own = target === form && !submitter?.hasAttribute("formaction");
    if (own ? !running : kept === typed) {
      if (own) leave();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = true;
    (own ? running : save()).finally(() => {
      waiting = false;
      passed = target;
      if (own) leave();
      target.requestSubmit(submitter);
      passed = null;
    });
  };
  window.addEventListener("submit", beforeSubmit, true);
  const leave = () => {
    leaving = true;
    clearTimeout(timer);
  };

  // Both come when a page is closed; the first of them sends.
  const flush = () => {
    if (leaving || kept === typed || sent === typed) return;
    if (running) post();
    else start();
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) flush();
  });
  window.addEventListener("pagehide", flush);
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (leaving || kept === typed) return;
    if (failed || running || !isSmall()) event.preventDefault();
  });

  // What a refused form has is on the page only.
  if (form.querySelector("[data-unsaved]") || form.hasAttribute("data-unsaved")) {
    typed += 1;
    soon();
  }
})();
