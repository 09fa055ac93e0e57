// The fields of a delivery: only those that the method needs, and addresses used before at one press.
import { $, $$, on } from "./dom.js";

const BRANCH = new Set(["np_branch", "np_locker", "meest", "ukrposhta"]);
const STREET = new Set(["np_courier", "courier", "ukrposhta", "meest"]);

function fit(fields) {
  const method = $('[name$="delivery_method"]', fields)?.value || "";
  for (const [selector, methods] of [[".k-when-branch", BRANCH], [".k-when-street", STREET]]) {
    for (const field of $$(selector, fields)) {
      const filled = Boolean($("input", field)?.value);
      field.hidden = !(method === "" || methods.has(method) || filled);
    }
  }
  const city = $('[name$="delivery_city"]', fields)?.closest(".k-field");
  if (city) city.hidden = method === "pickup" && !$("input", city).value;
}

const fitAll = () => $$("[data-method-fields]").forEach(fit);

function use(chip) {
  const form = chip.closest("form");
  for (const [name, value] of [["method", "method"], ["city", "city"], ["branch", "branch"], ["street", "street"]]) {
    const input = $(`[name$="delivery_${name}"]`, form);
    if (input) input.value = chip.dataset[value] || "";
  }
  const fields = $("[data-method-fields]", form);
  fit(fields);
  $('[name$="delivery_method"]', form).dispatchEvent(new Event("input", { bubbles: true }));
}

export function start() {
  on("change", "[data-method-fields] select", (_event, select) => fit(select.closest("[data-method-fields]")));
  on("click", "[data-address]", (_event, chip) => use(chip));
  document.addEventListener("htmx:afterSettle", fitAll);
  document.addEventListener("k:fit", fitAll);
  fitAll();
}
