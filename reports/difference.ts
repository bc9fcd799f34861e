import type { Plan } from "../pipelines/dsl/plan-document.ts";
import { certifiedKey, pastSuite } from "./baseline.ts";
import type { Certificate, CertifiedSuite, CertifiedTest, FailedTest } from "./certificate-document.ts";
import { testKey } from "./flaky.ts";
import type { SealedCertificate } from "./seal.ts";
import type { Verdict } from "./verdict.ts";

/** A test by its identity; `anchor` where it stands among the failures of this certificate. */
export interface TestReference {
  readonly cell: string;
  readonly suite: string;
  readonly class: string;
  readonly name: string;
  readonly params: string | null;
  readonly occurrence: number;
  readonly anchor?: string;
}

/** What changed since the previous certificate of the same pipeline. */
export interface Difference {
  readonly previous: {
    readonly run: string;
    readonly digest: string;
    readonly finishedAt: string | null;
    readonly version: string | null;
    readonly verdict: Verdict;
  };
  readonly cells: readonly { readonly id: string; readonly before: Verdict | null; readonly now: Verdict | null }[];
  readonly newlyFailing: readonly TestReference[];
  /** `since` is the run that it first failed in without a pass since, `runs` how many certificates that makes. */
  readonly stillFailing: readonly (TestReference & { readonly since: string; readonly runs: number })[];
  readonly fixed: readonly TestReference[];
  readonly newlySkipped: readonly TestReference[];
  readonly removed: readonly TestReference[];
  readonly added: readonly TestReference[];
  /** What the lists leave out, by list: each holds at most some thousand tests. */
  readonly more: Readonly<Partial<Record<"newlySkipped" | "removed" | "added" | "fixed", number>>>;
}

/** What of a certificate is compared. */
export interface Compared {
  readonly plan: Pick<Plan, "partial">;
  readonly cells: Certificate["cells"];
  readonly suites: readonly CertifiedSuite[];
  readonly failures: readonly FailedTest[];
}

/** Tests of one list that a certificate holds; failing ones are all held. */
const listedAtMost = 1_000;

/**
 * What changed since an earlier certificate, in time that grows with the number of tests. A suite without evidence then
 * or now adds, removes and fixes no test: its cell says what became of it.
 */
export function differenceFrom(previous: SealedCertificate, now: Compared): Difference {
  const before = previous.certificate;
  const lists = emptyLists();
  const matched = new Set<CertifiedSuite>();
  const anchors = anchorsOf(now.failures);
  const ages = agesOf(before);
  for (const suite of now.suites) {
    const past = pastSuite(before, suite);
    if (past !== undefined) matched.add(past);
    if (suite.counts !== null) compareSuites(past, suite, { lists, anchors, ages, run: before.run });
  }
  for (const past of before.suites) {
    if (!matched.has(past) && !isLeftOut(past, now))
      for (const test of past.tests) lists.removed.push(reference(past, test));
  }
  const { finishedAt, verdict, product, run } = before;
  return {
    previous: { run, digest: previous.digest, finishedAt, version: product.version, verdict },
    cells: changedCells(before.cells, now.cells),
    newlyFailing: lists.newlyFailing,
    stillFailing: lists.stillFailing,
    ...limited(lists),
  };
}

interface Lists {
  readonly newlyFailing: TestReference[];
  readonly stillFailing: (TestReference & { readonly since: string; readonly runs: number })[];
  readonly fixed: TestReference[];
  readonly newlySkipped: TestReference[];
  readonly removed: TestReference[];
  readonly added: TestReference[];
}

function emptyLists(): Lists {
  return { newlyFailing: [], stillFailing: [], fixed: [], newlySkipped: [], removed: [], added: [] };
}

interface Age {
  readonly since: string;
  readonly runs: number;
}

interface Comparison {
  readonly lists: Lists;
  /** Anchors of failures that count, by {@link placeKey}. */
  readonly anchors: ReadonlyMap<string, string>;
  /** How long tests had been failing by the earlier certificate, by {@link placeKey}. */
  readonly ages: ReadonlyMap<string, Age>;
  /** The run of the earlier certificate. */
  readonly run: string;
}

