// The remembered width of the list beside the assistant, before the first paint. What moves the divider is in panel.js.
"use strict";

try {
  const percent = Number(localStorage.getItem("split"));
  if (percent >= 35 && percent <= 75) document.documentElement.style.setProperty("--split", String(percent));
} catch {
  // A browser without storage has the usual width.
}
