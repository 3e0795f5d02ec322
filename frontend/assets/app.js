// What makes the pages nicer with JavaScript; everything works without it. htmx sends the forms and swaps parts of pages,
// this file adds the reader's time zone, dialogs, the focus after a swap, and words for a lost connection.
"use strict";

(() => {
  // The server renders dates in the reader's zone, also those of pages that come later without a script.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.split("; ").includes(`timezone=${encodeURIComponent(zone)}`)) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `timezone=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }

  const dialog = document.getElementById("dialog");
  const notice = document.getElementById("notice");

  // Notices go by themselves, but never while somebody is reading them closely.
  let hideNotice;
  const noticeChanged = () => {
    clearTimeout(hideNotice);
    if (notice.hasChildNodes() && document.querySelector(".site-header nav")) {
      hideNotice = setTimeout(() => {
        if (notice.matches(":hover, :focus-within")) noticeChanged();
        else notice.replaceChildren();
      }, 8000);
    }
  };
  new MutationObserver(noticeChanged).observe(notice, { childList: true });
  noticeChanged();

  const say = (text) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    notice.replaceChildren(paragraph);
  };
  document.addEventListener("htmx:sendError", () => say("The server cannot be reached. Please check your connection and try again."));
  document.addEventListener("htmx:timeout", () => say("The server takes too long to answer. Please look at the list before trying again."));

  // Addresses stay short: what is not chosen does not appear in them.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "filter") return;
    const usual = { status: "open", priority: "", q: "", sort: "newest" };
    for (const [name, value] of Object.entries(usual)) {
      if (event.detail.parameters[name] === value) delete event.detail.parameters[name];
    }
  });

  // Whoever works with the keyboard goes on where they were, or beside it when that has left the page.
  const results = () => document.getElementById("results") ?? document.getElementById("main");
  let nextFocus;
  new MutationObserver(() => {
    if (!nextFocus || document.activeElement !== document.body) return;
    nextFocus()?.focus({ preventScroll: true });
    nextFocus = undefined;
  }).observe(document.body, { childList: true, subtree: true });

  // Editing and deleting open in a dialog; any answer that replaces the content of the page closes it.
  let opener;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    nextFocus = undefined;
    if (target === dialog) {
      opener = document.activeElement?.id;
    } else if (target.id === "more") {
      const shown = document.querySelectorAll(".task").length;
      nextFocus = () => document.querySelectorAll(".task-title a")[shown];
    } else if (target.classList.contains("task") && target.contains(document.activeElement)) {
      const neighbour = target.nextElementSibling ?? target.previousElementSibling;
      nextFocus = () => document.getElementById(target.id)?.querySelector("button") ?? neighbour?.querySelector("button, a") ?? results();
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if (target === dialog && dialog.hasChildNodes()) {
      if (!dialog.open) dialog.showModal();
      const first = dialog.querySelector("[autofocus]");
      first?.focus();
      first?.setSelectionRange?.(first.value.length, first.value.length);
    } else if ((target.id === "main" || target.id === "chat") && dialog.open) {
      dialog.close();
      const invalid = document.querySelector("#main [autofocus]");
      (invalid ?? document.getElementById(opener) ?? results())?.focus({ preventScroll: true });
    }
  });

  dialog.addEventListener("close", () => dialog.replaceChildren());
  dialog.addEventListener("click", (event) => {
    const cancelled = event.target.closest(".cancel");
    if (cancelled) event.preventDefault();
    if (cancelled || event.target === dialog) dialog.close();
  });
})();
