// Copies the value of a field: `<button data-copy="#field" data-copied="Copied">`.
import { $, on } from "./dom.js";

on("click", "[data-copy]", async (_event, button) => {
  const field = $(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return; // the text is selected: the reader can copy it by hand
  }
  const label = button.querySelector("span") || button;
  const before = label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = before), 2000);
});
