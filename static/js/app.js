// Boot. Each module listens on the document, so what htmx brings in later works without being wired.
import { $, csrfToken, isTyping, text } from "./dom.js";
import { announce, start as toasts, toast } from "./toasts.js";
import { start as menus, openDialog } from "./menu.js";
import { start as panel, openPanel, reloadPanel, close as closePanel } from "./panel.js";
import { start as keys } from "./keys.js";
import { start as palette } from "./palette.js";
import { start as live, refreshAll } from "./live.js";
import { start as theme } from "./theme.js";
import { start as forms } from "./forms.js";
import { start as ago } from "./ago.js";
import { start as blocks } from "./blocks.js";
import { start as delivery } from "./delivery.js";
import { start as secret } from "./secret.js";
import { start as session } from "./session.js";

const { htmx, Idiomorph } = window;

// What is being typed stays as it is; a focused button or link is renewed like the rest.
if (Idiomorph) {
  document.addEventListener("htmx:beforeSwap", () => (Idiomorph.defaults.ignoreActiveValue = isTyping(document.activeElement)));
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});

// A form sent back with its errors (422) and a comparison after a conflict (409) are shown in place.
document.addEventListener("htmx:beforeSwap", (event) => {
  const status = event.detail.xhr.status;
  if (status === 422 || status === 409) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.getResponseHeader("HX-Trigger")?.includes('"toast"')) return; // it has said it itself
  toast({ text: messageOf(xhr), level: "error" });
});
document.addEventListener("htmx:sendError", () => toast({ text: text("offline"), level: "error" }));
document.addEventListener("htmx:timeout", () => toast({ text: text("offline"), level: "error" }));

function messageOf(xhr) {
  const type = xhr.getResponseHeader("Content-Type") || "";
  if (type.includes("json")) {
    try {
      const problem = JSON.parse(xhr.responseText);
      return problem.detail || problem.title;
    } catch {
      /* the general text below */
    }
  }
  if (type.startsWith("text/plain") && xhr.responseText.length < 300) return xhr.responseText;
  return text({ 403: "forbidden", 404: "not-found" }[xhr.status] || "server-error");
}

for (const start of [toasts, menus, panel, keys, palette, live, theme, forms, ago, blocks, delivery, secret, session]) start();
// A form that comes back wrong keeps the focus at its first fault.
if (!$('[aria-invalid="true"]')) $('[autofocus]')?.focus();

// For page modules (board, picking, editor): import from "./app.js" instead of reaching into the parts.
export { announce, closePanel, htmx, openDialog, openPanel, refreshAll, reloadPanel, text, toast };
