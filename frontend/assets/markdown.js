// The assistant's answer as DOM nodes: the grammar of src/chat/markdown.rs, held to it by tests/markdown.json. Everything
// is created node by node and filled with text, so nothing in an answer can become more than the elements named here.
"use strict";

window.todo = window.todo ?? {};

window.todo.markdown = (() => {
  const DEEPEST = 4;
  const PUNCTUATION = /[!-/:-@[-`{-~]/;

  // Control characters and those that turn the direction of what follows them become a visible mark.
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
  const visible = (text) => text.replaceAll("\r\n", "\n").replace(HIDDEN, "\ufffd");

  // How far the closing marker is away; text that begins or ends with a space is not marked.
  const partner = (text, marker) => {
    if (/^\s/.test(text)) return -1;
    let before = "", skip = false, code = false;
    for (let place = 0; place < text.length; place += 1) {
      const letter = text[place];
      const whole = marker.length === 2 || (before !== "*" && text[place + 1] !== "*");
      if (!skip && !code && whole && text.startsWith(marker, place) && before && !/\s/.test(before)) return place;
      if (letter === "`" && !skip) code = !code;
      skip = letter === "\\" && !skip;
      before = letter;
    }
    return -1;
  };

  const inline = (parent, text, depth) => {
    let place = 0, before = "", plain = "";
    const flush = () => {
      if (plain) parent.append(plain);
      plain = "";
    };
    while (place < text.length) {
      const letter = text[place], after = text[place + 1] ?? "";
      if (letter === "\\" && PUNCTUATION.test(after)) {
        plain += after;
        before = after;
        place += 2;
        continue;
      }
      let tag, marker = 1, length = 0;
      if (letter === "`") {
        [tag, length] = ["code", text.indexOf("`", place + 1) - place - 1];
      } else if (letter === "*" && before !== "*" && depth < DEEPEST) {
        [tag, marker] = after === "*" ? ["strong", 2] : ["em", 1];
        length = partner(text.slice(place + marker), "*".repeat(marker));
      }
      if (length > 0) {
        flush();
        const element = document.createElement(tag);
        const inner = text.slice(place + marker, place + marker + length);
        if (tag === "code") element.textContent = inner;
        else inline(element, inner, depth + 1);
        parent.append(element);
        place += length + 2 * marker;
        before = "";
      } else if (letter === "\n") {
        flush();
        parent.append(document.createElement("br"));
        place += 1;
        before = letter;
      } else {
        plain += letter;
        place += 1;
        before = letter;
      }
    }
    flush();
  };

  const LINES = [
    ["ul", /^(?:- |\* |• )\s*(.*)$/],
    ["ol", /^(\d{1,3})(?:\. |\) )\s*(.*)$/],
    ["heading", /^#{1,6} \s*(.*)$/],
  ];

  return (text) => {
    const fragment = document.createDocumentFragment();
    let list = null, paragraph = null;
    const close = () => {
      if (paragraph !== null) {
        const element = document.createElement("p");
        inline(element, paragraph, 0);
        fragment.append(element);
      }
      list = paragraph = null;
    };
    for (const whole of visible(text).split("\n")) {
      const line = whole.replace(/^[ \t]+|[ \t]+$/g, "");
      const [kind, found] = LINES.map(([kind, pattern]) => [kind, pattern.exec(line)]).find(([, found]) => found) ?? [];
      if (line === "") {
        if (paragraph !== null) close();
      } else if (kind === "heading") {
        close();
        const element = document.createElement("p"), strong = document.createElement("strong");
        inline(strong, found[1], 0);
        element.append(strong);
        fragment.append(element);
      } else if (kind) {
        if (list?.localName !== kind) {
          close();
          list = document.createElement(kind);
          if (kind === "ol" && Number(found[1]) !== 1) list.setAttribute("start", String(Number(found[1])));
          fragment.append(list);
        }
        const item = document.createElement("li");
        inline(item, found.at(-1), 0);
        list.append(item);
      } else {
        if (paragraph === null) close();
        paragraph = paragraph === null ? line : `${paragraph}\n${line}`;
      }
    }
    close();
    return fragment;
  };
})();
