// Keys: declared by data-key on links and buttons ("n", "g o", "mod+enter"); j/k walk rows; ? lists them all.
// Letters are read by their place on the keyboard, so they work in the Ukrainian layout too.
import { $, $$, isTyping, on } from "./dom.js";
import { openDialog } from "./menu.js";

const SEQUENCE_MS = 900;
let prefix = "";
let prefixTimer = 0;

function keyOf(event) {
  if (/^Key[A-Z]$/.test(event.code)) return event.code.slice(3).toLowerCase();
  if (event.code === "BracketLeft") return "[";
  if (event.code === "BracketRight") return "]";
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return "?";
  if (event.code === "Slash") return "/";
  return event.key.length === 1 ? event.key : event.key.toLowerCase();
}

const usable = (element) => element.checkVisibility?.({ visibilityProperty: true }) !== false && !element.disabled && !element.closest("[inert]");

function find(combo) {
  const scope = $("dialog[open]") || document;
  const matches = $$("[data-key]", scope).filter((element) => element.dataset.key === combo && usable(element));
  // What is in the side panel answers before what lies under it.
  return matches.find((element) => element.closest("#panel[data-open]")) || matches[0];
}

function press(element) {
  if (element.matches("input, textarea, select")) {
    element.focus();
    element.select?.();
  } else element.click();
}

export const rows = () => $$("[data-rows] [data-row]").filter(usable);

function walk(step) {
  const list = rows();
  if (!list.length) return false;
  const index = list.findIndex((row) => row.classList.contains("is-cursor"));
  const next = list[index < 0 ? (step > 0 ? 0 : list.length - 1) : Math.max(0, Math.min(list.length - 1, index + step))];
  list.forEach((row) => row.classList.toggle("is-cursor", row === next));
  next.scrollIntoView({ block: "nearest" });
  const link = $("a[data-row-link], a[data-panel]", next);
  link?.focus({ preventScroll: true });
  if (link && $("#panel[data-open]")) link.click();
  return true;
}

function onRow(key) {
  const row = $("[data-rows] [data-row].is-cursor");
  if (!row) return false;
  if (key === "x") {
    const box = $('input[type="checkbox"]', row);
    box?.click();
    return Boolean(box);
  }
  if (key === "enter" || key === "o") {
    const link = $("a[data-row-link], a[data-panel]", row);
    link?.click();
    return Boolean(link);
  }
  return false;
}

function handle(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const key = keyOf(event);
  const mod = event.metaKey || event.ctrlKey;
  if (mod) {
    const target = find(`mod+${key}`);
    if (target) {
      event.preventDefault();
      press(target);
    }
    return;
  }
  if (event.altKey || isTyping(event.target)) return;
  if (key === "enter" && event.target.closest("a, button, summary")) return;
  const combo = prefix ? `${prefix} ${key}` : key;
  clearTimeout(prefixTimer);
  prefix = "";
  const target = find(combo);
  if (target) {
    event.preventDefault();
    return press(target);
  }
  if (combo !== key) return;
  if (key === "?") return void (event.preventDefault(), help());
  if ($("dialog[open], .k-menu:popover-open")) return;
  const moved = key === "j" ? walk(1) : key === "k" ? walk(-1) : onRow(key);
  if (moved) return event.preventDefault();
  if ($$("[data-key]").some((element) => element.dataset.key.startsWith(`${key} `))) {
    prefix = key;
    prefixTimer = setTimeout(() => (prefix = ""), SEQUENCE_MS);
  }
}

function labelOf(element) {
  const named = element.dataset.keyLabel || element.getAttribute("aria-label");
  if (named) return named;
  const copy = element.cloneNode(true);
  for (const kbd of copy.querySelectorAll("kbd")) kbd.remove();
  return copy.textContent.trim().replace(/\s+/g, " ");
}

function help() {
  const list = $("#k-help-keys");
  if (list) {
    const seen = new Set();
    list.replaceChildren();
    for (const element of $$("[data-key]").filter(usable)) {
      const combo = element.dataset.key;
      if (seen.has(combo)) continue;
      seen.add(combo);
      const term = document.createElement("dt");
      term.textContent = labelOf(element);
      const keys = document.createElement("dd");
      for (const part of combo.split(" ")) {
        const kbd = document.createElement("kbd");
        kbd.className = "k-kbd";
        kbd.textContent = pretty(part);
        keys.append(kbd, " ");
      }
      list.append(term, keys);
    }
  }
  openDialog("k-help");
}

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
export const pretty = (part) => part.replace("mod+", mac ? "⌘" : "Ctrl ").replace("enter", "↵").replace(/\b[a-z]$/, (letter) => letter.toUpperCase());

export function start() {
  document.addEventListener("keydown", handle);
  on("click", "[data-help]", help);
  for (const kbd of $$("[data-mod-key]")) kbd.textContent = (mac ? "⌘" : "Ctrl ") + kbd.dataset.modKey;
}