function compareSuites(past: CertifiedSuite | undefined, suite: CertifiedSuite, to: Comparison): void {
  const before = new Map((past?.tests ?? []).map((test) => [certifiedKey(test), test]));
  const { lists } = to;
  for (const test of suite.tests) {
    const key = certifiedKey(test);
    const was = before.get(key);
    before.delete(key);
    const failing = isRed(test);
    if (was === undefined && past?.counts !== null) lists.added.push(reference(suite, test));
    if (!failing && !(was !== undefined && (isRed(was) || isSkipped(test)))) continue;
    const place = placeKey(suite.node, suite.suite, key);
    const anchor = to.anchors.get(place);
    const told = { ...reference(suite, test), ...(anchor === undefined ? {} : { anchor }) };
    if (failing && was !== undefined && isRed(was)) {
      const age = to.ages.get(past === undefined ? place : placeKey(past.node, past.suite, key));
      lists.stillFailing.push({ ...told, since: age?.since ?? to.run, runs: (age?.runs ?? 1) + 1 });
    } else if (failing) lists.newlyFailing.push(told);
    else if (isSkipped(test)) {
      if (was !== undefined && !isSkipped(was)) lists.newlySkipped.push(told);
    } else lists.fixed.push(told);
  }
  if (past !== undefined) for (const test of before.values()) lists.removed.push(reference(past, test));
}

function isRed({ status }: CertifiedTest): boolean {
  return status === "failed" || status === "error";
}

function isSkipped({ status }: CertifiedTest): boolean {
  return status === "skipped";
}

function reference({ scope, suite }: CertifiedSuite, test: CertifiedTest): TestReference {
  const { class: group, name, params = null, occurrence = 1 } = test;
  return { cell: Object.values(scope).join("/"), suite, class: group, name, params, occurrence };
}

function placeKey(node: string, suite: string, key: string): string {
  return `${node} ${suite} ${key}`;
}

function anchorsOf(failures: readonly FailedTest[]): ReadonlyMap<string, string> {
  const counted = failures.filter((test) => test.counted);
  return new Map(counted.map((test) => [placeKey(test.node, test.suite, testKey(test)), test.anchor]));
}

/** Because a certificate names its tests by cells, and stages may share these: each node of the cell is given the age. */
function agesOf({ difference, suites }: Certificate): ReadonlyMap<string, Age> {
  const ages = new Map<string, Age>();
  const still = difference?.stillFailing ?? [];
  if (still.length === 0) return ages;
  const nodes = Map.groupBy(suites, ({ scope, suite }) => JSON.stringify([Object.values(scope).join("/"), suite]));
  for (const test of still) {
    for (const { node, suite } of nodes.get(JSON.stringify([test.cell, test.suite])) ?? []) {
      ages.set(placeKey(node, suite, testKey(test)), { since: test.since, runs: test.runs });
    }
  }
  return ages;
}

/** Whether a suite is not there because the run was limited to other cells: then nobody took it away. */
function isLeftOut(past: CertifiedSuite, { plan: { partial } }: Compared): boolean {
  const left = partial?.cells ?? [];
  return past.cells.length > 0 && past.cells.every((id) => left.some((cell) => cell.id === id));
}

function changedCells(before: Certificate["cells"], now: Certificate["cells"]): Difference["cells"] {
  // Because a cell that a limited run left out is as it was.
  const left = new Set(now.filter(({ blame }) => blame === "selection").map(({ id }) => id));
  const verdictsOf = (cells: Certificate["cells"]) =>
    new Map(cells.flatMap(({ id, blame, verdict }) => (blame === "selection" || left.has(id) ? [] : [[id, verdict]])));
  const past = verdictsOf(before);
  const present = verdictsOf(now);
  return [...new Set([...present.keys(), ...past.keys()])]
    .map((id) => ({ id, before: past.get(id) ?? null, now: present.get(id) ?? null }))
    .filter((cell) => cell.before !== cell.now);
}

function limited(lists: Lists): Pick<Difference, "fixed" | "newlySkipped" | "removed" | "added" | "more"> {
  const names = ["newlySkipped", "removed", "added", "fixed"] as const;
  const more = names.flatMap((name) =>
    lists[name].length > listedAtMost ? [[name, lists[name].length - listedAtMost] as const] : [],
  );
  const first = (name: (typeof names)[number]) => lists[name].slice(0, listedAtMost);
  return {
    fixed: first("fixed"),
    newlySkipped: first("newlySkipped"),
    removed: first("removed"),
    added: first("added"),
    more: Object.fromEntries(more),
  };
}
