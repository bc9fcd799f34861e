import { identityOf } from "./table.js";

/** The names of what a filter asks for, as they stand behind `#` in the address. */
export const filterNames = ["q", "status", "system", "cell", "suite", "flaky", "differs", "order"];

/** The filter in an address, or null where the address names a place in the page or nothing. */
export function filterOf(hash) {
  if (!hash.includes("=")) return null;
  const asked = new URLSearchParams(hash.slice(1));
  return Object.fromEntries(filterNames.map((name) => [name, asked.get(name) ?? ""]));
}

/** A filter as it stands in an address; empty for one that asks for nothing. */
export function hashOf(filter) {
  const asked = filterNames.filter((name) => (filter[name] ?? "") !== "").map((name) => [name, filter[name]]);
  return asked.length === 0 ? "" : `#${new URLSearchParams(asked)}`;
}

/** The words of a query, each of which has to be found. */
export function wordsOf(query) {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
}

/** The numbers of the rows that a filter asks for. `textOf` gives the message and trace of a failure by its anchor. */
export function matching(table, filter, textOf) {
  const suites = table.suites.map((suite) => suiteMatches(table, suite, filter));
  const words = wordsOf(filter.q ?? "").map((word) => wordMatches(table, word));
  const differing = filter.differs === "" || filter.differs === undefined ? null : differingTests(table);
  const wanted = { passed: "p", failed: "fe", skipped: "s" }[filter.status] ?? "pfes";
  const flaky = table.suites.map((suite) => (filter.flaky ? new Set(suite.flaky) : null));
  const found = [];
  for (let row = 0; row < table.length; row++) {
    const number = table.suite[row];
    if (!suites[number]) continue;
    const suite = table.suites[number];
    const index = table.test[row];
    if (!wanted.includes(suite.status[index])) continue;
    if (flaky[number] !== null && !flaky[number].has(index)) continue;
    if (!words.every((word) => hasWord(table, word, { number, index }, textOf))) continue;
    if (differing !== null && !differing.has(identityOf(table, row))) continue;
    found.push(row);
  }
  return filter.order === "slowest" ? slowestFirst(table, found) : found;
}

function suiteMatches(table, suite, filter) {
  if (filter.suite && suite.suite !== filter.suite) return false;
  if (filter.cell && !suite.cells.some((cell) => table.cells[cell].id === filter.cell)) return false;
  return !filter.system || suite.cells.some((cell) => table.cells[cell].system === filter.system);
}

/** Because names are shared by many rows, a word is looked for once in each distinct text. */
function wordMatches(table, word) {
  table.lower ??= table.strings.map((text) => text.toLowerCase());
  return {
    word,
    strings: Uint8Array.from(table.lower, (text) => (text.includes(word) ? 1 : 0)),
    suites: table.suites.map(({ suite, scope }) => `${suite} ${scope}`.toLowerCase().includes(word)),
  };
}

function hasWord(table, { word, strings, suites }, { number, index }, textOf) {
  if (suites[number]) return true;
  const suite = table.suites[number];
  const { c, n, p } = table.lists[suite.list];
  if (strings[c[index]] || strings[n[index]] || strings[p[index]]) return true;
  const anchor = suite.anchors[index];
  return anchor !== undefined && textOf(anchor).includes(word);
}

/** The tests that fail in some cells and pass in others. */
function differingTests(table) {
  if (table.differing !== undefined) return table.differing;
  const [failed, passed] = [new Set(), new Set()];
  const rows = Array.from({ length: table.length }, (_, row) => row);
  const status = (row) => table.suites[table.suite[row]].status[table.test[row]];
  for (const row of rows) if ("fe".includes(status(row))) failed.add(identityOf(table, row));
  if (failed.size > 0) for (const row of rows) if (status(row) === "p") passed.add(identityOf(table, row));
  table.differing = failed.intersection?.(passed) ?? new Set([...failed].filter((one) => passed.has(one)));
  return table.differing;
}

function slowestFirst(table, rows) {
  const took = (row) => table.suites[table.suite[row]].ms[table.test[row]];
  return rows.sort((left, right) => took(right) - took(left));
}
