// Asks npm's chrono-node 2.10.3 (MIT) what dates our rules engine shares with it mean, and prints the test data for
// backend/src/assistant/rules/corpus/chrono-oracle.json. Nothing in the build runs this; to regenerate, in an empty folder:
//
//   npm install chrono-node@2.10.3
//   cp <repository>/scripts/chrono-oracle.mjs . && TZ=Europe/Berlin node chrono-oracle.mjs > chrono-oracle.json
import * as chrono from "chrono-node";

if (process.env.TZ !== "Europe/Berlin") throw new Error("run with TZ=Europe/Berlin");

// Wall-clock times: an ordinary day, ends of a month and of a year, leap day, the days before both changes of the clock.
const moments = ["2026-03-11T10:15", "2026-04-30T08:00", "2026-12-31T20:00", "2028-02-29T12:00", "2026-03-28T12:00", "2026-10-24T09:30"];

// The common subset; what the two read differently on purpose is in the README.md beside that file.
const phrases = [
  "today", "tomorrow", "yesterday", "the day after tomorrow",
  "tomorrow at 5pm", "tomorrow at 17:30", "tomorrow at noon", "today at 11:45pm", "at 9:45pm",
  "in 3 days", "in 10 days", "in a week", "in two weeks", "in 2 hours", "in 45 minutes", "in half an hour", "in a month",
  "3 days from now", "2 weeks from now",
  "on 31 December", "on December 31st", "31 December 2027", "December 31, 2027", "the 5th of May 2027", "5 May 2027 at 8am",
  "2027-05-31", "2027-05-31 17:30", "2027-05-31T17:30", "25/12/2027", "12/25/2027", "31.12.2027",
  "3pm on 3 May 2027",
  "Monday at 10am", "Tuesday at 10am", "Wednesday at 10am", "Thursday at 10am", "Friday at 10am", "Saturday at 10am", "Sunday at 10am",
  "yesterday at 8pm", "at 11:59pm", "tomorrow at 2:30am", "this Friday", "this Sunday", "next week on Friday",
];

const two = (number) => String(number).padStart(2, "0");
// Read differently on purpose: the weekday of today is in a week for us, and a date that is today stays today all day.
const differs = (now, phrase) =>
  phrase.startsWith(new Date(now).toLocaleDateString("en-GB", { weekday: "long" })) ||
  (phrase === "on 31 December" && now.includes("-12-31T"));

const rows = [];
for (const now of moments) {
  for (const phrase of phrases) {
    const [found] = chrono.en.GB.parse(phrase, new Date(now), { forwardDate: true });
    // What it reads in part only is no answer.
    if (found?.text !== phrase || differs(now, phrase)) continue;
    const start = found.start.date();
    const day = `${start.getFullYear()}-${two(start.getMonth() + 1)}-${two(start.getDate())}`;
    const time = found.start.isCertain("hour") ? `${two(start.getHours())}:${two(start.getMinutes())}` : null;
    rows.push({ now, phrase, day, time });
  }
}
console.log(`[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]`);
