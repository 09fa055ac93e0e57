// The board: drag a card to another column, and it moves; refused, it springs back and says why on the card.
import Sortable from "../vendor/sortable.esm.js";
import { $, $$, on } from "./dom.js";
import { announce, openPanel, refreshAll } from "./app.js";
import { step } from "./order-lists.js";

const screen = () => $("#orders-screen");
const lists = new Map(); // list element -> Sortable

function allowed(card) {
  const board = card.closest("[data-board]");
  return new Set((JSON.parse(board.dataset.moves)[card.dataset.stage] || []).map(String));
}

function start(event) {
  screen().dataset.busy = "drag";
  const targets = allowed(event.item);
  for (const column of $$("[data-status]", screen())) column.classList.toggle("o-closed", !targets.has(column.dataset.stage));
  document.body.classList.add("o-dragging");
}

function over(column) {
  for (const other of $$(".is-over", screen())) if (other !== column) other.classList.remove("is-over");
  column?.classList.add("is-over");
}

async function drop(event) {
  document.body.classList.remove("o-dragging");
  over(null);
  const { item: card, from, to, oldDraggableIndex: index } = event;
  const back = () => from.insertBefore(card, $$(":scope > [data-row]", from).filter((other) => other !== card)[index] || null);
  try {
    if (from === to) return;
    const target = to.closest("[data-status]");
    if (!allowed(card).has(target.dataset.stage)) {
      back();
      return explain(card, { text: $("#orders-screen").dataset.noWay, card: $("a[data-panel]", card).href });
    }
    count(from, -1);
    count(to, 1);
    card.classList.add("o-moving");
    const answer = await step(card.dataset.step, { status: target.dataset.status, version: card.dataset.version });
    card.classList.remove("o-moving");
    if (answer.ok) {
      card.dataset.stage = target.dataset.stage;
      card.dataset.version = answer.version;
      return;
    }
    count(from, 1);
    count(to, -1);
    back();
    if (answer.ask) openPanel(answer.ask, $("a[data-panel]", card));
    else explain(card, answer);
  } finally {
    for (const column of $$(".o-closed", screen())) column.classList.remove("o-closed");
    delete screen().dataset.busy;
    refreshAll();
  }
}

/** The figure in a column's head follows the card at once; the refresh makes it exact. */
function count(list, step) {
  const place = $(".k-board__count", list.closest("[data-status]"));
  if (place && /^\d+$/.test(place.textContent)) place.textContent = String(Number(place.textContent) + step);
}

function explain(card, { text, card: href }) {
  card.closest("[data-status]").classList.add("is-refused");
  setTimeout(() => card.closest("[data-status]")?.classList.remove("is-refused"), 1600);
  const note = $("#o-why").content.firstElementChild.cloneNode(true);
  $("[data-text]", note).textContent = text;
  $("a", note).href = href;
  $(".o-why", card)?.remove();
  card.append(note);
  whys.set(card.id, note);
  announceText(text);
  card.scrollIntoView({ block: "nearest" });
}

const announceText = (text) => {
  const region = $("#o-said");
  if (region) region.textContent = text;
};

// A refresh draws the cards anew: what was said about one stays until it is closed or the card moves.
const whys = new Map();
function keepWhys() {
  for (const [id, note] of whys) {
    const card = document.getElementById(id);
    if (!card) whys.delete(id);
    else if (!card.contains(note)) card.append(note);
  }
}

function wire() {
  for (const [element, sortable] of lists) {
    if (element.isConnected) continue;
    sortable.destroy();
    lists.delete(element);
  }
  if (!$("[data-board][data-drag]")) return;
  for (const list of $$("[data-list]", screen())) {
    if (lists.has(list)) continue;
    lists.set(
      list,
      new Sortable(list, {
        group: "orders",
        sort: false,
        draggable: "[data-row]",
        filter: "button, input, .o-why",
        preventOnFilter: false,
        animation: 140,
        delay: 220,
        delayOnTouchOnly: true,
        touchStartThreshold: 5,
        forceFallback: false,
        dragClass: "sortable-drag",
        ghostClass: "sortable-ghost",
        onStart: start,
        onMove: (event) => over(event.to.closest("[data-status]")),
        onEnd: drop,
      }),
    );
  }
}

// More cards of a column are kept over refreshes: the address that the board fetches itself by tells how many.
function remember() {
  const element = screen();
  const url = new URL(element.dataset.liveUrl, location.href);
  url.searchParams.delete("n");
  for (const list of $$("[data-list]", element)) {
    const cards = $$(":scope > [data-row]", list).length;
    if (cards > 30) url.searchParams.append("n", `${list.closest("[data-status]").dataset.status}:${cards}`);
  }
  element.dataset.liveUrl = url.pathname + url.search;
}

on("click", "[data-why-close]", (_event, button) => {
  const card = button.closest("[data-row]");
  whys.delete(card.id);
  button.closest(".o-why").remove();
  $("a[data-panel]", card)?.focus();
});
document.addEventListener("htmx:afterSettle", () => {
  wire();
  keepWhys();
  if (screen()) remember();
});
wire();
