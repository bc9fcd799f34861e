import type { Plan } from "../../pipelines/dsl/plan-document.ts";
import type { Catalogue, CatalogueScenario } from "../../pipelines/dsl/requirement.ts";
import { canonicalJson, sha256 } from "../canonical-json.ts";
import type { FailedTest } from "../certificate-document.ts";
import { testKey } from "../flaky.ts";
import type { SuiteVerdict } from "../judgement.ts";
import type { TestResult } from "../results.ts";
import { covers, type RunVerdicts, type Verdict, worst } from "../verdict.ts";
import { testWords } from "../wording.ts";
import { type ScenarioMarks, scenarioMarks } from "./marks.ts";

/** Requirement coverage, both ways: what each requirement is proved by, and what each test proves. */
export interface Coverage {
  readonly catalogue: { readonly name: string; readonly digest: string };
  readonly components: readonly { readonly id: string; readonly title: string }[];
  readonly requirements: readonly CoveredRequirement[];
  readonly scenarios: readonly CoveredScenario[];
  /** Tests that name a scenario which the catalogue does not have, each once for all cells: the first thousand. */
  readonly orphans: readonly { readonly scenario: string; readonly suite: string; readonly test: string }[];
  /** Tests that name no scenario at all. */
  readonly unassigned: number;
}

export interface CoveredRequirement {
  readonly id: string;
  readonly title: string;
  readonly component: string;
  /** How far its development is, as the catalogue says it; absent where it does not. */
  readonly status?: string;
  readonly scenarios: readonly string[];
  /** The worst of its scenarios and of tests that name it itself; `not-run` where one has no test. */
  readonly verdict: Verdict;
}

export interface CoveredScenario {
  readonly id: string;
  readonly title: string;
  readonly requirements: readonly string[];
  /** The worst of its cells; `not-run` where no test names it (a gap). */
  readonly verdict: Verdict;
  /**
   * Cells that have a test of it; and with 0 tests those that must have one by the catalogue, or that did not get so far
   * that it could be known.
   */
  readonly cells: readonly { readonly cell: string; readonly verdict: Verdict; readonly tests: number }[];
  /** Anchors of failed tests that name it. */
  readonly failures: readonly string[];
}

/** Where orphans end: each is told once, and a wrong pattern would make one of every test. */
const orphansAtMost = 1_000;

/** Coverage of the plan's catalogue by the evidence that counts; null where the plan has none. Fail-closed per cell. */
export function coverageOf(plan: Plan, run: RunVerdicts, failures: readonly FailedTest[]): Coverage | null {
  const catalogue = plan.requirements;
  if (catalogue === undefined) return null;
  const gathered = gather(plan, run, { marks: scenarioMarks(catalogue), anchors: anchorsOf(failures) });
  const scenarios = uniqueScenarios(catalogue).map(([scenario, requirements]) =>
    coveredScenario(scenario, requirements, { gathered, plan, run }),
  );
  const verdicts = new Map(scenarios.map(({ id, verdict }) => [id, verdict]));
  return {
    catalogue: { name: catalogue.name, digest: sha256(canonicalJson(JSON.parse(JSON.stringify(catalogue)))) },
    components: catalogue.components.map(({ id, title }) => ({ id, title })),
    requirements: catalogue.components.flatMap(({ id: component, requirements }) =>
      requirements.map(({ id, title, status, scenarios: own }) => {
        const direct = [...(gathered.requirements.get(id)?.values() ?? [])].flat();
        const all = [...own.map((one) => verdicts.get(one.id) ?? "not-run"), ...direct];
        const said = status === undefined ? {} : { status };
        return { id, title, component, ...said, scenarios: own.map((one) => one.id), verdict: worst(all, "not-run") };
      }),
    ),
    scenarios,
    orphans: [...gathered.orphans.values()].slice(0, orphansAtMost),
    unassigned: gathered.unassigned.size,
  };
}

/** What tests prove of something, by cell. */
type ByCell = Map<string, Verdict[]>;

interface Gathered {
  readonly scenarios: ReadonlyMap<string, ByCell>;
  readonly requirements: ReadonlyMap<string, ByCell>;
  readonly failures: ReadonlyMap<string, readonly string[]>;
  readonly orphans: ReadonlyMap<string, Coverage["orphans"][number]>;
  readonly unassigned: ReadonlySet<string>;
}

interface Sources {
  readonly marks: ScenarioMarks;
  /** Anchors of failures that count, by node, suite and test. */
  readonly anchors: ReadonlyMap<string, string>;
}

