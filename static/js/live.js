// Live pages. One event stream for each page; `data-live="orders stock"` elements fetch themselves again when one
// of their topics is told. The stream is only a hint: after a reconnect everything is fetched again.
import { $, $$, isTyping, post } from "./dom.js";

const WAIT_MS = 350;
const MAX_WAITS = 6; // a steady stream of events still refreshes after so many waits
const POLL_MS = 30000;
const PRESENCE_MS = 25000;
const waiting = new Map(); // element -> {timer, since}
const parked = new Set(); // elements that are busy, or whose page is hidden
let source = null;
let greeted = false;
let poll = 0;

const topicsOf = (element) => (element.dataset.live || "").split(/\s+/).filter(Boolean);
const urlOf = (element) => element.dataset.liveUrl || element.getAttribute("hx-get");

/** Typing in it, a menu of it is open, it is being dragged, or rows of it are ticked. */
function busy(element) {
  const active = document.activeElement;
  return (
    (element.contains(active) && isTyping(active)) ||
    element.matches("[data-busy]") ||
    $("[data-busy], .k-menu:popover-open, .sortable-drag, [data-dirty]", element) !== null
  );
}

function refresh(element) {
  waiting.delete(element);
  if (!element.isConnected) return;
  if (document.hidden) return void parked.add(element);
  // An element may bring itself up to date in its own way.
  if (!element.dispatchEvent(new CustomEvent("k:live", { bubbles: true, cancelable: true }))) return void parked.delete(element);
  if (busy(element)) return void parked.add(element);
  parked.delete(element);
  const url = urlOf(element);
  if (!url) return;
  const before = new Set($$("[data-row][id]", element).map((row) => row.id));
  const parent = element.parentElement;
  window.htmx
    .ajax("GET", url, { source: element, target: element, swap: "morph:outerHTML" })
    .then(() => {
      if (!before.size || !parent) return;
      for (const row of $$("[data-row][id]", parent)) if (!before.has(row.id)) row.classList.add("is-fresh");
    });
}

function schedule(element) {
  const entry = waiting.get(element) || { since: Date.now() };
  clearTimeout(entry.timer);
  const wait = Number(element.dataset.liveWait) || WAIT_MS;
  const overdue = Date.now() - entry.since > wait * MAX_WAITS;
  entry.timer = setTimeout(() => refresh(element), overdue ? 0 : wait);
  waiting.set(element, entry);
}

function matches(wanted, told) {
  return wanted === told || told.startsWith(`${wanted}:`);
}

function tell(topic, detail) {
  document.body.dispatchEvent(new CustomEvent(`live:${topic}`, { bubbles: true, detail }));
  for (const element of $$("[data-live]")) if (topicsOf(element).some((wanted) => matches(wanted, topic))) schedule(element);
  if (topic.startsWith("presence:")) {
    for (const element of $$("[data-presence]")) if (topic === `presence:${element.dataset.presence}`) beat(element, "look");
  }
}

export function refreshAll() {
  $$("[data-live]").forEach(schedule);
}

function unpark() {
  if (document.hidden) return;
  for (const element of [...parked]) schedule(element);
}

function state(name) {
  const notice = $("#live-state");
  if (notice) notice.hidden = name !== "lost";
  document.documentElement.dataset.liveState = name;
}

function connect(url) {
  source = new EventSource(url);
  let lost = 0;
  source.addEventListener("hello", () => {
    clearTimeout(lost);
    clearInterval(poll);
    poll = 0;
    state("on");
    if (greeted) refreshAll();
    greeted = true;
  });
  source.addEventListener("resync", refreshAll);
  source.addEventListener("live", (event) => {
    const { topic, payload } = JSON.parse(event.data);
    tell(topic, payload);
  });
  source.addEventListener("error", () => {
    clearTimeout(lost);
    lost = setTimeout(() => source.readyState !== EventSource.OPEN && state(poll ? "polling" : "lost"), 4000);
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    source.close();
    // Refused (no stream behind this server, or signed out): look by the clock instead.
    poll ||= setInterval(() => document.hidden || refreshAll(), POLL_MS);
    state("polling");
    setTimeout(() => source.readyState === EventSource.CLOSED && connect(url), POLL_MS * 2);
  });
}

async function beat(element, action = "here") {
  const response = await post(element.dataset.presenceUrl, { object: element.dataset.presence, action }).catch(() => null);
  if (response?.ok && element.isConnected) element.innerHTML = await response.text();
}

function leave() {
  for (const element of $$("[data-presence]")) {
    const data = new FormData();
    data.set("object", element.dataset.presence);
    data.set("action", "leave");
    data.set("csrfmiddlewaretoken", document.body.dataset.csrf || "");
    navigator.sendBeacon(element.dataset.presenceUrl, data);
  }
}

export function start() {
  const url = document.body.dataset.events;
  if (!url) return;
  connect(url);
  document.addEventListener("visibilitychange", unpark);
  document.addEventListener("focusout", () => setTimeout(unpark, 200));
  document.addEventListener("toggle", () => setTimeout(unpark, 200), true);
  document.addEventListener("dragend", () => setTimeout(unpark, 200));
  document.addEventListener("k:refresh", refreshAll);
  document.addEventListener("k:idle", unpark);
  const present = new WeakSet();
  const greet = () => $$("[data-presence]").forEach((element) => present.has(element) || (present.add(element), beat(element)));
  greet();
  document.addEventListener("htmx:afterSettle", greet);
  setInterval(() => document.hidden || $$("[data-presence]").forEach((element) => beat(element)), PRESENCE_MS);
  addEventListener("pagehide", () => {
    leave();
    source?.close();
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    connect(url);
    refreshAll();
  });
}
