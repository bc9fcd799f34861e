import { Failures } from "./failures.js";
import { filterNames, filterOf, hashOf, matching } from "./filter.js";
import { markOf, span, tookWords, WindowedList } from "./list.js";
import { readTable, rowOf, sameRows } from "./table.js";

const find = (selector) => document.querySelector(selector);
const [search, form, browser] = [find("#find"), find(".filters"), find(".browser")];
const [show, status, count] = [find(".finder .show"), find(".filtering"), find(".browser .count")];
const failures = new Failures();
const list = new WindowedList(find(".window"), choose);
const cells = [...document.querySelectorAll("[data-cell]")];
const canInflate = typeof DecompressionStream === "function";
let loading = null;
let table = null;

function load() {
  loading ??= readTable(find("#all-tests").textContent).then((read) => {
    table = read;
    failures.take(read.texts);
    return read;
  });
  return loading;
}

function currentFilter() {
  const asked = Object.fromEntries(filterNames.map((name) => [name, ""]));
  for (const [name, value] of new FormData(form)) asked[name] = value;
  return { ...asked, q: search.value.trim() };
}

function isAsking(filter) {
  return filterNames.some((name) => name !== "order" && filter[name] !== "");
}

let turn = 0;

/** Shows what the filter asks for: rows, failures and causes, and which cells have any. */
async function apply({ open = false } = {}) {
  const filter = currentFilter();
  const asking = isAsking(filter);
  turn += 1;
  const mine = turn;
  if (canInflate && table === null && (asking || open)) await load();
  if (mine !== turn) return;
  const systems = new Map((table?.cells ?? []).map((cell) => [cell.id, cell.system]));
  const causes = failures.apply(filter, (id) => systems.get(id));
  if (open || asking) browser.hidden = !canInflate;
  status.hidden = !asking;
  if (table === null) {
    status.textContent = asking ? `${plural(causes, "cause")} match.` : "";
    return;
  }
  const rows = matching(table, filter, (anchor) => failures.textOf(anchor));
  if (!browser.hidden) list.show(table, rows);
  show.hidden = !canInflate || !browser.hidden;
  count.textContent = asking
    ? `${grouped(rows.length)} of ${plural(table.length, "test")}`
    : plural(table.length, "test");
  status.textContent = asking
    ? `${grouped(rows.length)} of ${plural(table.length, "test")} and ${plural(causes, "cause")} match. `
    : "";
  if (asking) status.append(toResults(), clear());
  dim(asking, rows);
}

function dim(asking, rows) {
  const hit = new Set(
    rows.flatMap((row) => (asking ? table.suites[table.suite[row]].cells : [])).map((cell) => table.cells[cell].id),
  );
  for (const cell of cells) cell.classList.toggle("dim", asking && !hit.has(cell.dataset.cell));
}

function toResults() {
  const link = document.createElement("a");
  link.href = "#suites";
  link.textContent = "To the list";
  return link;
}

function clear() {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Clear";
  button.addEventListener("click", reset);
  return button;
}

function reset() {
  form.reset();
  search.value = "";
  changed();
  search.focus();
}

function changed() {
  const hash = hashOf(currentFilter());
  // Because a page that is shown inside another one may not have an address of its own to change.
  try {
    history.replaceState(null, "", hash === "" ? "#suites" : hash);
  } catch {}
  return apply();
}

/** Shows a test in full below the list, with what it came to in every cell. */
function choose(number) {
  const { group, name } = rowOf(table, number);
  const title = document.createElement("p");
  const bold = document.createElement("b");
  bold.textContent = name;
  title.append(span(group === "" ? "" : `${group} `, "group"), bold);
  const places = document.createElement("ul");
  for (const row of sameRows(table, number)) {
    const one = rowOf(table, row);
    const words = [one.scope, one.status, one.flaky ? "flaky" : "", tookWords(one.milliseconds), one.note];
    const item = document.createElement("li");
    item.append(markOf(one), span(words.filter((word) => word !== "").join(", "), ""));
    places.append(item);
  }
  find(".chosen").replaceChildren(title, places);
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

function plural(number, one) {
  return `${grouped(number)} ${one}${number === 1 ? "" : "s"}`;
}

/** Opens everything around the place that the address names, and shows it. */
function reveal() {
  // Because anchors are letters, digits, dots and hyphens, an address that would have to be decoded names none of them.
  const target = document.getElementById(location.hash.slice(1));
  if (target === null) return;
  for (let element = target; element !== null; element = element.parentElement) {
    if (element.tagName === "DETAILS") element.open = true;
    if (element.hidden) element.hidden = false;
  }
  if (canInflate && target.closest("[data-text]") !== null) load();
  target.scrollIntoView();
}

function follow() {
  const filter = filterOf(location.hash);
  if (filter === null) return reveal();
  search.value = filter.q;
  for (const name of filterNames) {
    const control = form.elements.namedItem(name);
    if (control?.type === "checkbox") control.checked = filter[name] !== "";
    else if (control !== null) control.value = filter[name];
  }
  return apply();
}

for (const element of document.querySelectorAll(".search, .filters")) element.hidden = false;
show.hidden = !canInflate;
show.addEventListener("click", () => apply({ open: true }).then(() => find(".window").focus()));
search.addEventListener("focus", () => canInflate && load());
search.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("reset", () => setTimeout(changed));
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("toggle", (event) => canInflate && event.target.dataset?.text !== undefined && load(), true);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea") !== null;
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  }
  if (event.key === "Escape" && event.target === search) reset();
  if (event.key === "Enter" && event.target === search && !browser.hidden) find(".window").focus();
});
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => failures.fillAll());
if (canInflate && document.querySelector("details[data-text]") !== null) {
  (window.requestIdleCallback ?? setTimeout)(() => load());
}
if (location.hash.length > 1) follow();
