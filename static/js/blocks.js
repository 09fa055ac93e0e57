// A page made of blocks, each edited in its own place (the card of an order). When something changes, the whole
// is fetched once and every block is brought up to date by itself, except those that somebody is typing in.
import { $, $$, isTyping, on } from "./dom.js";

const running = new WeakMap(); // root -> "running" | "again"

function busy(block) {
  const active = document.activeElement;
  return (
    block.matches("[data-editing]") ||
    $("[data-editing], [data-dirty], .k-menu:popover-open", block) !== null ||
    (block.contains(active) && (isTyping(active) || active.matches("select")))
  );
}

function warn(block) {
  block.dataset.stale = "1";
  for (const note of $$("[data-stale-note]", block)) note.hidden = false;
}

async function update(root) {
  if (!root.isConnected) return;
  if (running.has(root)) return void running.set(root, "again");
  running.set(root, "running");
  try {
    const response = await fetch(root.dataset.liveUrl, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (response.ok) merge(root, await response.text());
  } catch {
    /* the stream comes again and asks for it anew */
  } finally {
    const again = running.get(root) === "again";
    running.delete(root);
    if (again) update(root);
  }
}

function merge(root, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const next of $$("[data-block]", fresh)) {
    const block = document.getElementById(next.id);
    if (!block || !root.contains(block)) continue;
    if (busy(block)) {
      if (!block.isEqualNode(next)) warn(block);
      continue;
    }
    if (block.isEqualNode(next)) continue;
    window.Idiomorph.morph(block, document.adoptNode(next), { morphStyle: "outerHTML", ignoreActiveValue: true });
    window.htmx.process(document.getElementById(next.id));
  }
}

const updateAll = () => $$("[data-blocks]").forEach(update);

export function start() {
  on("k:live", "[data-blocks]", (event, root) => {
    if (event.target !== root) return;
    event.preventDefault();
    update(root);
  });
  document.body.addEventListener("blocks:changed", () => setTimeout(updateAll, 0));
  for (const type of ["k:idle", "focusout"]) {
    document.addEventListener(type, () =>
      setTimeout(() => $$("[data-stale]").some((block) => !busy(block) && (delete block.dataset.stale, true)) && updateAll(), 200),
    );
  }
  // Escape leaves the form that the cursor is in, unless something was typed there.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const block = event.target.closest?.("[data-editing]");
    const cancel = block && $("[data-cancel]", block);
    if (!cancel || $("[data-dirty]", block)) return;
    event.preventDefault();
    cancel.click();
  }, true);
}
