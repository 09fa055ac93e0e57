// The order form: customers and goods while you type, rows of goods, totals. The server counts; this shows.
import { $, $$, csrfToken, on, text } from "./dom.js";
import { toast } from "./toasts.js";

const form = $("form[data-entry]");
const rows = $("[data-lines]", form);
const rowTemplate = $("[data-line-template]", form);

// ---- suggestions: an input with a list under it, by the ARIA combobox pattern ----
class Suggest {
  constructor(box) {
    this.box = box;
    this.input = $("input", box);
    this.list = $("[role=listbox]", box);
    this.turn = 0;
    this.shown = ""; // the query that the list answers
    this.pending = Promise.resolve();
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-controls", this.list.id);
    this.input.setAttribute("aria-expanded", "false");
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option);
    });
  }

  get options() {
    return $$("[role=option]", this.list);
  }

  get active() {
    return $('[aria-selected="true"]', this.list);
  }

  typed() {
    clearTimeout(this.timer);
    const query = this.input.value.trim();
    if (query.length < 2) return this.close();
    this.timer = setTimeout(() => this.fetch(query), 120);
  }

  fetch(query) {
    clearTimeout(this.timer);
    const mine = ++this.turn;
    this.pending = fetch(`${this.box.dataset.url}?q=${encodeURIComponent(query)}`, { credentials: "same-origin", headers: { "HX-Request": "true" } })
      .then((response) => (response.ok ? response.text() : ""))
      .then((html) => {
        if (mine !== this.turn) return;
        this.list.innerHTML = html;
        this.shown = query;
        this.open(this.options.length > 0 && document.activeElement === this.input);
      })
      .catch(() => {});
    return this.pending;
  }

  open(yes) {
    this.list.hidden = !yes;
    this.input.setAttribute("aria-expanded", String(yes));
    if (!yes) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    clearTimeout(this.timer);
    this.turn += 1;
    this.shown = "";
    this.open(false);
  }

  mark(option) {
    for (const other of this.options) other.setAttribute("aria-selected", String(other === option));
    if (!option) return;
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (this.list.hidden) return;
      event.preventDefault();
      const { options } = this;
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.mark(options[(options.indexOf(this.active) + step + options.length + (this.active || step > 0 ? 0 : 1)) % options.length]);
    } else if (event.key === "Escape") {
      if (this.list.hidden) return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter") {
      event.preventDefault(); // a scanner ends with it: the form must not go
      this.enter();
    }
  }

  async enter() {
    const query = this.input.value.trim();
    if (this.active && this.shown === query) return this.choose(this.active);
    if (query.length < 2) return this.empty?.();
    if (this.shown !== query) await this.fetch(query);
    const found = this.options.filter((option) => option.dataset.id);
    const exact = found.find((option) => "exact" in option.dataset);
    if (exact || found.length === 1) this.choose(exact || found[0]);
    else if (this.options.length) {
      this.open(true);
      this.mark(this.options[0]);
    } else this.none?.();
  }

  choose(option) {
    const data = { ...option.dataset };
    const freeLine = "freeLine" in data;
    this.close();
    this.chosen(data, freeLine);
  }
}

// ---- customer ----
class BuyerSuggest extends Suggest {
  chosen(data) {
    know(data);
    $("#e-find").focus();
  }

  // Nobody by this phone: a new customer; go on with the name.
  none() {
    const next = this.input.name === "customer_phone" ? field("customer_name") : $("#e-find");
    next?.focus();
  }
}

const field = (name) => form.elements[name];

