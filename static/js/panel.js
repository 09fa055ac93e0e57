// The side panel: `<a data-panel href="…">` opens the address over the list. The address bar shows the
// page's own address, Back closes, Esc closes, the list keeps its scroll, a middle click opens a new tab.
import { $, $$, on, isTyping, text } from "./dom.js";
import { toast } from "./toasts.js";

const panel = () => $("#panel");
const content = () => $("#panel-content");
let base = null; // where the list lives
let lately = null; // where it lived when a panel was last open in this document
let depth = 0; // entries in the history since it
let opener = null;
let turn = 0;

export const isOpen = () => panel()?.hasAttribute("data-open") ?? false;

function fragmentUrl(href) {
  const url = new URL(href, location.href);
  url.searchParams.set("panel", "1");
  return url.pathname + url.search;
}

function mark(href) {
  for (const row of $$(".is-open[data-row]")) row.classList.remove("is-open");
  if (!href) return;
  const { pathname, search } = new URL(href, location.href);
  for (const link of $$("a[data-panel]")) {
    const target = new URL(link.href);
    if (target.pathname === pathname && target.search === search) link.closest("[data-row]")?.classList.add("is-open");
  }
}

async function load(href) {
  const mine = ++turn;
  panel().setAttribute("aria-busy", "true");
  panel().dataset.url = href;
  let response = null;
  try {
    response = await fetch(fragmentUrl(href), { headers: { "HX-Request": "true", "HX-Target": "panel-content" }, credentials: "same-origin" });
  } catch {
    /* told below */
  }
  if (mine !== turn) return;
  panel().removeAttribute("aria-busy");
  if (response?.headers.get("HX-Redirect")) return location.assign(response.headers.get("HX-Redirect"));
  if (response && (response.ok || response.status === 403 || response.status === 404)) {
    window.htmx.swap(content(), await response.text(), { swapStyle: "innerHTML" });
    panel().setAttribute("data-open", "");
    mark(href);
    $("[data-panel-title]", content())?.focus({ preventScroll: true });
  } else {
    toast({ text: text(response ? "server-error" : "offline"), level: "error" });
    if (!isOpen()) close({ back: true });
  }
}

export function openPanel(href, from = null) {
  if (!panel()) return location.assign(href);
  if (!isOpen() && base === null) {
    base = lately = location.href;
    opener = from || document.activeElement;
    depth = 0;
    history.replaceState({ ...history.state, kram: "base" }, "");
  }
  depth += 1;
  history.pushState({ kram: "panel", href, depth, base }, "", href);
  return load(href);
}

/** Load again what the panel shows. */
export const reloadPanel = () => (isOpen() ? load(panel().dataset.url) : null);

function hide() {
  turn += 1;
  const element = panel();
  element.removeAttribute("data-open");
  element.removeAttribute("aria-busy");
  mark(null);
  const back = opener;
  base = opener = null;
  depth = 0;
  setTimeout(() => isOpen() || content().replaceChildren(), 200);
  if (back?.isConnected) back.focus({ preventScroll: true });
}

export function close({ back = true } = {}) {
  if (base === null) return;
  if (back && depth > 0) history.go(-depth);
  else hide();
}

export function start() {
  if (!panel()) return;
  on("click", "a[data-panel]", (event, link) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (innerWidth < 768 && link.dataset.panel === "wide") return;
    event.preventDefault();
    openPanel(link.href, link);
  });
  // The whole row opens, except where something else in it can be clicked.
  on("click", "[data-row]", (event, row) => {
    if (event.target.closest("a, button, input, select, label, textarea, summary, [popover]") || String(getSelection())) return;
    const link = $("a[data-row-link], a[data-panel]", row);
    if (!link) return;
    if (event.metaKey || event.ctrlKey) window.open(link.href, "_blank");
    else link.click();
  });
  on("auxclick", "[data-row]", (event, row) => {
    if (event.button !== 1 || event.target.closest("a, button, input")) return;
    const link = $("a[data-row-link], a[data-panel]", row);
    if (link) window.open(link.href, "_blank");
  });
  on("click", "[data-panel-close]", () => close());
  // Links that speak of the list go by what it shows now: its filters change without a whole page.
  const follow = () => {
    for (const link of $$("a[data-with-query]")) link.search = location.search;
  };
  for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) document.addEventListener(name, follow);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || base === null) return; // open, or on its way
    if (isTyping(event.target) || $("dialog[open], .k-menu:popover-open")) return;
    close();
  });
  // Before htmx's own handler: our entries are ours.
  addEventListener("popstate", (event) => {
    if (base === null) {
      if (event.state?.kram !== "panel") return;
      if (event.state.base !== lately) return location.reload();
      base = lately; // forward again, over the same list
    }
    event.stopImmediatePropagation();
    if (event.state?.kram === "panel") {
      depth = event.state.depth;
      load(event.state.href);
    } else hide();
  }, true);
  document.body.addEventListener("panel:close", () => close());
  document.body.addEventListener("panel:reload", () => reloadPanel());
}
