// Lists that people put in order: the columns of the table, the saved views. Dragged by the handle, or moved by the
// arrow buttons; the focus stays on the button that was pressed.
import Sortable from "../vendor/sortable.esm.js";
import { $, $$, on, post } from "./dom.js";
import { refreshAll } from "./app.js";

function sortable(list, done) {
  if (list.dataset.sorted) return;
  list.dataset.sorted = "1";
  new Sortable(list, { handle: ".o-columns__grip", animation: 120, onEnd: () => done(list) });
}

async function keep(list) {
  const ids = $$("[data-arranged]", list).map((row) => row.dataset.arranged);
  await post(list.dataset.arrange, { ids: ids.join(",") }).catch(() => null);
  refreshAll();
}

function move(row, step, button) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return false;
  if (step < 0) other.before(row);
  else other.after(row);
  button.focus();
  return true;
}

for (const [name, step] of [["up", -1], ["down", 1]]) {
  on("click", `[data-column-${name}]`, (_event, button) => move(button.closest("[data-column]"), step, button));
  on("click", `[data-arrange-${name}]`, (_event, button) => {
    const row = button.closest("[data-arranged]");
    if (move(row, step, button)) keep(row.parentElement);
  });
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.matches?.("[data-columns]") && event.detail.successful) $("#columns-menu")?.hidePopover();
});

function wire() {
  for (const list of $$("[data-columns-list]")) sortable(list, () => {});
  for (const list of $$("[data-arrange]")) sortable(list, keep);
}
document.addEventListener("htmx:afterSettle", wire);
document.addEventListener("htmx:load", wire);
wire();
