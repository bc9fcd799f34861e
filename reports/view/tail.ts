import type { Certificate } from "../certificate-document.ts";
import { cellWords } from "../wording.ts";
import type { BlockedText } from "./block.ts";

/** The end of a suite's log, with the first cause that took the green from the suite. */
export interface TailView {
  readonly title: string;
  readonly text: string;
  /** Names it in the compressed block, where it does not stand open. */
  readonly key: string;
  /** Whether it is unfolded: that of a cause without failed tests says what happened. */
  readonly open: boolean;
}

/** Characters of logs that stand in the page; the rest stands in its compressed block. */
const room = 200_000;

/** The ends of logs by the letter of a cause, and those for the block by their keys. */
export function tailsByCause(certificate: Certificate): {
  readonly views: ReadonlyMap<string, readonly TailView[]>;
  readonly texts: Readonly<Record<string, BlockedText>>;
} {
  const { causes, suites, titles } = certificate;
  const firsts = new Map(causes.flatMap((cause) => cause.nodes.map((node) => [node, cause] as const)).toReversed());
  const texts: Record<string, BlockedText> = {};
  let used = 0;
  const views = suites.flatMap(({ tail, node, suite, scope, anchor }) => {
    const cause = firsts.get(node);
    if (tail === undefined || tail.text === "" || cause === undefined) return [];
    used += tail.text.length;
    const blocked = used > room;
    const key = blocked ? `log-${anchor}` : "";
    if (blocked) texts[key] = { message: "", details: tail.text, stdout: "" };
    const where = cellWords(scope, titles) || "whole run";
    const title = `${tail.whole ? "Log" : "End of the log"} of ${suite}, ${where}`;
    const view = { title, text: blocked ? "" : tail.text, key, open: cause.tests.length === 0 };
    return [{ letter: cause.letter, view }];
  });
  const byLetter = Map.groupBy(views, ({ letter }) => letter);
  return { views: new Map([...byLetter].map(([letter, own]) => [letter, own.map(({ view }) => view)])), texts };
}
