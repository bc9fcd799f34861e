import type { Certificate } from "../certificate-document.ts";
import type { Difference, TestReference } from "../difference.ts";
import type { Verdict } from "../verdict.ts";
import { capital, cellWords, counted, day, listed, plural } from "../wording.ts";
import { verdictWords } from "./mark.ts";

/** What changed since the previous certificate. */
export interface ChangeView {
  readonly finding: string;
  /** The previous certificate, named in the margin. */
  readonly against: string;
  readonly lists: readonly ChangeList[];
  readonly cells: readonly {
    readonly cell: string;
    readonly before: string;
    readonly beforeMark: Verdict;
    readonly now: string;
    readonly mark: Verdict;
  }[];
}

interface ChangeList {
  readonly count: string;
  readonly words: string;
  readonly shown: readonly ChangeRow[];
  /** Folded, with the words that unfold them. */
  readonly rest: readonly ChangeRow[];
  readonly unfold: string;
  readonly more: string;
}

interface ChangeRow {
  readonly name: string;
  readonly group: string;
  readonly where: string;
  readonly anchor: string;
}

/** Rows of one list that stand open. */
const openRows = 8;

/** The difference in view, or null where there is no earlier certificate. */
export function changeView(certificate: Certificate): ChangeView | null {
  const { difference } = certificate;
  if (difference === null) return null;
  const words = cellNames(certificate);
  const all: readonly ChangeList[] = [
    listOf("new", difference.newlyFailing, words),
    listOf("fixed", difference.fixed, words, difference.more.fixed),
    listOf("still failing", difference.stillFailing, words),
    listOf("removed", difference.removed, words, difference.more.removed),
    listOf("newly skipped", difference.newlySkipped, words, difference.more.newlySkipped),
    listOf("added", difference.added, words, difference.more.added),
  ];
  const verdict = (one: Verdict | null) => (one === null ? "not part of it" : verdictWords[one]);
  return {
    finding: finding(difference),
    against: against(difference),
    lists: all.filter((list) => list.count !== "0"),
    cells: difference.cells
      .filter((cell) => cell.before !== cell.now)
      .map(({ id, before, now }) => ({
        cell: words.get(id) ?? id,
        before: verdict(before),
        beforeMark: before ?? "not-applicable",
        now: verdict(now),
        mark: now ?? "not-applicable",
      })),
  };
}

/** How long each cause has been there, by its letter: `new`, or for how many certificates in a row. */
export function ageWords({ causes, difference }: Certificate): ReadonlyMap<string, string> {
  if (difference === null) return new Map();
  const ages = new Map<string, number>();
  for (const { anchor } of difference.newlyFailing) if (anchor !== undefined) ages.set(anchor, 1);
  for (const { anchor, runs } of difference.stillFailing) if (anchor !== undefined) ages.set(anchor, runs);
  return new Map(
    causes.flatMap((cause) => {
      const own = cause.tests.flatMap((anchor) => ages.get(anchor) ?? []);
      const age = own.reduce((most, one) => Math.max(most, one), 0);
      return age === 0 ? [] : [[cause.letter, age === 1 ? "new" : `${ordinal(age)} time in a row`]];
    }),
  );
}

function ordinal(count: number): string {
  const last = count % 100 > 10 && count % 100 < 14 ? 0 : count % 10;
  return `${count}${["th", "st", "nd", "rd"][last] ?? "th"}`;
}

function cellNames({ cells, titles }: Certificate): ReadonlyMap<string, string> {
  return new Map(cells.map((cell) => [cell.id, cellWords(cell.values, titles)]));
}

/** The same test of several cells is one row. */
function listOf(
  words: string,
  tests: readonly (TestReference & { readonly since?: string; readonly runs?: number })[],
  cells: ReadonlyMap<string, string>,
  more = 0,
): ChangeList {
  const groups = Map.groupBy(tests, (test) =>
    JSON.stringify([test.suite, test.class, test.name, test.params, test.occurrence, test.since]),
  );
  const rows = [...groups.values()].map((same) => {
    const [first] = same;
    const places = same.map((test) => cells.get(test.cell) ?? (test.cell || "whole run"));
    const since = first?.since === undefined ? "" : `since ${first.since}, ${plural(first.runs ?? 1, "certificate")}`;
    return {
      name: [first?.name, first?.params].filter((part) => part).join(" "),
      group: first?.class ?? "",
      where: [places.length > 3 ? plural(places.length, "cell") : listed(places), since]
        .filter((one) => one)
        .join(" · "),
      anchor: same.find((test) => test.anchor !== undefined)?.anchor ?? "",
    };
  });
  const rest = rows.slice(openRows);
  return {
    count: String(tests.length + more),
    words,
    shown: rows.slice(0, openRows),
    rest,
    unfold: `${plural(rest.length, "more test")}`,
    more: more === 0 ? "" : `${plural(more, "more result")} in certificate.json.`,
  };
}

function against({ previous }: Difference): string {
  const of = previous.version === null ? "" : ` of ${previous.version}`;
  const when = previous.finishedAt === null ? "" : `, ${day(previous.finishedAt)}`;
  return `Against the certificate${of} of run ${previous.run}${when}: ${verdictWords[previous.verdict]}.`;
}

function finding(difference: Difference): string {
  const bad = difference.newlyFailing.length;
  const fixed = difference.fixed.length + (difference.more.fixed ?? 0);
  const still = difference.stillFailing.length;
  const removed = difference.removed.length + (difference.more.removed ?? 0);
  const parts = [
    bad === 0 ? "" : `${capital(counted(bad))} ${bad === 1 ? "result" : "results"} turned bad`,
    fixed === 0 ? "" : `${counted(fixed)} ${fixed === 1 ? "was" : "were"} repaired`,
    still === 0 ? "" : `${counted(still)} still ${still === 1 ? "fails" : "fail"}`,
    removed === 0 ? "" : `${counted(removed)} ${removed === 1 ? "is" : "are"} gone`,
  ].filter((part) => part !== "");
  if (parts.length === 0) return "No test changed its outcome.";
  return `${capital(listed(parts))}.`;
}
