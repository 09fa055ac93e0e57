// "5 min ago" stays true while the page is open.
import { $$ } from "./dom.js";

function say(element) {
  const at = new Date(element.dateTime);
  const minutes = Math.trunc((at - Date.now()) / 60000);
  const language = document.documentElement.lang || "uk";
  if (Math.abs(minutes) < 1) return;
  if (Math.abs(minutes) >= 60) {
    element.removeAttribute("data-ago");
    element.textContent = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: document.body.dataset.zone || undefined }).format(at);
  } else element.textContent = new Intl.RelativeTimeFormat(language, { style: "short" }).format(minutes, "minute");
}

export function start() {
  setInterval(() => document.hidden || $$("time[data-ago]").forEach(say), 30000);
}
