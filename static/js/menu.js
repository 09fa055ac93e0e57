// Menus (popover attribute) placed under their button, dialogs, the drawer and the rail.
import { $, $$, on } from "./dom.js";

const GAP = 6;

function place(menu) {
  const button = menu.kAnchor || $(`[popovertarget="${menu.id}"]`);
  if (!button || !menu.matches(":popover-open")) return;
  const at = button.getBoundingClientRect();
  const box = menu.getBoundingClientRect();
  const right = at.left + box.width > innerWidth - 8;
  const below = at.bottom + GAP + box.height <= innerHeight - 8 || at.top < box.height + GAP;
  menu.style.left = `${Math.max(8, right ? at.right - box.width : at.left)}px`;
  menu.style.top = `${Math.max(8, below ? at.bottom + GAP : at.top - GAP - box.height)}px`;
}

function toggled(event) {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".k-menu[popover]")) return;
  const open = event.newState === "open";
  const buttons = $$(`[popovertarget="${menu.id}"]`);
  for (const button of buttons) button.setAttribute("aria-expanded", String(open));
  if (!open) return;
  place(menu);
  menu.dispatchEvent(new CustomEvent("k:open", { bubbles: true }));
  if (menu.getAttribute("role") === "menu") items(menu)[0]?.focus({ preventScroll: true });
}

const items = (menu) => $$('[role^="menuitem"]:not([disabled])', menu);

function arrows(event, menu) {
  const list = items(menu);
  const index = list.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) list[(index + step + list.length) % list.length]?.focus();
  else if (event.key === "Home") list[0]?.focus();
  else if (event.key === "End") list.at(-1)?.focus();
  else if (event.key === "Tab") return menu.hidePopover();
  else return;
  event.preventDefault();
}

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
  return dialog;
}

let drawnBy = null;

function drawer(open, button = null) {
  const side = $("#side");
  if (!open && side?.contains(document.activeElement)) drawnBy?.focus();
  drawnBy = button;
  side?.toggleAttribute("data-open", open);
  const scrim = $("#scrim");
  if (scrim) scrim.hidden = !open;
  if (open) side?.querySelector("a, button")?.focus();
}

function rail() {
  const root = document.documentElement;
  const next = root.dataset.side === "rail" ? "wide" : "rail";
  root.dataset.side = next;
  document.cookie = `kram_side=${next};path=/;max-age=31536000;samesite=lax`;
}

export function start() {
  document.addEventListener("beforetoggle", (event) => {
    // Opened through popovertarget: remember which of several buttons it was.
    if (event.newState === "open" && event.target.matches?.(".k-menu")) {
      const button = document.activeElement?.closest?.(`[popovertarget="${event.target.id}"]`);
      event.target.kAnchor = button || null;
    }
  }, true);
  document.addEventListener("toggle", toggled, true);
  addEventListener("resize", () => $$(".k-menu:popover-open").forEach(place));
  document.addEventListener("htmx:afterSettle", () => $$(".k-menu:popover-open").forEach(place));
  on("keydown", '.k-menu[role="menu"]', arrows);
  on("click", ".k-menu a, .k-menu [data-close]", (_event, item) => item.closest("[popover]")?.hidePopover());
  on("click", "[data-dialog]", (_event, button) => openDialog(button.dataset.dialog));
  on("click", "[data-dialog-close]", (_event, button) => button.closest("dialog").close());
  on("click", "dialog", (event, dialog) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) dialog.close();
  });
  on("click", "[data-drawer]", (_event, button) => drawer(true, button));
  on("click", "#scrim", () => drawer(false));
  on("click", "[data-rail]", rail);
  document.addEventListener("keydown", (event) => {
    // A menu of the drawer goes first.
    if (event.key === "Escape" && $("#side[data-open]") && !$(".k-menu:popover-open")) drawer(false);
  });
}
