// Ticks made without a connection: kept on the phone, shown in the list, sent later in their order.
// A tick says how many units are in the basket, and carries an id of its own, so that one whose
// answer was lost may be sent again.
import { $, $$, csrfToken } from "./dom.js";
import { toast } from "./toasts.js";

const AGAIN_MS = 4000;
const box = () => $("#pick-queue");
const key = () => `kram-ticks:${location.pathname}`;
let flushing = false;
let timer = 0;

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(key())) || [];
  } catch {
    return [];
  }
};

function write(ticks) {
  if (ticks.length) localStorage.setItem(key(), JSON.stringify(ticks));
  else localStorage.removeItem(key());
  show(ticks);
}

function show(ticks = read()) {
  const note = box();
  if (!note) return;
  note.hidden = !ticks.length;
  const form = new Intl.PluralRules(document.documentElement.lang).select(ticks.length);
  const words = note.dataset[form] || note.dataset.many;
  $("p", note).textContent = words.replace("#", ticks.length);
  for (const tick of ticks) paint(tick);
}

/** Show a tick in the list before the server knows of it. */
function paint({ item, picked }) {
  const row = document.getElementById(`item-${item}`);
  if (!row) return;
  const wanted = Number(row.dataset.wanted);
  row.dataset.picked = picked;
  $(".k-pick__count b", row).textContent = picked;
  row.classList.toggle("is-done", picked >= wanted);
  for (const button of $$(".k-pick__keys > button", row)) button.hidden = (picked >= wanted) !== (button.dataset.pick === "none");
}

export const newTick = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export const isWaiting = () => !navigator.onLine || read().length > 0;

/** Keep a tick; the newest of a line stands last and wins. */
export function keep(row, picked, tick = newTick()) {
  write([...read(), { tick, item: row.dataset.item, url: row.dataset.url, picked }]);
  again();
}

function again() {
  clearTimeout(timer);
  timer = setTimeout(flush, AGAIN_MS);
}

async function send({ url, picked, tick }) {
  const response = await fetch(url, {
    method: "POST",
    body: new URLSearchParams({ picked, tick }),
    headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" },
    redirect: "manual", // signed out meanwhile: what is kept waits for the next sign-in
  });
  if (response.type === "opaqueredirect" || response.status >= 500) throw response;
  return response.ok;
}

/** Send what waits, one after the other. */
export async function flush() {
  if (flushing || !read().length || !navigator.onLine) return;
  flushing = true;
  try {
    while (read().length) {
      const [first] = read();
      const taken = await send(first);
      write(read().filter((tick) => tick.tick !== first.tick));
      if (!taken) toast({ text: box().dataset.refused, level: "warning" });
    }
    const list = $("#pick");
    window.htmx.ajax("GET", list.dataset.liveUrl, { source: list, target: list, swap: "morph:outerHTML" });
  } catch {
    again();
  } finally {
    flushing = false;
  }
}

const rowOf = (element) => element.closest("[data-item]");
const countOf = (button) => {
  const row = rowOf(button);
  const now = Number(row.dataset.picked);
  return { one: now + 1, all: Number(row.dataset.wanted), none: 0 }[button.dataset.pick];
};

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.matches?.("[data-pick]")) event.detail.parameters.tick = newTick();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.matches?.("[data-pick]") || !isWaiting()) return;
  event.preventDefault();
  keep(rowOf(event.target), countOf(event.target));
});
// Sent, and no answer: it may have come or not, so the same tick waits to be sent again.
document.addEventListener("htmx:sendError", (event) => {
  if (event.target.id === "pick") event.stopImmediatePropagation(); // a scan or a look: see picking.js
  if (!event.target.matches?.("[data-pick]")) return;
  event.stopImmediatePropagation();
  const { picked, tick } = event.detail.requestConfig.parameters;
  keep(rowOf(event.target), Number(picked), tick);
}, true);
document.addEventListener("htmx:afterSettle", () => show());
window.addEventListener("online", flush);
show();
flush();
