// Fast entry of a stock document: scan or type, Enter adds a line, the same goods again add one more.
import { $, $$, on } from "./dom.js";

const WAIT_MS = 120;
const form = $("form[data-paper]");
const scan = $("[data-scan]", form);
const list = $("#scan-list", form);
const rows = $("[data-paper-rows]", form);
const table = $("[data-paper-table]", form);
const state = $("[data-scan-state]", form);
const counting = form.dataset.kind === "correction";
const digits = new Intl.NumberFormat(document.documentElement.lang || "uk");
let timer = 0;
let turn = 0;
let serial = Math.max(-1, ...$$('input[name="rows"]', rows).map((input) => Number(input.value))) + 1;

const options = () => $$('[role="option"]', list);
const selected = () => $('[role="option"][aria-selected="true"]', list);
const quantityOf = (row) => $("[data-line-quantity]", row);
const numberOf = (input) => (/^\s*\d+\s*$/.test(input.value) ? Number(input.value) : null);

function select(option) {
  for (const item of options()) item.setAttribute("aria-selected", String(item === option));
  if (option) {
    scan.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else scan.removeAttribute("aria-activedescendant");
}

function show(open) {
  list.hidden = !open;
  scan.setAttribute("aria-expanded", String(open));
}

function say(text, bad = false) {
  state.textContent = text;
  state.classList.toggle("k-down", bad);
}

/** Ask the server; resolves to false when a later question has overtaken this one. */
async function search() {
  const mine = ++turn;
  const query = scan.value.trim();
  if (!query) {
    show(false);
    return false;
  }
  const place = $('[name="warehouse"]', form).value;
  const url = `${form.dataset.lookup}?${new URLSearchParams({ q: query, warehouse: place })}`;
  const response = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  if (mine !== turn || !response?.ok) return false;
  list.innerHTML = await response.text();
  list.dataset.query = query;
  show(true);
  select(options()[0]);
  return true;
}

async function take() {
  clearTimeout(timer);
  const query = scan.value.trim();
  if (!query) return;
  if (list.dataset.query !== query && !(await search())) return;
  const exact = options().filter((option) => option.hasAttribute("data-exact"));
  const option = exact.length === 1 && !list.dataset.moved ? exact[0] : selected();
  if (option) add(option.dataset);
  else {
    say(`${$("template[data-text-unknown]", form).content.textContent} ${query}`, true);
    scan.select();
  }
}

function add(goods) {
  const known = $(`[data-line][data-variant="${goods.variant}"]`, rows);
  if (known) {
    const input = quantityOf(known);
    input.value = String((numberOf(input) || 0) + 1);
    flash(known);
  } else rows.append(build(goods));
  scan.value = "";
  list.replaceChildren();
  delete list.dataset.query;
  delete list.dataset.moved;
  show(false);
  say(`${$("template[data-text-added]", form).content.textContent} ${goods.sku}`);
  form.dispatchEvent(new Event("input", { bubbles: true }));
  scan.focus();
  sum();
}

function build(goods) {
  const row = $("template[data-paper-blank]", form).content.querySelector("[data-line]").cloneNode(true);
  const number = String(serial++);
  for (const element of $$("[name], [id], [value]", row)) {
    for (const name of ["name", "id", "value", "aria-describedby"]) {
      if (element.getAttribute(name)?.includes("__n__")) element.setAttribute(name, element.getAttribute(name).replace("__n__", number));
    }
  }
  row.dataset.variant = goods.variant;
  $(`[name="l${number}-variant"]`, row).value = goods.variant;
  const seen = $(`[name="l${number}-seen"]`, row);
  if (seen) seen.value = goods.onHand;
  quantityOf(row).value = "1";
  $("[data-line-title]", row).textContent = goods.title;
  $("[data-line-sku]", row).textContent = goods.sku;
  $("[data-line-here]", row).textContent = digits.format(form.dataset.kind === "write_off" ? goods.available : goods.onHand);
  if (goods.picture) {
    const picture = document.createElement("img");
    picture.className = "k-thumb k-thumb--s";
    picture.src = goods.picture;
    picture.alt = "";
    $("[data-line-picture]", row).replaceChildren(picture);
  }
  flash(row);
  return row;
}

function flash(row) {
  row.classList.remove("is-fresh");
  requestAnimationFrame(() => row.classList.add("is-fresh"));
}

function sum() {
  const lines = $$("[data-line]", rows);
  table.hidden = lines.length === 0;
  let units = 0;
  for (const row of lines) {
    const quantity = numberOf(quantityOf(row));
    units += quantity || 0;
    if (!counting) continue;
    const cell = $("[data-line-difference]", row);
    const seen = $('[name$="-seen"]', row).value;
    const difference = quantity === null || seen === "" ? null : quantity - Number(seen);
    cell.textContent = difference === null ? "" : difference ? new Intl.NumberFormat(document.documentElement.lang || "uk", { signDisplay: "always" }).format(difference) : "0";
    cell.classList.toggle("k-up", difference > 0);
    cell.classList.toggle("k-down", difference < 0);
  }
  $("[data-paper-lines]", form).textContent = digits.format(lines.length);
  $("[data-paper-units]", form).textContent = digits.format(units);
}

scan.addEventListener("input", () => {
  clearTimeout(timer);
  delete list.dataset.moved;
  say("");
  timer = setTimeout(search, WAIT_MS);
});
scan.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  const all = options();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && all.length && !list.hidden) {
    list.dataset.moved = "1";
    select(all[(all.indexOf(selected()) + step + all.length) % all.length]);
  } else if (event.key === "Enter") take();
  else if (event.key === "Escape" && !list.hidden) show(false);
  else return;
  event.preventDefault();
});
// A press on an option must not take the focus from the field.
list.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const option = event.target.closest('[role="option"]');
  if (option) add(option.dataset);
});
scan.addEventListener("blur", () => setTimeout(() => show(false), 100));
on("input", "[data-line-quantity]", sum);
on("click", "[data-line-remove]", (_event, button) => {
  button.closest("[data-line]").remove();
  form.dispatchEvent(new Event("input", { bubbles: true }));
  scan.focus();
  sum();
});
// Enter in a line goes back to the scan field; only Ctrl+Enter or the button writes the document.
rows.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  scan.focus();
});
// What the books say depends on the warehouse: the lines come back with the figures of the chosen one.
$('[name="warehouse"]', form).addEventListener("change", () => {
  if (!$("[data-line]", rows)) return;
  const refresh = document.createElement("input");
  Object.assign(refresh, { type: "hidden", name: "refresh", value: "1" });
  form.append(refresh);
  form.requestSubmit();
});
sum();