function know(data) {
  field("customer_id").value = data.id;
  field("customer_phone").value = data.phone || "";
  field("customer_name").value = data.name || "";
  field("customer_email").value = data.email || "";
  $("[data-known-name]").textContent = data.name || data.phone || data.email;
  $("[data-known-more]").textContent = [data.phone, data.email].filter(Boolean).join(" · ");
  $("[data-known]").hidden = false;
  $("[data-buyer-fields]", form).hidden = true;
  const chip = $("[data-last-address]");
  if (data.last) {
    Object.assign($("[data-address]", chip).dataset, { method: data.method, city: data.city, branch: data.branch, street: data.street });
    $("[data-last-text]").textContent = data.last;
    chip.hidden = false;
    // The same as last time is the likeliest; one look is enough to see that it is not.
    if (!field("delivery_city").value && !field("delivery_method").value) $("[data-address]", chip).click();
    if (!field("payment_method").value) field("payment_method").value = data.payment || "";
  } else chip.hidden = true;
  if (!field("recipient_name").value) field("recipient_name").value = data.recipient || data.name || "";
  if (!field("recipient_phone").value) field("recipient_phone").value = data.recipientPhone || data.phone || "";
  changed();
}

function forget() {
  for (const name of ["customer_id", "customer_phone", "customer_name", "customer_email", "recipient_name", "recipient_phone"]) field(name).value = "";
  $("[data-known]").hidden = true;
  $("[data-buyer-fields]", form).hidden = false;
  $("[data-last-address]").hidden = true;
  field("customer_phone").focus();
}

// ---- goods ----
let choosing = null; // the row whose goods are being chosen

class GoodsSuggest extends Suggest {
  choose(option) {
    if (!("newProduct" in option.dataset)) return super.choose(option);
    this.close();
    quick.open(option.dataset.name, this);
  }

  chosen(data, freeLine) {
    this.input.value = "";
    const row = choosing?.isConnected ? put(choosing, data) : add(data, freeLine);
    choosing = null;
    if (freeLine) cell(row, "price").focus();
    else this.input.focus();
  }

  empty() {
    const last = rows.lastElementChild;
    if (last) cell(last, "quantity").select();
  }
}

// ---- an article that is not in the catalogue yet: a small form over this one ----
const quick = {
  dialog: $("#quick-product"),
  goods: null,

  async open(typed, goods) {
    this.goods = goods;
    const response = await fetch(`${this.dialog.dataset.url}?q=${encodeURIComponent(typed)}`, { credentials: "same-origin" }).catch(() => null);
    if (!response?.ok) return goods.input.focus();
    await this.show(response);
    this.dialog.showModal();
    const inputs = $$("input:not([type=hidden])", this.dialog);
    (inputs.find((input) => !input.value) || inputs[0]).focus();
  },

  async show(response) {
    $("[data-quick-product]", this.dialog).innerHTML = await response.text();
  },

  async send(sent) {
    const key = $("[type=submit]", sent);
    if (key.disabled) return;
    key.disabled = true;
    const response = await fetch(sent.action, { method: "POST", body: new FormData(sent), credentials: "same-origin", headers: { "X-CSRFToken": csrfToken() } }).catch(() => null);
    key.disabled = false;
    if (response?.status === 422) {
      await this.show(response);
      $('[aria-invalid="true"]', this.dialog)?.focus();
    } else if (response?.status === 201) {
      const list = document.createElement("ul");
      list.innerHTML = await response.text();
      this.dialog.close();
      this.goods.chosen({ ...$("[role=option]", list).dataset }, false);
    } else toast({ text: text(response ? "server-error" : "offline"), level: "error" });
  },
};
quick.dialog?.addEventListener("submit", (event) => {
  event.preventDefault();
  quick.send(event.target);
});
quick.dialog?.addEventListener("close", () => quick.goods?.input.focus());

const cell = (row, name) => $(`[name="line_${name}"]`, row);

function add(data, freeLine) {
  const same = data.id && $$("[data-line]", rows).find((row) => cell(row, "variant").value === data.id);
  if (same) {
    const quantity = cell(same, "quantity");
    quantity.value = String((parseInt(quantity.value, 10) || 0) + 1);
    flash(same);
    changed();
    return same;
  }
  const row = rowTemplate.content.firstElementChild.cloneNode(true);
  rows.append(row);
  put(row, data);
  if (freeLine) $("[data-line-free]", row).textContent = "";
  return row;
}

