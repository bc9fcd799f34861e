import type { Cause, Certificate, FailedTest } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import { cellWords, plural, sentence } from "../wording.ts";
import type { BlockedText } from "./block.ts";
import { causeWhere } from "./cause-words.ts";
import { ageWords } from "./change.ts";
import { reproduceCommand } from "./command.ts";
import { type ContrastView, contrastsByCause } from "./contrast.ts";
import { blockedText, type FailureView, failureView, weight } from "./failure.ts";
import { type CauseMark, causeMark } from "./mark.ts";
import { type MiniatureView, miniatures } from "./miniature.ts";
import { type PlaceView, placesOf, type ScopeIndex, scopeIndex } from "./place.ts";
import { type TailView, tailsByCause } from "./tail.ts";

/** One cause with everything that explains it. */
export interface CauseView {
  readonly letter: string;
  readonly anchor: string;
  readonly mark: CauseMark;
  readonly title: string;
  readonly where: string;
  readonly margin: readonly string[];
  readonly cells: string;
  /** Whether it is new, or for how many certificates it has been there; empty where nobody knows. */
  readonly age: string;
  /** Ids of its cells, for a filter. */
  readonly ids: string;
  readonly miniature: MiniatureView | null;
  readonly detail: string;
  readonly next: string;
  readonly failures: readonly FailureView[];
  /** The suites that it took the green from, where no failed test says so. */
  readonly suites: readonly SuiteLine[];
  readonly places: readonly PlaceView[];
  readonly contrasts: readonly ContrastView[];
  readonly tails: readonly TailView[];
  readonly reproduce: string;
}

interface SuiteLine {
  readonly anchor: string;
  readonly mark: Verdict;
  readonly suite: string;
  readonly cell: string;
  readonly read: string;
  readonly exit: string;
}

/** All causes, and the texts that did not fit open into the page, by the key of their failure. */
export interface CausesView {
  readonly items: readonly CauseView[];
  readonly texts: Readonly<Record<string, BlockedText>>;
}

type Group = readonly [FailedTest, ...FailedTest[]];

/** Characters of messages, traces and output that stand open in the page; the rest stands in its compressed block. */
const room = 900_000;

/** Causes with places, miniatures and an open failure of their own; later ones name their failures. */
const causesInFull = 40;

/** The causes in the order of their letters. */
export function causeViews(certificate: Certificate): CausesView {
  const { causes, suites } = certificate;
  const byCause = Map.groupBy(certificate.failures, (test) => test.cause);
  const groups = causes.map((cause) => sameTests(byCause.get(cause.letter) ?? []));
  const open = openGroups(groups);
  const cells = new Map(suites.map((suite) => [suite.node, suite.cells]));
  const tails = tailsByCause(certificate);
  const index = { ...indexOf(certificate), cells, open, tails: tails.views };
  const items = causes.map((cause, position) => causeView(cause, groups[position] ?? [], { certificate, ...index }));
  const keys = new Set(items.flatMap((item) => item.failures.map((failure) => failure.key)));
  const texts = groups
    .flat()
    .flatMap(([first]) => (keys.has(first.anchor) ? [[first.anchor, blockedText(first)]] : []));
  return { items, texts: { ...Object.fromEntries(texts), ...tails.texts } };
}

interface CauseIndex {
  readonly certificate: Certificate;
  readonly open: ReadonlySet<Group>;
  readonly cells: ReadonlyMap<string, readonly string[]>;
  readonly scopes: ScopeIndex;
  readonly miniature: (cause: Cause) => MiniatureView | null;
  readonly contrasts: ReadonlyMap<string, readonly ContrastView[]>;
  readonly ages: ReadonlyMap<string, string>;
  readonly tails: ReadonlyMap<string, readonly TailView[]>;
}

function indexOf(certificate: Certificate): Pick<CauseIndex, "scopes" | "miniature" | "contrasts" | "ages"> {
  return {
    scopes: scopeIndex(certificate),
    miniature: miniatures(certificate),
    contrasts: contrastsByCause(certificate),
    ages: ageWords(certificate),
  };
}

/** Failures in the same words, whatever their names, in the order of their first. */
function sameTests(tests: readonly FailedTest[]): readonly Group[] {
  const groups = new Map<string, [FailedTest, ...FailedTest[]]>();
  for (const test of tests) {
    const { suite, status, message, details, stdout, attempts, properties, attachments, kept, waiver } = test;
    const key = JSON.stringify([
      suite,
      status,
      message,
      details,
      stdout,
      attempts,
      properties,
      attachments,
      kept,
      waiver,
    ]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [test]);
    else known.push(test);
  }
  return [...groups.values()];
}

/** The groups that stand in the page in full: the first of every cause, then the second, until the room is used up. */
function openGroups(causes: readonly (readonly Group[])[]): ReadonlySet<Group> {
  const rounds = causes
    .slice(0, causesInFull)
    .flatMap((groups) => groups.map((group, round) => ({ group, round })))
    .sort((left, right) => left.round - right.round);
  let used = 0;
  const open = rounds.filter(({ group, round }) => {
    used += weight(group[0]);
    return round === 0 || used <= room;
  });
  return new Set(open.map(({ group }) => group));
}

function causeView(cause: Cause, groups: readonly Group[], index: CauseIndex): CauseView {
  const { certificate } = index;
  const own = groups.flat();
  const names = new Set(own.map((test) => JSON.stringify([test.class, test.name, test.params])));
  const { cells, letter } = cause;
  const full = certificate.causes.indexOf(cause) < causesInFull;
  const age = index.ages.get(letter) ?? "";
  const [cell] = cells;
  return {
    letter,
    anchor: `cause-${letter}`,
    mark: causeMark(cause.verdict),
    title: sentence(cause.title),
    where: causeWhere(cause, certificate),
    margin: [names.size === 0 ? "" : plural(names.size, "test"), plural(cells.length, "cell"), age].filter(
      (one) => one,
    ),
    cells: plural(cells.length, "cell"),
    age,
    ids: cells.join(" "),
    miniature: full ? index.miniature(cause) : null,
    detail: cause.detail,
    next: cause.next,
    failures: groups.map((tests, position) =>
      failureView(
        tests,
        { named: names.size > 1, open: position === 0, short: !index.open.has(tests), cells: index.cells },
        certificate,
      ),
    ),
    suites: own.length > 0 ? [] : suitesOf(cause, certificate),
    places: full ? placesOf(cause, certificate, index.scopes) : [],
    contrasts: index.contrasts.get(letter) ?? [],
    tails: index.tails.get(letter) ?? [],
    reproduce: cell === undefined ? "" : reproduceCommand(certificate, cell, names.size === 1 ? fullName(own[0]) : ""),
  };
}

/** As `edgecert reproduce` takes it. */
function fullName(test: FailedTest | undefined): string {
  return [test?.class ?? "", test?.name ?? ""].filter((part) => part !== "").join(" ");
}

function suitesOf(cause: Cause, { suites, titles }: Certificate): CauseView["suites"] {
  return suites
    .filter((suite) => cause.nodes.includes(suite.node) && suite.verdict === cause.verdict)
    .map((suite) => ({
      anchor: suite.anchor,
      mark: suite.verdict,
      suite: suite.suite,
      cell: cellWords(suite.scope, titles) || "Whole run",
      read: suite.counts === null ? "none" : String(Object.values(suite.counts).reduce((sum, one) => sum + one, 0)),
      exit: suite.attempt === null ? "none" : (suite.exitCode?.toString() ?? "unknown"),
    }));
}
