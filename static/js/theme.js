// Light, dark or as the system has it: remembered in a cookie, and for the person.
import { $$, on, post } from "./dom.js";

export function start() {
  on("click", "[data-set-theme]", (_event, button) => {
    const root = document.documentElement;
    const choice = button.dataset.setTheme;
    root.dataset.theme = choice;
    root.dispatchEvent(new CustomEvent("k:theme"));
    for (const item of $$("[data-set-theme]")) item.setAttribute("aria-checked", String(item === button));
    document.cookie = `kram_theme=${choice};path=/;max-age=31536000;samesite=lax`;
    post(button.dataset.url, { theme: choice }).catch(() => {});
  });
}
