"use strict";
// YAML mode: Ace over the textarea, files by drop, findings in the gutter. Without it the textarea and buttons do.
(() => {
  const form = document.querySelector("form[data-drop]");
  if (!form) return;
  const picker = form.querySelector("input[data-files]");
  const append = form.querySelector("[data-append]");

  // Files: dropping is choosing; choosing in the editor appends at once.
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
  const words = [...form.querySelectorAll("[data-editor-words] > *")].map((word) => [word.dataset.name, word.textContent]);
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
    // On Ctrl+Space only: a list that opens by itself would take an Enter meant for the text.
    enableBasicAutocompletion: true,
    textInputAriaLabel: form.querySelector("label[for=text]").textContent,
  });
  // The colours are in yaml.css on the page's own tokens, so light and dark follow the page.
  editor.setTheme({ cssClass: "ace-console", cssText: "" });
  const session = editor.session;
  const setMode = () => session.setMode(/^\s*[{[]/.test(session.getValue()) ? "ace/mode/json" : "ace/mode/yaml");
  setMode();
  session.setUseWrapMode(false);
  form.querySelector(".editor-help").hidden = false;

  const goto = (line) => {
    editor.resize(true); // what is scrolled to is only known once the editor has its size
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
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    body.set("op", op);
    body.set("text", editor.getValue());
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
      // While the text cannot be read, the documents it had before stay in the list.
      const parts = page.querySelector("#findings > .note.bad") ? ["#findings"] : ["#findings", "#documents"];
      for (const part of parts) document.querySelector(part).replaceWith(page.querySelector(part));
      annotate();
    }, 600);
  });
  // Saving loads the page anew: the cursor is put back where it was.
  const place = "cursor:" + location.pathname;
  form.addEventListener("submit", () => {
    area.value = editor.getValue();
    const { row, column } = editor.getCursorPosition();
    form.elements.cursor.value = row + 1;
    sessionStorage.setItem(place, JSON.stringify({ row, column, top: session.getScrollTop(), typing: editor.isFocused() }));
  });
  const was = JSON.parse(sessionStorage.getItem(place) || "null");
  sessionStorage.removeItem(place);
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
    name: "keep", bindKey: { win: "Ctrl-S", mac: "Command-S" }, exec: () => submit(form.querySelector("[value=save]")),
  });
  ace.require("ace/ext/language_tools").setCompleters([{
    async getCompletions(_editor, _session, position, _prefix, done) {
      const answer = await ask("complete", { line: position.row + 1, column: position.column + 1 }).catch(() => null);
      if (!answer || !answer.ok) return done(null, []);
      const { fields } = await answer.json();
      const json = session.getMode().$id === "ace/mode/json";
      done(null, fields.map((field) => ({ caption: field.name, value: json ? field.name : `${field.name}: `, meta: field.type })));
    },
  }]);
  if (area.dataset.line) goto(area.dataset.line);
  else if (document.querySelector("#findings > [data-line]")) goto(document.querySelector("#findings > [data-line]").dataset.line);
  else resume();
  annotate();
})();
