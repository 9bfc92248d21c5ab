"use strict";
// YAML mode: Ace on top of the textarea, dropped files, findings in the gutter. The page also works without it.
(() => {
  const form = document.querySelector("form[data-drop]");
  if (!form) return;
  const picker = form.querySelector("input[data-files]");
  const append = form.querySelector("[data-append]");

  // Dropping files is the same as choosing them; in the editor they are appended at once.
  for (const type of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(type, (event) => {
      if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("dropping", type === "dragover");
      if (type === "drop") {
        picker.files = event.dataTransfer.files;
        picker.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }
  const submit = (button) => form.requestSubmit(button || undefined);
  picker.addEventListener("change", () => picker.files.length && submit(append));
  if (append) append.hidden = true;

  const area = form.querySelector("textarea[data-editor]");
  if (!area || !window.ace) return;
  ace.config.set("useStrictCSP", true);
  const words = [...form.querySelectorAll("[data-editor-words] > *")].map((word) => [
    word.dataset.name,
    word.textContent,
  ]);
  const { defaultEnglishMessages } = ace.require("ace/lib/default_english_messages");
  ace.config.setMessages({ ...defaultEnglishMessages, ...Object.fromEntries(words) });
  const host = document.createElement("div");
  host.className = "ace-host";
  area.after(host);
  area.hidden = true;
  const editor = ace.edit(host, {
    value: area.value,
    tabSize: 2,
    useSoftTabs: true,
    useWorker: false,
    showPrintMargin: false,
    fontSize: 12,
    enableKeyboardAccessibility: true,
    // Only on Ctrl+Space: a list that opens by itself would take an Enter that is meant for the text.
    enableBasicAutocompletion: true,
    textInputAriaLabel: form.querySelector("label[for=text]").textContent,
  });
  // The colours are in yaml.css.
  editor.setTheme({ cssClass: "ace-console", cssText: "" });
  const session = editor.session;
  const setMode = () => session.setMode(/^\s*[{[]/.test(session.getValue()) ? "ace/mode/json" : "ace/mode/yaml");
  setMode();
  session.setUseWrapMode(false);
  form.querySelector(".editor-help").hidden = false;

  const goto = (line) => {
    editor.resize(true); // scrolling needs the size of the editor
    const last = session.getLength(); // the text may have become shorter since the link was made
    editor.gotoLine(Math.min(Math.max(Math.trunc(Number(line)) || 1, 1), last), 0, false);
    editor.focus();
  };
  const annotate = () =>
    session.setAnnotations(
      [...document.querySelectorAll("#findings [data-line]")].map((item) => ({
        row: Math.max(0, item.dataset.line - 1),
        column: item.dataset.column - 1,
        text: item.textContent.trim(),
        type: item.dataset.severity,
      })),
    );

  const ask = (op, more) => {
    const body = new FormData(form);
    body.delete("files");
    body.set("op", op);
    for (const [name, value] of Object.entries(more || {})) body.set(name, value);
    return fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
  };

  let timer, asked = 0;
  session.on("change", () => {
    area.value = editor.getValue();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked;
      const answer = await ask("check").catch(() => null);
      if (!answer || !answer.ok || mine !== asked) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // While nothing of the text can be read, the list keeps the documents that it had before.
      const unreadable = page.querySelector("#findings > .note.bad") && !page.querySelector("#documents li");
      const parts = ["#stepper", "#findings", ...(unreadable ? [] : ["#documents"])];
      for (const part of parts) document.querySelector(part).replaceWith(page.querySelector(part));
      annotate();
    }, 600);
  });
  // Saving reloads the page: the cursor goes back to where it was.
  const storageKey = "cursor:" + location.pathname;
  form.addEventListener("submit", () => {
    area.value = editor.getValue();
    const { row, column } = editor.getCursorPosition();
    form.elements.cursor.value = row + 1;
    const now = { row, column, top: session.getScrollTop(), typing: editor.isFocused() };
    sessionStorage.setItem(storageKey, JSON.stringify(now));
  });
  const was = JSON.parse(sessionStorage.getItem(storageKey) || "null");
  sessionStorage.removeItem(storageKey);
  const resume = () => {
    if (!was) return;
    editor.resize(true);
    editor.moveCursorTo(was.row, was.column);
    editor.clearSelection();
    session.setScrollTop(was.top);
    if (was.typing) editor.focus();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goto], #findings a.place");
    if (!link) return;
    event.preventDefault();
    goto(link.dataset.goto || link.closest("[data-line]").dataset.line);
  });
  editor.commands.addCommand({
    name: "save",
    bindKey: { win: "Ctrl-S", mac: "Command-S" },
    exec: () => submit(form.querySelector("[value=save]")),
  });
  ace.require("ace/ext/language_tools").setCompleters([{
    async getCompletions(_editor, _session, position, _prefix, done) {
      const at = { line: position.row + 1, column: position.column + 1 };
      const answer = await ask("complete", at).catch(() => null);
      if (!answer || !answer.ok) return done(null, []);
      const { fields } = await answer.json();
      const json = session.getMode().$id === "ace/mode/json";
      done(
        null,
        fields.map(({ name, type }) => ({ caption: name, value: json ? name : `${name}: `, meta: type })),
      );
    },
  }]);
  const unreadable = document.querySelector("#findings > [data-line]");
  if (area.dataset.line) goto(area.dataset.line);
  else if (unreadable) goto(unreadable.dataset.line);
  else resume();
  annotate();
})();
