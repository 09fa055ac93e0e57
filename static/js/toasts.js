// Toasts: from the HX-Trigger header `{"toast": {text, level, undo_url, undo_label}}`, from the page, or from code.
import { $, $$, on, post, text } from "./dom.js";

const SECONDS = { success: 6, info: 6, warning: 10, error: 12 };
const timers = new WeakMap();

export function toast({ text: message, level = "success", undo_url: undo = "", undo_label: label = "" }) {
  const region = $("#toasts");
  const element = $(`#k-toast-${level in SECONDS ? level : "info"}`).content.firstElementChild.cloneNode(true);
  element.querySelector(".k-toast__text").textContent = message;
  const button = element.querySelector(".k-toast__undo");
  if (undo) {
    button.dataset.url = undo;
    if (label) $("[data-undo-label]", button).textContent = label;
  } else button.remove();
  region.append(element);
  keyTheNewest(region);
  while (region.children.length > 4) region.firstElementChild.remove();
  arm(element, level);
  return element;
}

/** The key undoes what was done last; a toast is gone before Tab comes to it. */
function keyTheNewest(region) {
  const buttons = $$(".k-toast__undo", region);
  for (const button of buttons) {
    const newest = button === buttons.at(-1);
    if (newest) button.dataset.key = "z";
    else delete button.dataset.key;
    $(".k-kbd", button).hidden = !newest;
  }
}

function arm(element, level) {
  const start = () => timers.set(element, setTimeout(() => element.remove(), (SECONDS[level] || 6) * 1000));
  const stop = () => clearTimeout(timers.get(element));
  for (const type of ["pointerenter", "focusin"]) element.addEventListener(type, stop);
  for (const type of ["pointerleave", "focusout"]) element.addEventListener(type, start);
  start();
}

export async function undo(button) {
  const element = button.closest(".k-toast");
  button.disabled = true;
  const response = await post(button.dataset.url).catch(() => null);
  element.remove();
  if (!response?.ok) return toast({ text: text("undo-failed"), level: "error" });
  const trigger = response.headers.get("HX-Trigger");
  if (trigger) announce(trigger);
  document.body.dispatchEvent(new CustomEvent("k:undone", { bubbles: true }));
  document.dispatchEvent(new CustomEvent("k:refresh"));
}

/** Dispatch what an HX-Trigger header says, as htmx would. */
export function announce(header) {
  let events;
  try {
    events = JSON.parse(header);
  } catch {
    events = Object.fromEntries(header.split(",").map((name) => [name.trim(), null]));
  }
  for (const [name, detail] of Object.entries(events)) {
    document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

export function start() {
  document.body.addEventListener("toast", (event) => toast(event.detail));
  on("click", ".k-toast__undo", (_event, button) => undo(button));
  on("click", ".k-toast__close", (_event, button) => button.closest(".k-toast").remove());
  const region = $("#toasts");
  for (const element of region?.children || []) arm(element, element.dataset.level);
  if (region) keyTheNewest(region);
}
