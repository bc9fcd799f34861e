import type { Cause, Certificate } from "../certificate-document.ts";
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
  const causes = new Map(certificate.causes.flatMap((cause) => cause.tests.map((anchor) => [anchor, cause] as const)));
  const failing = (title: string, tests: readonly DatedReference[]) => listOf(title, tests, { words, causes });
  const others = (title: string, tests: readonly TestReference[], more?: number) =>
    listOf(title, tests, { words, causes: new Map(), ...(more === undefined ? {} : { more }) });
  const { more } = difference;
  const all: readonly ChangeList[] = [
    failing("new", difference.newlyFailing),
    others("fixed", difference.fixed, more.fixed),
    failing("still failing", difference.stillFailing),
    others("removed", difference.removed, more.removed),
    others("newly skipped", difference.newlySkipped, more.newlySkipped),
    others("added", difference.added, more.added),
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

type DatedReference = TestReference & { readonly since?: string; readonly runs?: number };

interface ListSources {
  readonly words: ReadonlyMap<string, string>;
  /** By the anchor of a failed test. */
  readonly causes: ReadonlyMap<string, Cause>;
  /** What the list leaves out. */
  readonly more?: number;
}

/** The same test of several cells is one row, and so are the tests of one cause. */
function listOf(title: string, tests: readonly DatedReference[], { words, causes, more = 0 }: ListSources): ChangeList {
  const groups = Map.groupBy(tests, (test) => {
    const cause = causes.get(test.anchor ?? "");
    const own = [test.suite, test.class, test.name, test.params, test.occurrence];
    return JSON.stringify([test.since, cause === undefined ? own : cause.letter]);
  });
  const rows = [...groups.values()].map((same) => rowOf(same, words, causes.get(same[0]?.anchor ?? "")));
  const open = title === "added" || title === "newly skipped" ? 3 : openRows;
  const rest = rows.slice(open);
  return {
    count: String(tests.length + more),
    words: title,
    shown: rows.slice(0, open),
    rest,
    unfold: plural(rest.length, "more test"),
    more: more === 0 ? "" : `${plural(more, "more result")} in certificate.json.`,
  };
}

function rowOf(
  same: readonly DatedReference[],
  words: ReadonlyMap<string, string>,
  cause: Cause | undefined,
): ChangeRow {
  const [first] = same;
  const names = new Set(same.map((test) => JSON.stringify([test.suite, test.class, test.name, test.params])));
  const places = [...new Set(same.map((test) => words.get(test.cell) ?? (test.cell || "whole run")))];
  const since = first?.since === undefined ? "" : `since ${first.since}, ${plural(first.runs ?? 1, "certificate")}`;
  const several = cause !== undefined && names.size > 1;
  const where = [
    cause?.letter ?? "",
    several ? plural(names.size, "test") : "",
    places.length > 3 ? plural(places.length, "cell") : listed(places),
    since,
  ];
  return {
    name: several ? cause.title : [first?.name, first?.params].filter((part) => part).join(" "),
    group: several ? "" : (first?.class ?? ""),
    where: where.filter((one) => one !== "").join(" · "),
    anchor: several ? `cause-${cause.letter}` : (same.find((test) => test.anchor !== undefined)?.anchor ?? ""),
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