/** One pass over all tests that count. */
function gather(plan: Plan, run: RunVerdicts, { marks, anchors }: Sources): Gathered {
  const scenarios = new Map<string, ByCell>();
  const requirements = new Map<string, ByCell>();
  const failures = new Map<string, string[]>();
  const orphans = new Map<string, Coverage["orphans"][number]>();
  const unassigned = new Set<string>();
  for (const suite of run.suites) {
    const node = plan.nodes.find(({ id }) => id === suite.node);
    const cells = plan.cells.filter(({ values }) => node !== undefined && covers(node, values)).map(({ id }) => id);
    for (const test of suite.result?.tests ?? []) {
      const { scenarios: named, requirements: direct, unknown } = marks.of(test);
      const words = testWords(test);
      if (named.length + direct.length + unknown.length === 0) unassigned.add(JSON.stringify([suite.suite, words]));
      const verdict = provedBy(test, suite);
      for (const id of named) put(scenarios, id, cells, verdict);
      for (const id of direct) put(requirements, id, cells, verdict);
      for (const id of unknown)
        orphans.set(JSON.stringify([id, suite.suite, words]), { scenario: id, suite: suite.suite, test: words });
      const anchor = named.length === 0 ? undefined : anchors.get(anchorKey({ ...test, node: suite.node }));
      if (anchor !== undefined) for (const id of named) failures.set(id, [...(failures.get(id) ?? []), anchor]);
    }
  }
  return { scenarios, requirements, failures, orphans, unassigned };
}

function put(into: Map<string, ByCell>, id: string, cells: readonly string[], verdict: Verdict): void {
  const own = into.get(id) ?? new Map<string, Verdict[]>();
  into.set(id, own);
  for (const cell of cells) {
    const list = own.get(cell) ?? [];
    own.set(cell, list);
    list.push(verdict);
  }
}

/**
 * What one test proves: nothing where it was skipped, and not more than its suite where that is inconclusive, because
 * evidence that must not be trusted proves no scenario either.
 */
function provedBy(test: TestResult, suite: SuiteVerdict): Verdict {
  if (test.status === "skipped") return "not-run";
  if (suite.verdict === "inconclusive" || suite.verdict === "not-run") return suite.verdict;
  const red = test.status === "failed" || test.status === "error";
  if (red && !suite.waived.has(test)) return "failed";
  return suite.flaky.has(test) || suite.verdict === "passed-with-retries" ? "passed-with-retries" : "passed";
}

interface Known {
  readonly gathered: Gathered;
  readonly plan: Plan;
  readonly run: RunVerdicts;
}

function coveredScenario(
  { id, title, where }: CatalogueScenario,
  requirements: readonly string[],
  { gathered, plan, run }: Known,
): CoveredScenario {
  const proved = gathered.scenarios.get(id) ?? new Map<string, Verdict[]>();
  const cells = run.cells.flatMap(({ id: cell, verdict }): CoveredScenario["cells"] => {
    const own = proved.get(cell);
    if (own !== undefined) return [{ cell, verdict: worst(own, "not-run"), tests: own.length }];
    const values = [...plan.cells, ...(plan.partial?.cells ?? [])].find((one) => one.id === cell)?.values ?? {};
    const must = where !== undefined && within(values, where);
    // Because a cell that did not get to its tests may have one of the scenario, as others have.
    const open = where === undefined && proved.size > 0 && (verdict === "not-run" || verdict === "inconclusive");
    return must || open ? [{ cell, verdict: "not-run", tests: 0 }] : [];
  });
  const verdict = worst(
    cells.map((one) => one.verdict),
    "not-run",
  );
  return { id, title, requirements, verdict, cells, failures: gathered.failures.get(id) ?? [] };
}

function within(values: Readonly<Record<string, string>>, where: NonNullable<CatalogueScenario["where"]>): boolean {
  return Object.entries(where).every(([axis, wanted]) =>
    typeof wanted === "string" ? values[axis] === wanted : wanted.includes(values[axis] ?? ""),
  );
}

/** Each scenario once, with the requirements that it stands under. */
function uniqueScenarios({ components }: Catalogue): readonly (readonly [CatalogueScenario, readonly string[]])[] {
  const found = new Map<string, [CatalogueScenario, string[]]>();
  for (const { id: requirement, scenarios } of components.flatMap((component) => component.requirements)) {
    for (const scenario of scenarios) {
      const known = found.get(scenario.id);
      if (known === undefined) found.set(scenario.id, [scenario, [requirement]]);
      else known[1].push(requirement);
    }
  }
  return [...found.values()];
}

function anchorsOf(failures: readonly FailedTest[]): ReadonlyMap<string, string> {
  const red = failures.filter((test) => test.counted && test.status !== "passed");
  return new Map(red.map((test) => [anchorKey(test), test.anchor]));
}

function anchorKey(of: { readonly node: string; readonly suite: string } & Parameters<typeof testKey>[0]): string {
  return `${of.node} ${of.suite} ${testKey(of)}`;
}
