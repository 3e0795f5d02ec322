// A turn of the assistant: what was typed is sent, and the answer is shown as it comes. The form works without this file.
// Absent on purpose: where the conversation stands and how it is loaded (panel.js), Markdown (markdown.js).
"use strict";

window.todo = window.todo ?? {};

(() => {
  const LONGEST = 1000;
  // The server sends a comment every 15 s, so this is three of them missed.
  const SILENCE = 50_000;

  const $ = (id) => document.getElementById(id);
  const template = (id) => $(id).content.firstElementChild.cloneNode(true);
  const words = () => $("words");

  /** The turn under way, if any. */
  let turn = null;

  // Where the reader is: new text is followed only by whoever looks at the end.
  let follows = true;
  const toEnd = () => {
    const scroll = $("scroll");
    if (scroll && follows) scroll.scrollTop = scroll.scrollHeight;
  };
  document.addEventListener("scroll", ({ target }) => {
    if (target.id === "scroll") follows = target.scrollHeight - target.scrollTop - target.clientHeight < 60;
  }, true);

  // The divider, a keyboard on the screen or a turned telephone leave the reader at the end.
  const sizes = new ResizeObserver(toEnd);

  const say = (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    $("announcer")?.append(line);
  };

  // Random without a secure context, which a first try on a local network has not.
  const newKey = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  const stamp = (element) => {
    const now = new Date();
    element.dateTime = now.toISOString();
    element.textContent = now.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  };

  const count = () => {
    const field = $("message"), counter = $("counter");
    if (!field || !counter) return;
    const length = [...field.value].length;
    counter.textContent = `${length} / ${LONGEST}`;
    counter.classList.toggle("near", length >= LONGEST * 0.9);
  };

  const busy = (now) => {
    const field = $("message");
    if (!field) return;
    $("chat").setAttribute("aria-busy", String(now));
    // Read-only and not disabled: a disabled field loses the focus, and with it the place of who works by keyboard.
    field.readOnly = now;
    field.setAttribute("aria-disabled", String(now));
    $("send").hidden = now;
    $("send").disabled = now;
    $("stop").hidden = !now;
    const lost = document.activeElement === document.body || document.activeElement?.hidden;
    if (lost && matchMedia("(hover: hover)").matches) field.focus({ preventScroll: true });
  };

  /** The bubble of an answer that is being written. */
  const answer = () => {
    const bubble = template("theirs-template");
    const text = bubble.querySelector(".text"), badges = bubble.querySelector(".badges"), typing = bubble.querySelector(".typing");
    let whole = "", spoken = 0, drawn = 0;
    const draw = () => {
      drawn = 0;
      text.replaceChildren(window.todo.markdown(whole));
      toEnd();
    };
    // Whole sentences only, or a screen reader would stutter.
    const speak = (all) => {
      const rest = whole.slice(spoken);
      const end = all ? rest.length : Math.max(...[...rest.matchAll(/[.!?…](?=\s)|\n/g)].map((found) => found.index + 1), 0);
      const plain = rest.slice(0, end).replace(/[*`#\\]/g, "").trim();
      spoken += end;
      if (plain) say(plain);
    };
    const badge = (tool, state) => {
      const open = [...badges.children].findLast((item) => item.dataset.tool === tool && item.classList.contains("executing"));
      const item = open ?? badges.appendChild(document.createElement("li"));
      const known = [...words().content.children];
      const found = known.find((entry) => entry.dataset.tool === tool) ?? known.at(-1);
      item.dataset.tool = tool;
      item.className = `badge ${state}`;
      item.textContent = state === "asked" ? words().dataset.asked : found.dataset[state];
      if (state !== "executing") say(item.textContent);
      return "changes" in found.dataset && state === "completed";
    };
    return {
      bubble,
      badge,
      add(piece) {
        whole += piece;
        typing.hidden = true;
        speak(false);
        drawn ||= requestAnimationFrame(draw);
      },
      end(message, by) {
        cancelAnimationFrame(drawn);
        // What was said already is said once; an answer that turned out otherwise is said anew.
        if (!message.startsWith(whole.slice(0, spoken))) spoken = 0;
        whole = message;
        draw();
        speak(true);
        typing.remove();
        badges.querySelectorAll(".executing").forEach((item) => item.remove());
        stamp(bubble.querySelector("time"));
        bubble.querySelector(".by").textContent = by;
        bubble.querySelector(".meta").hidden = false;
        toEnd();
      },
      get text() {
        return whole;
      },
      get empty() {
        return !whole && badges.childElementCount === 0;
      },
    };
  };

  const calledBack = (result) => Boolean(result?.data?.confirmation);

  /** A failure with words for the reader. `final`: the same again would fail again. */
  class Failed extends Error {
    constructor(text, final = false) {
      super(text);
      this.final = final;
    }
  }

  const refusal = async (response) => {
    const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
    const problem = isProblem ? await response.json().catch(() => ({})) : {};
    const text = problem.detail ?? "The assistant is out of reach. It is usually back in a moment.";
    return new Failed(text, [403, 413, 422].includes(response.status));
  };

  const finish = (writing, done) => {
    const { model, rules, fallback } = words().dataset;
    const by = done.engine === "model" ? model : done.fallback ? fallback : rules;
    writing.end(done.message ?? done.response ?? writing.text, by);
    $("chat").dataset.conversation = done.conversation_id;
    $("composer").elements.conversation.value = done.conversation_id;
    if (location.pathname.startsWith("/chat")) history.replaceState(null, "", `/chat/${done.conversation_id}`);
    if (done.confirmation) {
      const question = template("confirmation-template");
      question.elements.confirmation.value = done.confirmation.id;
      $("messages").after(question);
    }
    toEnd();
  };

  /** Reads the answer to its end; true when it had one. */
  const follow = async (response, writing, alive) => {
    if (response.headers.get("content-type")?.startsWith("application/json")) {
      const done = await response.json();
      for (const { tool, status, result } of done.tool_calls ?? []) {
        writing.badge(tool, calledBack(result) ? "asked" : status);
      }
      finish(writing, done);
      window.todo.refreshList?.();
      return true;
    }
    let ended = false;
    for await (const { name, data } of window.todo.events(response.body)) {
      alive();
      if (name === "token") writing.add(data.token);
      if (name === "tool_call") {
        const state = calledBack(data.result) ? "asked" : data.status;
        if (writing.badge(data.tool, state)) window.todo.refreshList?.();
        toEnd();
      }
      if (name === "done") {
        finish(writing, data);
        ended = true;
      }
      if (name === "error") throw new Failed(data.error);
    }
    return ended;
  };

  const failed = (attempt, writing, error) => {
    writing.bubble.querySelector(".typing")?.remove();
    writing.bubble.querySelectorAll(".executing").forEach((item) => item.remove());
    if (writing.empty) writing.bubble.remove();
    const text = error instanceof Failed ? error.message
      : navigator.onLine ? "The connection was lost before the answer was complete."
        : "You are offline, so the answer could not be completed.";
    const notice = template("failure-template");
    notice.querySelector("p").textContent = text;
    const again = notice.querySelector("button");
    if (error.final) {
      again.remove();
      const field = $("message");
      if (!field.value) field.value = attempt.message;
      count();
    } else {
      // The same key: what was done already is not done again.
      again.addEventListener("click", () => {
        notice.remove();
        writing.bubble.remove();
        run(attempt);
      });
    }
    $("messages").append(notice);
    follows = true;
    toEnd();
  };

  const stopped = (writing) => {
    if (writing.empty) writing.add("Stopped.");
    writing.end(writing.text, "Stopped by you");
    // What had been done before stays done.
    window.todo.refreshList?.();
  };

  const run = async (attempt) => {
    const controller = new AbortController();
    const current = turn = { controller, stopped: false };
    const writing = answer();
    let silence;
    const alive = () => {
      clearTimeout(silence);
      silence = setTimeout(() => controller.abort(), SILENCE);
    };
    $("announcer").replaceChildren();
    $("messages").append(writing.bubble);
    follows = true;
    toEnd();
    busy(true);
    alive();
    try {
      const conversation = $("composer").elements.conversation.value;
      const { message, confirmation, key } = attempt;
      const body = new URLSearchParams({ message, conversation, confirmation, key });
      const headers = { accept: "text/event-stream" };
      const response = await fetch("/chat/messages", { method: "POST", headers, body, signal: controller.signal });
      // Back to this very page, and not to the address of the form.
      if (response.status === 401) {
        location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
        return;
      }
      // A conversation that is gone: a second try begins a new one.
      if (response.status === 404) $("composer").elements.conversation.value = "";
      if (!response.ok) throw await refusal(response);
      if (!await follow(response, writing, alive)) throw new Failed("The answer was cut off.");
    } catch (error) {
      // Another conversation stands here by now.
      if (!writing.bubble.isConnected) return;
      if (current.stopped) stopped(writing);
      else failed(attempt, writing, error);
    } finally {
      clearTimeout(silence);
      if (turn === current) {
        turn = null;
        busy(false);
      }
    }
  };

  const start = (text, from) => {
    const message = text.trim();
    const field = $("message");
    if (turn || !message || [...message].length > LONGEST) return field.focus();
    if (!navigator.onLine) {
      $("offline").hidden = false;
      return;
    }
    // A yes is one to the question that is seen here; in another window another may have been asked since.
    const confirmation = document.querySelector("#chat .confirmation")?.elements.confirmation.value ?? "";
    document.querySelectorAll("#chat .confirmation, #chat .failure, #chat .field-error").forEach((element) => element.remove());
    const welcome = document.querySelector("#chat .welcome");
    if (welcome) welcome.hidden = true;
    const bubble = template("mine-template");
    bubble.querySelector(".text").textContent = message;
    stamp(bubble.querySelector("time"));
    $("messages").append(bubble);
    if (from === "composer") field.value = "";
    field.removeAttribute("aria-invalid");
    count();
    run({ message, confirmation, key: newKey() });
  };

  const stop = () => {
    if (!turn) return false;
    turn.stopped = true;
    turn.controller.abort();
    return true;
  };
  window.todo.stopTurn = stop;
  window.todo.isAnswering = () => Boolean(turn);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("#composer, #chat .examples, #chat .confirmation")) return;
    event.preventDefault();
    start(event.submitter?.name === "message" ? event.submitter.value : $("message").value, form.id);
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("#stop")) stop();
  });
  document.addEventListener("input", ({ target }) => {
    if (target.id === "message") count();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "message" && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (!turn && event.target.value.trim()) $("composer").requestSubmit();
    }
    // The overlay would close at the same key, but what is nearer ends first.
    if (event.key === "Escape" && event.target.closest?.("#chat") && stop()) event.stopImmediatePropagation();
  });
  const line = () => {
    if ($("offline")) $("offline").hidden = navigator.onLine;
  };
  addEventListener("online", line);
  addEventListener("offline", line);

  /** Makes a conversation that has just come onto the page ready for use. */
  window.todo.prepareChat = () => {
    document.querySelectorAll("#chat [data-scripted], #close-assistant").forEach((element) => { element.hidden = false; });
    count();
    line();
    follows = true;
    sizes.disconnect();
    if (document.querySelector("#chat.history")) return;
    toEnd();
    sizes.observe($("scroll"));
  };
  window.todo.prepareChat();
})();
