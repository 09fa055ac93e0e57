// Picking with a scanner: it types a code and Enter, wherever the cursor is. Good and bad scans sound different.
import { $, $$, isTyping } from "./dom.js";
import { offerCamera } from "./picking-camera.js";
import { isWaiting, keep } from "./picking-queue.js";
import { toast } from "./toasts.js";

const GAP_MS = 80; // keys of a scanner come faster than anybody types
let audio = null;
let typed = "";
let last = 0;

function tone(steps) {
  audio ||= new AudioContext();
  let at = audio.currentTime;
  for (const [frequency, seconds, type] of steps) {
    const source = audio.createOscillator();
    const volume = audio.createGain();
    source.type = type;
    source.frequency.value = frequency;
    volume.gain.setValueAtTime(0.25, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    source.connect(volume).connect(audio.destination);
    source.start(at);
    source.stop(at + seconds);
    at += seconds + 0.03;
  }
}

const good = () => tone([[1320, 0.09, "sine"]]);
const bad = () => {
  tone([[220, 0.22, "square"], [180, 0.3, "square"]]);
  navigator.vibrate?.([180, 80, 180]);
  document.body.classList.remove("is-alarmed");
  void document.body.offsetWidth;
  document.body.classList.add("is-alarmed");
};

const scanField = () => $("#scan");

// Codes go one after the other, however fast they are scanned; the field is free at once.
let sending = Promise.resolve();

function send(code) {
  const form = scanField()?.form;
  if (!form || !code.trim()) return;
  form.reset();
  const request = { source: "#pick", target: "#pick", swap: "morph:outerHTML", values: { code: code.trim() } };
  sending = sending.then(async () => {
    if (isWaiting()) return tickHere(code);
    await window.htmx.ajax("POST", form.dataset.scan, request).catch(() => tickHere(code));
  });
}

// A Ukrainian layout turns a scanner's Latin keys into Cyrillic letters: see orders/scan.py.
const CYRILLIC = "йцукенгшщзхїфівапролджєячсмитьбюґыъэё";
const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.\\s]'`";
const plain = (code) => code.trim().replace(/\s+/g, " ").toLowerCase();
const latin = (code) => plain(code).replace(/./gu, (letter) => LATIN[CYRILLIC.indexOf(letter)] ?? letter);

/** Without a connection the list itself says what a code means; the count waits to be sent. */
function tickHere(code) {
  const said = [plain(code), latin(code)];
  const fitting = $$("[data-item]").filter((row) => row.dataset.codes.split("|").some((known) => said.includes(plain(known))));
  const row = fitting.find((one) => Number(one.dataset.picked) < Number(one.dataset.wanted));
  if (row) {
    keep(row, Number(row.dataset.picked) + 1);
    good();
  } else {
    bad();
    const words = $("#pick-queue").dataset;
    toast({ text: (fitting.length ? words.complete : words.unknown).replace("#", code), level: "error" });
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-scan]")) return;
  event.preventDefault();
  send(scanField().value);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target !== scanField() && isTyping(event.target)) return;
  const now = performance.now();
  if (event.key === "Enter") {
    if (event.target === scanField()) return; // the form goes by itself
    if (typed.length >= 3 && now - last < GAP_MS * 3) {
      event.preventDefault();
      send(typed);
    }
    typed = "";
  } else if (event.key.length === 1 && event.target !== scanField()) {
    typed = now - last < GAP_MS ? typed + event.key : event.key;
    last = now;
  }
}, true);

document.body.addEventListener("scan:good", (event) => {
  good();
  ready();
  document.getElementById(`item-${event.detail.item}`)?.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
});
document.body.addEventListener("scan:bad", () => {
  bad();
  ready();
  setTimeout(() => $("[data-alarm]")?.scrollIntoView({ block: "center" }), 0);
});

// The cursor waits in the empty scan field all day: that is no typing, so the list follows the others.
document.addEventListener("k:live", (event) => {
  const list = event.target;
  if (list.id !== "pick" || scanField()?.value || $(".k-menu:popover-open", list)) return;
  event.preventDefault();
  if (isWaiting()) return;
  window.htmx.ajax("GET", list.dataset.liveUrl, { source: list, target: list, swap: "morph:outerHTML" });
});

/** The cursor waits for the next code, where there is no keyboard on the screen to pop up. */
function ready() {
  if (matchMedia("(pointer: fine)").matches) scanField()?.focus({ preventScroll: true });
}

if (matchMedia("(pointer: fine)").matches) scanField()?.focus({ preventScroll: true });
offerCamera(send);
