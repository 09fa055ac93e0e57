// Forms: nothing typed is lost by an accident; a second press does not send twice; select-all boxes; submit on change.
import { $, $$, on } from "./dom.js";

const guarded = "form[data-guard]";

function dirty(form, value) {
  form.toggleAttribute("data-dirty", value);
  if (!value) document.dispatchEvent(new CustomEvent("k:idle"));
}

function count(scope) {
  const boxes = $$('[data-row] .k-check input[type="checkbox"], .k-check input[name="ids"]', scope);
  const ticked = boxes.filter((box) => box.checked);
  const all = $("[data-check-all]", scope);
  if (all) {
    all.checked = boxes.length > 0 && ticked.length === boxes.length;
    all.indeterminate = ticked.length > 0 && ticked.length < boxes.length;
  }
  const bar = $("[data-bulk]", scope);
  if (bar) {
    bar.hidden = ticked.length === 0;
    for (const place of $$("[data-bulk-count]", bar)) place.textContent = String(ticked.length);
  }
}

export function start() {
  on("input", guarded, (_event, form) => dirty(form, true));
  on("submit", guarded, (_event, form) => dirty(form, false));
  on("reset", guarded, (_event, form) => dirty(form, false));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.(guarded);
    if (form && event.detail.successful) dirty(form, false);
  });
  addEventListener("beforeunload", (event) => {
    if ($(`${guarded}[data-dirty]`)) event.preventDefault();
  });
  on("submit", "form:not([hx-post], [hx-get], [method=get])", (event, form) => {
    if (form.dataset.sent) return event.preventDefault();
    if (event.defaultPrevented || form.target) return;
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  on("change", "[data-check-all]", (_event, all) => {
    const scope = all.closest("[data-selectable]");
    for (const box of $$('[data-row] .k-check input[type="checkbox"]', scope)) box.checked = all.checked;
    count(scope);
  });
  let last = null;
  on("click", '[data-selectable] [data-row] .k-check input[type="checkbox"]', (event, box) => {
    const scope = box.closest("[data-selectable]");
    const boxes = $$('[data-row] .k-check input[type="checkbox"]', scope);
    if (event.shiftKey && last?.isConnected) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    count(scope);
  });
  on("click", "[data-check-none]", (_event, button) => {
    const scope = button.closest("[data-selectable]");
    for (const box of $$('.k-check input[type="checkbox"]', scope)) box.checked = false;
    count(scope);
  });
  document.addEventListener("htmx:afterSettle", () => $$("[data-selectable]").forEach(count));
  // Back after a failed save shows the first wrong field.
  $('[aria-invalid="true"]')?.focus();
}
