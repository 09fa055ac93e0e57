// A form with rows that are added and removed: the blank row is a <template> with __n__ for its number.
import { $, $$, on } from "./dom.js";

function renumber(root, number) {
  for (const element of $$("*", root)) {
    for (const name of ["name", "id", "for", "value", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value?.includes("__n__")) element.setAttribute(name, value.replaceAll("__n__", number));
    }
  }
}

on("click", "[data-rows-add]", (_event, button) => {
  const form = button.closest("[data-rows-form]");
  const list = $("[data-rows-list]", form);
  const used = $$('input[name="rows"]', list).map((input) => Number(input.value));
  const row = $("template[data-rows-blank]", form).content.firstElementChild.cloneNode(true);
  renumber(row, String(Math.max(-1, ...used) + 1));
  list.append(row);
  $("input:not([type=hidden])", row)?.focus();
});
on("click", "[data-rows-remove]", (_event, button) => {
  const list = button.closest("[data-rows-list]");
  if ($$("[data-rows-row]", list).length > 1) button.closest("[data-rows-row]").remove();
});
