// Passwords: shown when asked, and how strong a new one is. The server decides whether it will do.
import { $, on, text } from "./dom.js";

const LEVELS = ["weak", "fair", "good", "strong"];

/** Roughly how many bits somebody has to guess: what repeats or follows in order counts for little. */
function bits(value) {
  const pool = [[/[a-z]/, 26], [/[A-Z]/, 26], [/\d/, 10], [/[^a-zA-Z\d]/, 33]].reduce((sum, [kind, size]) => sum + (kind.test(value) ? size : 0), 0);
  const codes = [...value].map((letter) => letter.codePointAt(0));
  const told = codes.filter((code, place) => place === 0 || Math.abs(code - codes[place - 1]) > 1).length;
  const varied = Math.min(told, new Set(codes).size * 2);
  return varied * Math.log2(pool || 1);
}

export function strength(value) {
  if (value.length < 12) return 0;
  return 1 + [55, 75].filter((enough) => bits(value) >= enough).length;
}

export function start() {
  on("click", "[data-reveal]", (_event, button) => {
    const input = document.getElementById(button.dataset.reveal);
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });
  // Sent hidden, or the browser would remember it among ordinary words.
  on("submit", "form", (_event, form) => {
    for (const button of form.querySelectorAll('[data-reveal][aria-pressed="true"]')) button.click();
  }, true);
  on("input", "input[data-strength]", (_event, input) => {
    const meter = $(`#${input.dataset.strength}`);
    const level = strength(input.value);
    meter.hidden = !input.value;
    $("meter", meter).value = level + 1;
    $("span", meter).textContent = text(`strength-${LEVELS[level]}`);
  });
}
