import { gzipSync } from "node:zlib";
import type { Certificate, CertifiedSuite, CertifiedTest } from "../certificate-document.ts";
import type { TestStatus } from "../results.ts";
import { visibleText } from "../visible-text.ts";
import { cellWords, valueWords } from "../wording.ts";

/** A text that stands in the block alone, or there in full: what the page shows of it on demand. */
export interface BlockedText {
  readonly message: string;
  readonly details: string;
  readonly stdout: string;
}

/**
 * Every test by name, as columns over one table of strings; gzip and base64 make the text that the page carries. Cells
 * that ran the same tests share one list. Read by `templates/script/table.js`: both change together.
 */
interface Block {
  readonly v: 1;
  readonly strings: readonly string[];
  readonly cells: readonly { readonly id: string; readonly words: string; readonly system: string }[];
  /** Columns of a list: indices into `strings`, each as the difference from the one before; `o` are occurrences from 2. */
  readonly lists: readonly {
    readonly c: readonly number[];
    readonly n: readonly number[];
    readonly p: readonly number[];
    readonly o: Readonly<Record<number, number>>;
  }[];
  readonly suites: readonly BlockSuite[];
  readonly texts: Readonly<Record<string, BlockedText>>;
}

interface BlockSuite {
  readonly suite: string;
  readonly scope: string;
  readonly cells: readonly number[];
  readonly list: number;
  /** One letter per test: p, f, e or s. */
  readonly status: string;
  /** Milliseconds, -1 where unknown. */
  readonly ms: readonly number[];
  /** By position in the list. */
  readonly notes: Readonly<Record<number, string>>;
  readonly flaky: readonly number[];
  readonly anchors: Readonly<Record<number, string>>;
}

/** What {@link testBlock} is made of: `tests` are those of `certificate.suites`, by position, as they came. */
export interface BlockInput {
  readonly certificate: Certificate;
  readonly tests: readonly (readonly CertifiedTest[])[];
  readonly texts: Readonly<Record<string, BlockedText>>;
}

/**
 * The block as base64 of gzip, linear in the number of tests. Without padding: a template would write it as a reference,
 * which a script element does not resolve.
 */
export function testBlock(input: BlockInput): string {
  return gzipSync(JSON.stringify(blockOf(input)), { level: 6 })
    .toString("base64")
    .replace(/=+$/, "");
}

function blockOf({ certificate, tests, texts }: BlockInput): Block {
  const { cells, axes, titles } = certificate;
  const system = axes[0]?.name ?? "";
  const strings = new StringTable();
  const lists = new Map<string, { readonly index: number; readonly list: Block["lists"][number] }>();
  const positions = new Map(cells.map((cell, index) => [cell.id, index]));
  const anchors = anchorsOf(certificate);
  const suites = certificate.suites.map((suite, index): BlockSuite => {
    const own = tests[index] ?? [];
    const columns = columnsOf(own, strings);
    const key = JSON.stringify(columns);
    const known = lists.get(key) ?? { index: lists.size, list: columns };
    lists.set(key, known);
    return {
      suite: suite.suite,
      scope: cellWords(suite.scope, titles) || "Whole run",
      cells: suite.cells.flatMap((id) => positions.get(id) ?? []),
      list: known.index,
      ...outcomesOf(own),
      anchors: anchored(suite, own, anchors),
    };
  });
  return {
    v: 1,
    strings: strings.all,
    cells: cells.map(({ id, values }) => ({
      id,
      words: cellWords(values, titles),
      system: valueWords(values[system] ?? "", titles),
    })),
    lists: [...lists.values()].map(({ list }) => list),
    suites,
    texts,
  };
}

/** Gives every distinct text one number, in the order of arrival, and makes it visible once. */
class StringTable {
  readonly all: string[] = [];
  readonly #numbers = new Map<string, number>();

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.all.push(visibleText(text)) - 1;
    this.#numbers.set(text, number);
    return number;
  }
}

function columnsOf(tests: readonly CertifiedTest[], strings: StringTable): Block["lists"][number] {
  const [c, n, p]: [number[], number[], number[]] = [[], [], []];
  const o: Record<number, number> = {};
  let [lastClass, lastName, lastParams] = [0, 0, 0];
  for (const [index, test] of tests.entries()) {
    const [group, name] = [strings.number(test.class), strings.number(test.name)];
    const params = strings.number(test.params ?? "");
    c.push(group - lastClass);
    n.push(name - lastName);
    p.push(params - lastParams);
    [lastClass, lastName, lastParams] = [group, name, params];
    if (test.occurrence !== undefined) o[index] = test.occurrence;
  }
  return { c, n, p, o };
}

const letters: Readonly<Record<TestStatus, string>> = { passed: "p", failed: "f", error: "e", skipped: "s" };

function outcomesOf(tests: readonly CertifiedTest[]): Pick<BlockSuite, "status" | "ms" | "notes" | "flaky"> {
  const notes: Record<number, string> = {};
  const flaky: number[] = [];
  for (const [index, test] of tests.entries()) {
    if (test.note !== undefined) notes[index] = visibleText(test.note);
    if (test.flaky === true) flaky.push(index);
  }
  return {
    status: tests.map((test) => letters[test.status]).join(""),
    ms: tests.map((test) => (test.durationMs === null ? -1 : Math.round(test.durationMs))),
    notes,
    flaky,
  };
}

/** Anchors of the failures that the page shows, by what names a test in the document. */
function anchorsOf({ failures }: Certificate): ReadonlyMap<string, string> {
  return new Map(
    failures
      .filter((test) => test.counted)
      .map((test) => [
        JSON.stringify([test.node, test.suite, test.class, test.name, test.params, test.occurrence]),
        test.anchor,
      ]),
  );
}

function anchored(
  suite: CertifiedSuite,
  tests: readonly CertifiedTest[],
  anchors: ReadonlyMap<string, string>,
): BlockSuite["anchors"] {
  const found: Record<number, string> = {};
  for (const [index, test] of tests.entries()) {
    if (test.status !== "failed" && test.status !== "error" && test.flaky !== true) continue;
    const { name, params, occurrence = 1 } = test;
    const shown = [visibleText(test.class), visibleText(name), params === undefined ? null : visibleText(params)];
    const anchor = anchors.get(JSON.stringify([suite.node, suite.suite, ...shown, occurrence]));
    if (anchor !== undefined) found[index] = anchor;
  }
  return found;
}
