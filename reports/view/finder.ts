import type { Certificate } from "../certificate-document.ts";
import { cellWords, grouped, valueWords } from "../wording.ts";

/** What the page says and offers about the list of all tests, which it carries compressed. */
export interface FinderView {
  readonly count: string;
  readonly cells: readonly Option[];
  readonly systems: readonly Option[];
  readonly suites: readonly Option[];
  /** Whether any test passed only after another attempt. */
  readonly flaky: boolean;
}

interface Option {
  readonly value: string;
  readonly words: string;
}

/** The choices of a filter; those of one value are not offered. */
export function finderView({ cells, axes, suites, titles }: Certificate): FinderView {
  const system = axes[0]?.name ?? "";
  const systems = [...new Set(cells.map((cell) => cell.values[system] ?? ""))].map((value) =>
    valueWords(value, titles),
  );
  return {
    count: grouped(suites.reduce((sum, { counts }) => sum + (counts === null ? 0 : total(counts)), 0)),
    cells: offered(cells.map(({ id, values }) => ({ value: id, words: cellWords(values, titles) }))),
    systems: offered(systems.map((words) => ({ value: words, words }))),
    suites: offered([...new Set(suites.map(({ suite }) => suite))].map((suite) => ({ value: suite, words: suite }))),
    flaky: suites.some((suite) => suite.verdict === "passed-with-retries" || suite.verdict === "failed"),
  };
}

function offered(options: readonly Option[]): readonly Option[] {
  return options.length > 1 ? options : [];
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
