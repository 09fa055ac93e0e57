// The palette: Ctrl/⌘-K; the server finds, this walks and opens.
import { $, $$, on } from "./dom.js";
import { openPanel } from "./panel.js";

const WAIT_MS = 120;
let timer = 0;
let turn = 0;

const dialog = () => $("#palette");
const input = () => $("#palette-q");
const list = () => $("#palette-list");
const options = () => $$('[role="option"]', list());
const selected = () => $('[role="option"][aria-selected="true"]', list());

function select(option) {
  for (const item of options()) item.setAttribute("aria-selected", String(item === option));
  if (option) {
    input().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else input().removeAttribute("aria-activedescendant");
}

async function search() {
  const mine = ++turn;
  const url = `${dialog().dataset.url}?q=${encodeURIComponent(input().value.trim())}`;
  const response = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  if (mine !== turn || !response?.ok) return;
  list().innerHTML = await response.text();
  select(options()[0]);
}

function go(option, event) {
  if (!option) return;
  dialog().close();
  if (event.metaKey || event.ctrlKey) return void window.open(option.href, "_blank");
  if (option.hasAttribute("data-panel")) return void openPanel(option.href);
  if (option.dataset.click) return void document.querySelector(option.dataset.click)?.click();
  location.assign(option.href);
}

export function openPalette() {
  if (!dialog() || dialog().open) return;
  input().value = "";
  dialog().showModal();
  input().focus();
  search();
}

export function start() {
  if (!dialog()) return;
  on("click", "[data-palette]", openPalette);
  input().addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  });
  input().addEventListener("keydown", (event) => {
    const all = options();
    const index = all.indexOf(selected());
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) select(all[(index + step + all.length) % all.length]);
    else if (event.key === "Enter") go(selected(), event);
    else return;
    event.preventDefault();
  });
  on("click", '#palette-list [role="option"]', (event, option) => {
    event.preventDefault();
    go(option, event);
  });
  on("pointermove", '#palette-list [role="option"]', (_event, option) => option.getAttribute("aria-selected") === "true" || select(option));
}
