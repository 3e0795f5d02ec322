// The assistant beside the list: the divider, the overlay on small screens, loading conversations into the panel, older
// messages, and the list that follows what the assistant does. Parts of pages are taken out of whole pages, as htmx does.
"use strict";

window.todo = window.todo ?? {};

(() => {
  const $ = (id) => document.getElementById(id);
  const aside = $("assistant");
  const narrow = matchMedia("(max-width: 767.98px)");

  /** A page of this site, or the log-in page instead of everything. */
  const page = async (url) => {
    const response = await fetch(url, { headers: { "hx-request": "true" } });
    if (response.status === 401) {
      location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return new Promise(() => {});
    }
    if (!response.ok) throw new Error(`${response.status} for ${url}`);
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  // The list follows the assistant. A row that is as it was stays the same element, with its focus and everything.

  const FRESH = 3500;
  const unmarked = (row) => {
    const copy = row.cloneNode(true);
    copy.className = [...copy.classList].filter((name) => !/^(fresh|changed|htmx-.*)$/.test(name)).join(" ");
    return copy;
  };
  const mark = (row, known) => {
    row.classList.add("fresh");
    row.classList.toggle("changed", known);
    setTimeout(() => row.classList.remove("fresh", "changed"), FRESH);
  };
  const reconcile = (list, wanted) => {
    const before = new Map(Array.from(list.children, (row) => [row.id, row]));
    const rows = Array.from(wanted.children, (row) => {
      const old = before.get(row.id);
      if (old && unmarked(old).isEqualNode(row)) return old;
      const made = document.importNode(row, true);
      if (row.id !== "more") mark(made, Boolean(old));
      return made;
    });
    for (const row of [...list.children]) if (!rows.includes(row)) row.remove();
    rows.forEach((row, place) => {
      if (list.children[place] === row) return;
      list.insertBefore(row, list.children[place] ?? null);
      window.htmx?.process(row);
    });
  };
  const refreshOnce = async () => {
    const fresh = await page(location.pathname + location.search);
    const list = $("tasks"), wanted = fresh.getElementById("tasks");
    if (!list || !wanted) return;
    reconcile(list, wanted);
    document.querySelector("#results .empty")?.replaceWith(document.importNode(fresh.querySelector("#results .empty"), true));
  };
  let refreshing = null, again = false;
  window.todo.refreshList = () => {
    if (!$("results")) return;
    again = Boolean(refreshing);
    // A failure is no news: the next reload shows the list as it is, or says why not.
    refreshing ??= refreshOnce().catch(() => {}).finally(() => {
      refreshing = null;
      if (again) window.todo.refreshList();
    });
  };

  // Conversations come into the panel; on a page of their own, links are just followed.

  let loaded = false, loading = 0;
  const outOfReach = (url) => {
    const scroll = $("scroll"), state = document.createElement("div");
    const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
    const button = Object.assign(line("button", "Try again"), { className: "button secondary", type: "button" });
    const lead = document.createElement("p");
    lead.append(line("strong", "The assistant is out of reach."));
    button.addEventListener("click", () => load(url));
    state.className = "welcome unreachable";
    state.setAttribute("role", "alert");
    state.append(lead, line("p", "It is usually back in a moment. Your list works as usual."), button);
    scroll.querySelectorAll(".welcome, .unreachable").forEach((element) => { element.hidden = true; });
    scroll.append(state);
  };
  const load = async (url) => {
    const mine = loading += 1;
    loaded = true;
    $("chat").classList.add("loading");
    $("scroll").querySelector(".unreachable")?.remove();
    try {
      const fresh = (await page(url)).getElementById("chat");
      // Somebody was faster than the network and has said something, or went elsewhere.
      if (mine !== loading || window.todo.isAnswering() || $("messages")?.childElementCount && url === "/chat") return;
      const draft = $("message")?.value, typing = document.activeElement?.id === "message";
      const chat = document.importNode(fresh, true);
      $("chat").replaceWith(chat);
      window.htmx?.process(chat);
      if (draft && $("message")) $("message").value = draft;
      window.todo.prepareChat();
      if (typing) $("message")?.focus();
      else if (aside.classList.contains("open")) $("close-assistant").focus();
    } catch {
      if (mine === loading) outOfReach(url);
    } finally {
      $("chat").classList.remove("loading");
    }
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#assistant a[href^='/chat']:not([hx-target]), #older");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.id === "older") {
      older(link);
      return;
    }
    window.todo.stopTurn();
    load(link.getAttribute("href")).then(() => ($("message") ?? $("scroll")).focus({ preventScroll: true }));
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target.id === "chat") window.todo.prepareChat();
  });

  const older = async (link) => {
    const scroll = $("scroll"), height = scroll.scrollHeight - scroll.scrollTop;
    link.setAttribute("aria-disabled", "true");
    try {
      const fresh = await page(link.getAttribute("href"));
      const rows = [...fresh.querySelectorAll("#messages > li")].map((row) => document.importNode(row, true));
      $("messages").prepend(...rows);
      const next = fresh.getElementById("older");
      if (next) link.setAttribute("href", next.getAttribute("href"));
      else link.parentElement.remove();
      // What was being read stays where it was.
      scroll.scrollTop = scroll.scrollHeight - height;
      if (!next) scroll.focus({ preventScroll: true });
    } catch {
      link.textContent = "Show older messages (try again)";
    }
    link.removeAttribute("aria-disabled");
  };

  if (!aside) return;

  // The overlay of small screens.

  const opener = $("open-assistant");
  const others = () => document.querySelectorAll(".skip-link, .site-header, #main, .site-footer");
  const isOpen = () => aside.classList.contains("open");
  const open = () => {
    aside.classList.add("open");
    aside.setAttribute("role", "dialog");
    aside.setAttribute("aria-modal", "true");
    document.documentElement.classList.add("overlaid");
    others().forEach((element) => { element.inert = true; });
    window.todo.prepareChat();
    if (!loaded) load("/chat");
    $("close-assistant")?.focus();
  };
  const close = () => {
    aside.classList.remove("open");
    aside.setAttribute("role", "complementary");
    aside.removeAttribute("aria-modal");
    document.documentElement.classList.remove("overlaid");
    others().forEach((element) => { element.inert = false; });
  };
  document.addEventListener("click", (event) => {
    if (narrow.matches && event.target.closest?.("#open-assistant")) {
      event.preventDefault();
      open();
    }
    if (event.target.closest?.("#close-assistant")) {
      close();
      opener.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen() || document.querySelector("dialog[open]")) return;
    close();
    opener.focus();
  });
  const widthChanged = () => {
    if (!narrow.matches && isOpen()) close();
    if (!narrow.matches && !loaded) load("/chat");
  };
  narrow.addEventListener("change", widthChanged);
  widthChanged();

  // The divider.

  const divider = $("divider"), workspace = aside.parentElement;
  const USUAL = 60, LEAST = 35, MOST = 75;
  const root = document.documentElement;
  const width = () => Number(root.style.getPropertyValue("--split")) || USUAL;
  const setWidth = (percent) => {
    const whole = Math.round(Math.min(MOST, Math.max(LEAST, percent)));
    root.style.setProperty("--split", String(whole));
    divider.setAttribute("aria-valuenow", String(whole));
    divider.setAttribute("aria-valuetext", `${whole} percent`);
  };
  const keepWidth = () => {
    try {
      localStorage.setItem("split", String(width()));
    } catch {
      // Without storage it lasts until the next page.
    }
  };
  divider.hidden = false;
  setWidth(width());
  divider.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    divider.focus({ preventScroll: true });
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = workspace.getBoundingClientRect(), style = getComputedStyle(workspace);
    const left = box.left + parseFloat(style.paddingLeft), right = box.right - parseFloat(style.paddingRight);
    setWidth((event.clientX - left) / (right - left) * 100);
  });
  divider.addEventListener("lostpointercapture", keepWidth);
  divider.addEventListener("dblclick", () => {
    setWidth(USUAL);
    keepWidth();
  });
  divider.addEventListener("keydown", (event) => {
    const wanted = { ArrowLeft: width() - 2, ArrowRight: width() + 2, Home: LEAST, End: MOST, Enter: USUAL }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    setWidth(wanted);
    keepWidth();
  });
})();
