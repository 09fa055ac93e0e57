// Signed out in the middle of something: what was typed stays where it is, and can be sent once its writer is back.
// A page asks whether it is still signed in before it sends a form that was open for a while; htmx is answered 401.
import { $, $$, text } from "./dom.js";
import { openDialog } from "./menu.js";
import { toast } from "./toasts.js";

const BELIEVED_MS = 60000; // Date, not performance: a laptop may have slept
let seen = Date.now();

const dialog = () => $("#k-session");

/** Whether the person of this page is signed in; forms get the token of the session that is now. */
async function look() {
  const response = await fetch(document.body.dataset.session, { credentials: "same-origin" }).catch(() => null);
  seen = Date.now();
  if (!response?.ok) return "unknown";
  const { who, csrf } = await response.json();
  if (who !== document.body.dataset.who) return "out";
  document.body.dataset.csrf = csrf;
  for (const field of $$("input[name=csrfmiddlewaretoken]")) field.value = csrf;
  return "in";
}

function ask() {
  const link = $("a[href]", dialog());
  link.search = new URLSearchParams({ next: location.pathname + location.search });
  openDialog("k-session");
  link.focus();
}

async function lookAgain() {
  if (document.hidden || !dialog().open || (await look()) !== "in" || !dialog().open) return;
  dialog().close();
  toast({ text: text("session-back"), level: "info" });
}

/** Something typed that only this page knows. */
const typed = () => $$("main :is(input, textarea), #panel :is(input, textarea)").some((field) => field.form?.method === "post" && field.type !== "hidden" && field.value !== field.defaultValue);

async function check(form, submitter) {
  if ((await look()) === "out") ask();
  else form.requestSubmit(submitter?.isConnected ? submitter : null);
}

export function start() {
  if (!document.body.dataset.session) return;
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.method !== "post" || form.target || form.matches("[hx-post]") || Date.now() - seen < BELIEVED_MS) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      check(form, event.submitter);
    },
    true,
  );
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (xhr.status !== 401 || (requestConfig.verb === "get" && !typed())) return;
    event.preventDefault(); // or it would go to the page that asks to sign in, and leave what was typed
    ask();
  });
  document.addEventListener("visibilitychange", lookAgain);
  addEventListener("focus", lookAgain);
}
