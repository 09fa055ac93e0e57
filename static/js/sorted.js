// Lists of settings that are put in order by dragging; the arrows beside each row do the same by keyboard.
import Sortable from "../vendor/sortable.esm.js";
import { $$ } from "./dom.js";
import { htmx } from "./app.js";

function wire() {
  for (const list of $$("[data-sorted]")) {
    if (Sortable.get(list)) continue;
    Sortable.create(list, {
      draggable: "[data-id]",
      handle: "[data-grip]",
      animation: 140,
      ghostClass: "sortable-ghost",
      onUpdate: () => {
        const ids = $$(":scope > [data-id]", list).map((row) => row.dataset.id);
        htmx.ajax("POST", list.dataset.sorted, { target: list.dataset.sortedTarget, swap: "outerHTML", values: { ids } });
      },
    });
  }
}

document.addEventListener("htmx:afterSettle", wire);
wire();