function put(row, data) {
  cell(row, "variant").value = data.id || "";
  cell(row, "sku").value = data.sku || "";
  cell(row, "name").value = data.name || "";
  if (data.price && data.currency === form.dataset.currency && !cell(row, "price").value) cell(row, "price").value = data.price;
  $("[data-line-name]", row).textContent = data.name || data.sku;
  $("[data-line-sku]", row).textContent = data.sku || "";
  $("[data-line-free]", row).textContent = data.freeText || "";
  $("[data-choose]", row)?.remove();
  if (data.picture) {
    const picture = new Image();
    picture.src = data.picture;
    picture.alt = "";
    picture.className = "k-thumb";
    $("[data-line-picture]", row).replaceChildren(picture);
  }
  flash(row);
  changed();
  return row;
}

function flash(row) {
  row.classList.remove("is-fresh");
  void row.offsetWidth;
  row.classList.add("is-fresh");
}

function remove(row) {
  const next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  (next ? cell(next, "quantity") : $("#e-find")).focus();
  changed();
}

// ---- totals ----
let counting = 0;
let countTimer = 0;

function changed() {
  form.toggleAttribute("data-dirty", true);
  $("[data-none]", form).hidden = rows.children.length > 0;
  clearTimeout(countTimer);
  countTimer = setTimeout(count, 140);
}

async function count() {
  const mine = ++counting;
  const response = await fetch(form.dataset.countUrl, { method: "POST", body: new FormData(form), credentials: "same-origin", headers: { "X-CSRFToken": csrfToken() } }).catch(() => null);
  if (!response?.ok || mine !== counting) return;
  const answer = await response.json();
  form.dataset.currency = answer.currency;
  $("[data-sums]", form).innerHTML = answer.sums;
  $$("[data-line]", rows).forEach((row, index) => {
    const line = answer.lines[index];
    if (!line) return;
    $("[data-line-total]", row).textContent = line.total;
    $("[data-line-short]", row).hidden = !line.lacking;
    $("[data-line-lacking]", row).textContent = String(line.lacking);
  });
  barTotal();
}

function barTotal() {
  const total = $("[data-total]", form)?.textContent.trim();
  for (const place of $$("[data-bar-total]", form)) place.textContent = total || "";
}

for (const box of $$("[data-suggest]", form)) new (box.dataset.suggest === "goods" ? GoodsSuggest : BuyerSuggest)(box);
on("click", "[data-line-remove]", (_event, button) => remove(button.closest("[data-line]")));
on("click", "[data-forget]", forget);
on("click", "[data-choose]", (_event, button) => {
  choosing = button.closest("[data-line]");
  const find = $("#e-find");
  find.value = cell(choosing, "sku").value || cell(choosing, "name").value;
  find.focus();
  find.select();
  find.dispatchEvent(new Event("input", { bubbles: true }));
});
form.addEventListener("input", (event) => event.target.closest("[data-suggest]") || changed());
form.addEventListener("change", (event) => event.target.closest("[data-suggest]") || changed());
// Enter in a row goes back for the next goods, in any other one-line field to the next field: only Ctrl+Enter saves.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.defaultPrevented || !event.target.matches("input")) return;
  event.preventDefault();
  if (event.target.closest("[data-line]")) return $("#e-find").focus();
  const fields = $$("input:not([type=hidden]), select, textarea", form).filter((input) => input.checkVisibility());
  fields[fields.indexOf(event.target) + 1]?.focus();
});
form.addEventListener("focusin", (event) => event.target.closest("[data-line]") && event.target.matches("input") && event.target.select());
if (field("customer_id")?.value) {
  know({ id: field("customer_id").value, phone: field("customer_phone").value, name: field("customer_name").value, email: field("customer_email").value });
  form.toggleAttribute("data-dirty", false);
}
barTotal();
if (!$('[aria-invalid="true"]', form)) (field("customer_phone")?.checkVisibility() ? field("customer_phone") : $("#e-find")).focus();
