// Choosing events: a group's box checks all of it and shows when some are chosen.
import { $, $$, on } from "./dom.js";

function showGroup(group) {
  const boxes = $$("input[name=events]", group);
  const chosen = boxes.filter((box) => box.checked).length;
  const all = $("[data-check-all]", group);
  all.checked = chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
  $("[data-count]", group).textContent = `${chosen}/${boxes.length}`;
}

on("change", "[data-check-all]", (_event, all) => {
  const group = all.closest("[data-group]");
  for (const box of $$("input[name=events]", group)) box.checked = all.checked;
  showGroup(group);
});
on("change", "[data-every] input[name=events]", (_event, box) => {
  showGroup(box.closest("[data-group]"));
});

const events = $("[data-every]");
if (events) {
  const every = $(events.dataset.every);
  const show = () => {
    events.classList.toggle("is-off", every.checked);
    for (const group of $$("[data-group]", events)) group.disabled = every.checked;
  };
  every.addEventListener("change", show);
  show();
  $$("[data-group]", events).forEach(showGroup);
}
