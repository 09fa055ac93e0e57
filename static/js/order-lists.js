// What the table and the board of orders share: menus fetched for a row, moves by one press, the cursor that stays
// where it is when the list refreshes itself.
import { $, on, post, text } from "./dom.js";
import { announce, htmx, refreshAll, toast } from "./app.js";

/** Ask the server for a move. Answers {ok, version}, {ask} or {text, card}. */
export async function step(url, data) {
  const response = await post(url, data).catch(() => null);
  if (!response) return { text: text("offline"), card: "" };
  const trigger = response.headers.get("HX-Trigger");
  if (trigger) announce(trigger);
  if ((response.headers.get("Content-Type") || "").includes("json")) return response.json();
  return { text: text(response.status === 403 ? "forbidden" : "server-error"), card: "" };
}

// --- Menus: one of each for all rows ---------------------------------------------------------------------------

for (const id of ["step-menu", "assign-menu"]) {
  const menu = document.getElementById(id);
  menu?.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return menu.replaceChildren();
    const url = menu.kAnchor?.dataset.menu;
    if (!url) return;
    htmx.ajax("GET", url, { target: menu, swap: "innerHTML" }).then(() => $('[role^="menuitem"]', menu)?.focus({ preventScroll: true }));
  });
}

on("click", "[data-step]:is(button)", async (_event, button) => {
  const { step: url, status, version, manager } = button.dataset;
  const answer = await step(url, status ? { status, version } : { manager });
  if (answer.ok) return refreshAll();
  if (answer.text) toast({ text: answer.text, level: "warning" });
  refreshAll();
});

// `s` on the row under the cursor opens its statuses, `m` its managers.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || $("dialog[open], .k-menu:popover-open")) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select")) return;
  const name = { KeyS: "step-menu", KeyM: "assign-menu" }[event.code];
  const button = name && $(`[data-rows] .is-cursor [popovertarget="${name}"]`);
  if (!button) return;
  event.preventDefault();
  button.focus();
  button.click();
});

// --- Rows keep the cursor and what is open over a refresh ---------------------------------------------------------

const kept = { cursor: "", open: "" };
const screen = () => $("#orders-screen");

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "orders-screen") return;
  kept.cursor = $("[data-row].is-cursor", screen())?.id || "";
  kept.open = $("[data-row].is-open", screen())?.id || "";
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "orders-screen" && event.target?.id !== "orders-screen") return;
  for (const [id, name] of [[kept.cursor, "is-cursor"], [kept.open, "is-open"]]) if (id) document.getElementById(id)?.classList.add(name);
});

// --- Own columns: rows that fit don't scroll in a place of their own ------------------------------------------------

function measure() {
  const wrap = $(".o-wrap", screen());
  const rows = wrap && $(".o-table", wrap);
  // A table of fixed columns is as wide as they are, or as its place.
  wrap?.classList.toggle("is-whole", rows.offsetWidth <= wrap.offsetWidth);
}
if (screen()) {
  new ResizeObserver(measure).observe(screen().parentElement);
  document.addEventListener("htmx:afterSwap", measure);
}

// --- Filters ----------------------------------------------------------------------------------------------------

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get" || !event.detail.elt.matches?.(".o-search, #orders-filters form")) return;
  // Empty fields would only lengthen the address.
  for (const [name, value] of [...event.detail.formData.entries()]) if (value === "") event.detail.formData.delete(name);
});
on("submit", "#orders-filters form", (_event, form) => form.closest("[popover]").hidePopover());
on("click", "[data-clear]", () => {
  const box = $("#orders-q");
  if (box) box.value = "";
});
