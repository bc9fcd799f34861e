/**
 * Reads all tests out of the block that the page carries: gzip of columns over one table of strings, as
 * `view/block.ts` writes it. Both change together.
 */
export async function readTable(text) {
  const stream = new Blob([bytesOf(JSON.parse(text).gzip)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return tableOf(await new Response(stream).json());
}

function bytesOf(base64) {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** A block with its rows numbered through: row `r` is test `test[r]` of suite `suite[r]`. */
export function tableOf(block) {
  const lists = block.lists.map(({ c, n, p, o }) => ({ c: summed(c), n: summed(n), p: summed(p), o }));
  const length = block.suites.reduce((sum, suite) => sum + suite.status.length, 0);
  const [suite, test] = [new Uint32Array(length), new Uint32Array(length)];
  let row = 0;
  for (const [number, one] of block.suites.entries()) {
    for (let index = 0; index < one.status.length; index++, row++) {
      suite[row] = number;
      test[row] = index;
    }
  }
  return {
    strings: block.strings,
    cells: block.cells,
    suites: block.suites,
    texts: block.texts,
    lists,
    length,
    suite,
    test,
  };
}

function summed(differences) {
  let sum = 0;
  return Int32Array.from(differences, (difference) => {
    sum += difference;
    return sum;
  });
}

/** One row in words. */
export function rowOf(table, row) {
  const suite = table.suites[table.suite[row]];
  const index = table.test[row];
  const list = table.lists[suite.list];
  const params = table.strings[list.p[index]];
  const occurrence = list.o[index];
  return {
    group: table.strings[list.c[index]],
    name: [table.strings[list.n[index]], params, occurrence === undefined ? "" : `(occurrence ${occurrence})`]
      .filter((part) => part !== "")
      .join(" "),
    status: statuses[suite.status[index]],
    flaky: suite.flaky.includes(index),
    note: suite.notes[index] ?? "",
    anchor: suite.anchors[index] ?? "",
    milliseconds: suite.ms[index],
    suite: suite.suite,
    scope: suite.scope,
  };
}

const statuses = { p: "passed", f: "failed", e: "failed", s: "skipped" };

/** What makes a row the same test in another cell, as a number or text that can be compared. */
export function identityOf(table, row) {
  const suite = table.suites[table.suite[row]];
  const index = table.test[row];
  const { c, n, p, o } = table.lists[suite.list];
  return `${suite.suite}\n${c[index]} ${n[index]} ${p[index]} ${o[index] ?? 1}`;
}

/** The rows of the same test in all cells. */
export function sameRows(table, row) {
  const key = (one) => {
    const { list, suite } = table.suites[table.suite[one]];
    const { c, n, p, o } = table.lists[list];
    const index = table.test[one];
    return [c[index], n[index], p[index], o[index] ?? 1, suite];
  };
  const wanted = key(row);
  const found = [];
  for (let one = 0; one < table.length; one++) {
    const { n } = table.lists[table.suites[table.suite[one]].list];
    if (n[table.test[one]] === wanted[1] && key(one).every((part, index) => part === wanted[index])) found.push(one);
  }
  return found;
}
