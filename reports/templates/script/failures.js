import { wordsOf } from "./filter.js";

/** The failures that stand in the page, with their texts in small letters as soon as somebody searches. */
export class Failures {
  constructor() {
    this.all = [...document.querySelectorAll(".failure")];
    this.causes = [...document.querySelectorAll(".cause")];
    this.texts = new Map();
    this.byAnchor = null;
    this.blocked = {};
    for (const one of document.querySelectorAll("details[data-text]")) {
      one.addEventListener("toggle", () => one.open && this.fill(one));
    }
  }

  /** Takes the texts that the block holds, and fills what is open already. */
  take(blocked) {
    this.blocked = blocked;
    this.texts.clear();
    for (const one of document.querySelectorAll("details[data-text][open]")) this.fill(one);
  }

  /** Puts the texts of the block where the page says that they are kept. */
  fill(details) {
    const text = Object.hasOwn(this.blocked, details.dataset.text) ? this.blocked[details.dataset.text] : undefined;
    const place = details.querySelector("p.whole, :scope > p.group");
    if (text === undefined || place === null) return;
    const parts = [
      ["machine failed", text.message],
      ["trace", text.details],
      ["trace", text.stdout],
    ];
    place.replaceWith(
      ...parts
        .filter(([, part]) => part !== "")
        .map(([name, part]) => {
          const block = document.createElement("pre");
          block.className = name;
          block.textContent = part;
          return block;
        }),
    );
  }

  /** Fills everything, for paper. */
  fillAll() {
    for (const one of document.querySelectorAll("details[data-text]")) this.fill(one);
  }

  textOf(anchor) {
    this.byAnchor ??= new Map(
      this.all.flatMap((one) => [...one.querySelectorAll(".places > li")].map((place) => [place.id, one])),
    );
    const element = this.byAnchor.get(anchor);
    return element === undefined ? "" : this.text(element);
  }

  text(element) {
    const known = this.texts.get(element);
    if (known !== undefined) return known;
    const keys = [element, ...element.querySelectorAll("[data-text]")].map((one) => one.dataset.text ?? "");
    const kept = keys.flatMap((key) => (Object.hasOwn(this.blocked, key) ? Object.values(this.blocked[key]) : []));
    const text = [element.textContent, ...kept].join("\n").toLowerCase();
    this.texts.set(element, text);
    return text;
  }

  /** Hides the failures and causes that a filter does not ask for; returns how many causes stay. */
  apply(filter, systemOf) {
    const words = wordsOf(filter.q);
    const asked = (element, text) =>
      words.every((word) => text().includes(word)) && factsMatch(element.dataset, filter, systemOf);
    let left = 0;
    for (const cause of this.causes) {
      const own = [...cause.querySelectorAll(".failure")];
      for (const one of own) one.hidden = !asked(one, () => this.text(one));
      const stays =
        own.length > 0 ? own.some((one) => !one.hidden) : asked(cause, () => cause.textContent.toLowerCase());
      cause.hidden = !stays;
      left += stays ? 1 : 0;
    }
    return left;
  }
}

function factsMatch({ cells = "", suite, status }, filter, systemOf) {
  const ids = cells.split(" ");
  if (filter.status && !(filter.status === "failed" && status !== "flaky")) return false;
  if (filter.flaky && status !== "flaky" && status !== "passed-with-retries") return false;
  if (filter.suite && suite !== undefined && suite !== filter.suite) return false;
  if (filter.cell && !ids.includes(filter.cell)) return false;
  return !filter.system || ids.some((id) => systemOf(id) === filter.system);
}
