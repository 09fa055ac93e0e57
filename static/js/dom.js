// Small helpers that every module uses.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Listen on the document for events that come from elements matching `selector`. */
export function on(type, selector, handler, options) {
  document.addEventListener(
    type,
    (event) => {
      const element = event.target instanceof Element ? event.target.closest(selector) : null;
      if (element) handler(event, element);
    },
    options,
  );
}

export const csrfToken = () => document.body.dataset.csrf || "";

/** A word in the reader's language, given by the page. */
export const text = (name) => $("#k-texts")?.content.querySelector(`[data-text="${name}"]`)?.textContent || "";

export function post(url, data = {}) {
  return fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch" },
    body: new URLSearchParams(data),
  });
}

export const isTyping = (element) =>
  Boolean(element?.closest?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]"));
