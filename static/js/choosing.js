// Choosing orders over pages. The choice belongs to a list (its address without page and order) and outlives paging,
// sorting and refreshing; another filter is another choice. Either some ids, or all that the filter finds but a few.
import { $, $$, on } from "./dom.js";
import { openDialog } from "./app.js";

const PASSING = ["after", "before", "sort", "panel", "n"]; // what does not make another list
const screen = () => $("#orders-screen");
let key = "";
let choice = empty();
let last = null; // the box that was ticked last: a range begins there

function empty() {
  return { all: false, ids: new Set(), except: new Set() };
}

const queryOf = (url) => {
  const params = new URL(url, location.href).searchParams;
  for (const name of PASSING) params.delete(name);
  return params;
};
/** The filter as the server reads it: with the sort, which may leave orders out. */
const filter = () => {
  const params = new URL(screen().dataset.liveUrl, location.href).searchParams;
  for (const name of ["after", "before", "panel"]) params.delete(name);
  return params.toString();
};

function load() {
  const query = queryOf(screen().dataset.liveUrl);
  query.sort();
  const wanted = `kram-chosen:${location.pathname}?${query}`;
  if (wanted === key) return;
  key = wanted;
  last = null;
  try {
    const kept = JSON.parse(sessionStorage.getItem(key)) || {};
    choice = { all: Boolean(kept.all), ids: new Set(kept.ids), except: new Set(kept.except) };
  } catch {
    choice = empty();
  }
}

function save() {
  const kept = { all: choice.all, ids: [...choice.ids], except: [...choice.except] };
  if (count()) sessionStorage.setItem(key, JSON.stringify(kept));
  else sessionStorage.removeItem(key);
}

const boxes = () => $$('input[name="orders"]', screen());
const isChosen = (id) => (choice.all ? !choice.except.has(id) : choice.ids.has(id));

function count() {
  if (!choice.all) return choice.ids.size;
  return Math.max(0, Number(screen().dataset.total) - choice.except.size);
}

function put(id, on) {
  const set = choice.all ? choice.except : choice.ids;
  if (on !== choice.all) set.add(id);
  else set.delete(id);
}

function show() {
  if (!screen()) return;
  load();
  const all = boxes();
  for (const box of all) box.checked = isChosen(box.value);
  const ticked = all.filter((box) => box.checked).length;
  const page = $("[data-choose-page]", screen());
  if (page) {
    page.checked = all.length > 0 && ticked === all.length;
    page.indeterminate = ticked > 0 && ticked < all.length;
  }
  const bar = $("[data-bulk]", screen());
  if (!bar) return;
  bar.hidden = count() === 0;
  const number = count().toLocaleString(document.documentElement.lang);
  const over = choice.all && screen().dataset.totalOver === "1" ? "+" : "";
  for (const place of $$("[data-chosen-count]", bar)) place.textContent = number + over;
  const more = $("[data-choose-all]", bar);
  if (more) more.hidden = choice.all || !page?.checked;
}

function changed() {
  save();
  show();
}

function clear() {
  choice = empty();
  changed();
}

on("change", "[data-choose-page]", (_event, page) => {
  for (const box of boxes()) put(box.value, page.checked);
  changed();
});
on("click", '#orders-screen input[name="orders"]', (event, box) => {
  const all = boxes();
  const from = last === null ? -1 : all.findIndex((other) => other.value === last);
  const to = all.indexOf(box);
  const range = event.shiftKey && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  const ticked = box.checked;
  for (const each of range) put(each.value, ticked);
  last = box.value;
  changed();
});
on("click", "[data-choose-all]", () => {
  choice = { ...empty(), all: true };
  changed();
});
on("click", "[data-choose-none]", clear);

// --- What is sent of it ----------------------------------------------------------------------------------------

function asked() {
  if (choice.all) return { all: "1", query: filter(), except: [...choice.except].join(",") };
  return { ids: [...choice.ids].join(",") };
}

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, verb, formData } = event.detail;
  if (verb === "get" || !elt.closest?.("[data-bulk]")) return;
  formData.delete("orders");
  for (const [name, value] of Object.entries(asked())) if (value) formData.set(name, value);
});

const PRINTED = 301; // one more than the server prints at once: it says so
on("click", "[data-print]", (_event, button) => {
  const url = new URL(button.dataset.print, location.href);
  if (choice.all) for (const [name, value] of new URLSearchParams(filter())) url.searchParams.append(name, value);
  const { query, ...rest } = asked();
  if (rest.ids) rest.ids = [...choice.ids].slice(0, PRINTED).join(",");
  for (const [name, value] of Object.entries(rest)) if (value) url.searchParams.set(name, value);
  window.open(url, "_blank", "noopener");
});

// --- The preview, the run ----------------------------------------------------------------------------------------

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "bulk-preview-body") return;
  for (const menu of $$("[popover]:popover-open", screen())) menu.hidePopover();
  openDialog("bulk-preview");
  $("[type=submit]", event.detail.target)?.focus();
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.elt.closest?.("[data-bulk-run]") || !event.detail.successful) return;
  $("#bulk-preview[open]")?.close();
  if (event.detail.xhr.status === 204) return;
  clear();
  $("#orders-job")?.scrollIntoView({ block: "nearest" });
});
// Whose value is given is the field that is meant: typing must not change the one ticked before.
on("input", ".o-bulk-fields [name^=value_]", (_event, control) => {
  const names = control.closest(".o-bulk-fields").querySelectorAll("[name=field]");
  for (const radio of names) if (control.name === `value_${radio.value}`) radio.checked = true;
});
on("click", "[data-job-close]", (_event, button) => button.closest("#bulk-job").remove());

document.addEventListener("htmx:afterSettle", show);
document.addEventListener("htmx:historyRestore", show);
show();
