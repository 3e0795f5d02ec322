// Server-sent events out of the body of an answer to a POST. EventSource can only GET and connects again by itself, which
// would do the work of a turn twice.
"use strict";

window.todo = window.todo ?? {};

// Gives {name, data} for every event, and {name: "alive"} for a comment, which only says that the line is open.
window.todo.events = async function* (stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text = (text + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n");
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        let name = "message";
        const data = [];
        for (const line of block.split("\n")) {
          const [, field, content] = /^(event|data): ?(.*)$/.exec(line) ?? [];
          if (field === "event") name = content;
          if (field === "data") data.push(content);
        }
        yield data.length > 0 ? { name, data: JSON.parse(data.join("\n")) } : { name: "alive" };
      }
    }
  } finally {
    // Whoever stops listening hangs up.
    reader.cancel().catch(() => {});
  }
};
