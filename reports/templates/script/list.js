import { rowOf } from "./table.js";

/** Rows beyond the visible ones that are there already when somebody scrolls. */
const ahead = 12;

/**
 * A list of any length in a window: only the rows that can be seen are in the page, between two empty rows that keep
 * the place of the others. `choose` is called with the number of a row that somebody picks.
 */
export class WindowedList {
  constructor(region, choose) {
    this.region = region;
    this.choose = choose;
    this.table = null;
    this.rows = [];
    this.shown = new Map();
    this.body = region.querySelector("tbody");
    this.height = 30;
    [this.above, this.below] = [spacer(), spacer()];
    this.body.append(this.above, this.below);
    region.addEventListener("scroll", () => this.draw(), { passive: true });
    region.addEventListener("keydown", (event) => this.move(event));
    addEventListener("resize", () => this.measure());
  }

  show(table, rows) {
    this.table = table;
    this.rows = rows;
    for (const row of this.shown.values()) row.remove();
    this.shown.clear();
    this.region.querySelector("table").setAttribute("aria-rowcount", rows.length + 1);
    this.region.scrollTop = 0;
    this.measure();
  }

  measure() {
    this.draw();
    const [first] = this.shown.values();
    const height = first?.getBoundingClientRect().height ?? 0;
    if (height === 0 || Math.abs(height - this.height) < 0.5) return;
    this.height = height;
    this.draw();
  }

  draw() {
    const { scrollTop, clientHeight } = this.region;
    const from = Math.max(Math.floor(scrollTop / this.height) - ahead, 0);
    const to = Math.min(Math.ceil((scrollTop + Math.max(clientHeight, 400)) / this.height) + ahead, this.rows.length);
    const focused = this.region.contains(document.activeElement) ? document.activeElement : null;
    for (const [position, row] of this.shown) {
      if (position >= from && position < to) continue;
      if (row.contains(focused)) this.region.focus({ preventScroll: true });
      row.remove();
      this.shown.delete(position);
    }
    let before = this.above;
    for (let position = from; position < to; position++) {
      let row = this.shown.get(position);
      if (row === undefined) {
        row = this.rowAt(position);
        this.shown.set(position, row);
        before.after(row);
      }
      before = row;
    }
    sized(this.above, from * this.height);
    sized(this.below, Math.max(this.rows.length - to, 0) * this.height);
  }

  rowAt(position) {
    const number = this.rows[position];
    const test = rowOf(this.table, number);
    const row = document.createElement("tr");
    row.setAttribute("aria-rowindex", position + 2);
    const name = document.createElement("td");
    name.append(markOf(test), wordsOfStatus(test), this.control(test, number));
    row.append(name, field(test.suite), field(test.scope), field(tookWords(test.milliseconds), "n"));
    return row;
  }

  control(test, number) {
    const control = document.createElement(test.anchor === "" ? "button" : "a");
    if (test.anchor === "") control.type = "button";
    else control.href = `#${test.anchor}`;
    control.title = `${test.group} ${test.name}`.trim();
    if (test.group !== "") control.append(span(`${test.group} `, "group"));
    control.append(test.name);
    control.addEventListener("focus", () => this.choose(number));
    control.addEventListener("click", () => this.choose(number));
    return control;
  }

  /** Up and down go from row to row, as far as there are any. */
  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = [...this.shown].find(([, row]) => row.contains(document.activeElement))?.[0];
    if (step === undefined || at === undefined) return;
    const next = Math.min(Math.max(at + step, 0), this.rows.length - 1);
    event.preventDefault();
    const top = next * this.height;
    const room = this.region.clientHeight - 2 * this.height;
    if (top < this.region.scrollTop) this.region.scrollTop = top;
    if (top > this.region.scrollTop + room) this.region.scrollTop = top - room;
    this.draw();
    this.shown.get(next)?.querySelector("a, button").focus({ preventScroll: true });
  }
}

function spacer() {
  const row = document.createElement("tr");
  row.className = "spacer";
  row.setAttribute("aria-hidden", "true");
  row.append(document.createElement("td"));
  return row;
}

/** Because a border or padding would keep an empty row from being flat, it is not shown at all then. */
function sized(row, height) {
  row.hidden = height === 0;
  row.style.height = `${height}px`;
}

function field(text, name = "") {
  const cell = document.createElement("td");
  cell.className = name;
  cell.textContent = text;
  return cell;
}

/** A span with text, which never becomes markup. */
export function span(text, name) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}

/** The mark of a test, as the page draws it elsewhere. */
export function markOf({ status, flaky }) {
  const mark = flaky && status === "passed" ? "passed-with-retries" : ({ skipped: "not-applicable" }[status] ?? status);
  const picture = document.querySelector("svg.mark").cloneNode(true);
  picture.setAttribute("class", `mark ${mark}`);
  picture.firstElementChild.setAttribute("href", `#m-${mark}`);
  return picture;
}

function wordsOfStatus({ status, flaky }) {
  return span(`${status}${flaky ? ", flaky" : ""}: `, "unseen");
}

/** Milliseconds as the page says them elsewhere; empty where unknown. */
export function tookWords(milliseconds) {
  if (milliseconds < 0) return "";
  if (milliseconds < 1000) return `${milliseconds} ms`;
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? "" : ` ${seconds % 60} s`}`;
}
