import type { Certificate } from "../certificate-document.ts";
import type { CoveredScenario } from "../requirements/coverage.ts";
import type { Verdict } from "../verdict.ts";
import { capital, counted, grouped, plural } from "../wording.ts";
import { verdictWords } from "./mark.ts";
import { manyCells } from "./miniature.ts";

/** Requirement coverage both ways. */
export interface CoverageView {
  readonly finding: string;
  readonly catalogue: string;
  readonly components: readonly {
    readonly id: string;
    readonly title: string;
    readonly rows: readonly CoverageRow[];
  }[];
  readonly gaps: readonly string[];
  readonly orphans: readonly { readonly scenario: string; readonly tests: string }[];
  readonly unassigned: string;
}

interface CoverageRow {
  readonly anchor: string;
  /** The requirement, where the row above is not of the same. */
  readonly requirement: { readonly id: string; readonly title: string; readonly mark: Verdict } | null;
  readonly scenario: string;
  readonly title: string;
  readonly tests: string;
  /** One mark per cell in the order of the matrix; empty where there are too many. */
  readonly strip: readonly (Verdict | "dot" | "none")[];
  readonly mark: Verdict;
  readonly proved: string;
  readonly gap: boolean;
  readonly failures: readonly { readonly anchor: string; readonly number: string }[];
}

/** The coverage in view, or null where the definition names no requirements. */
export function coverageView({ coverage, cells }: Certificate): CoverageView | null {
  if (coverage === null) return null;
  const scenarios = new Map(coverage.scenarios.map((scenario) => [scenario.id, scenario]));
  const order = cells.length < manyCells ? cells.map((cell) => cell.id) : [];
  const byScenario = Map.groupBy(coverage.orphans, (orphan) => orphan.scenario);
  const anchored = new Set<string>();
  const byComponent = Map.groupBy(coverage.requirements, (requirement) => requirement.component);
  return {
    finding: finding(coverage.scenarios),
    catalogue: coverage.catalogue.name,
    components: coverage.components.map(({ id, title }) => ({
      id,
      title,
      rows: (byComponent.get(id) ?? []).flatMap((requirement) =>
        requirement.scenarios.flatMap((name, index) => {
          const scenario = scenarios.get(name);
          if (scenario === undefined) return [];
          const anchor = anchored.has(name) ? "" : `scenario-${name.replace(/[^A-Za-z0-9.]+/g, "-")}`;
          anchored.add(name);
          const head = { id: requirement.id, title: requirement.title, mark: requirement.verdict };
          return [{ ...rowOf(scenario, order), anchor, requirement: index === 0 ? head : null }];
        }),
      ),
    })),
    gaps: coverage.scenarios.filter(isGap).map(({ id, title }) => `${id}, ${title}`),
    orphans: [...byScenario].map(([scenario, own]) => ({
      scenario,
      tests: own.map(({ suite, test }) => `${test} (${suite})`).join(", "),
    })),
    unassigned:
      coverage.unassigned === 0
        ? ""
        : `${plural(coverage.unassigned, "test")} ${coverage.unassigned === 1 ? "names" : "name"} no scenario: ${coverage.unassigned === 1 ? "it counts" : "they count"} for their cell, not for a requirement.`,
  };
}

function isGap(scenario: CoveredScenario): boolean {
  return scenario.cells.length === 0;
}

function rowOf(scenario: CoveredScenario, order: readonly string[]): Omit<CoverageRow, "anchor" | "requirement"> {
  const verdicts = new Map(scenario.cells.map((one) => [one.cell, one.verdict]));
  const tests = scenario.cells.reduce((most, one) => Math.max(most, one.tests), 0);
  return {
    scenario: scenario.id,
    title: scenario.title,
    tests: grouped(tests),
    strip: order.map((cell) => {
      const verdict = verdicts.get(cell) ?? "none";
      return verdict === "passed" ? "dot" : verdict;
    }),
    mark: isGap(scenario) ? "not-applicable" : scenario.verdict,
    proved: provedWords(scenario),
    gap: isGap(scenario),
    failures: scenario.failures.map((anchor, index) => ({ anchor, number: String(index + 1) })),
  };
}

/** `all 14`, or `11 of 14, 1 failed`: cells that passed, and what the others came to. */
function provedWords(scenario: CoveredScenario): string {
  const { cells } = scenario;
  if (isGap(scenario)) return "Gap: no test names it";
  const count = (verdict: Verdict) => cells.filter((cell) => cell.verdict === verdict).length;
  const green = count("passed") + count("passed-with-retries");
  const order: readonly Verdict[] = ["failed", "inconclusive", "not-run"];
  const rest = order.flatMap((verdict) => (count(verdict) === 0 ? [] : [`${count(verdict)} ${verdictWords[verdict]}`]));
  return green === cells.length ? `all ${green}` : [`${green} of ${cells.length}`, ...rest].join(", ");
}

function finding(scenarios: readonly CoveredScenario[]): string {
  const proved = scenarios.filter((one) => one.verdict === "passed" || one.verdict === "passed-with-retries").length;
  const failed = scenarios.filter((one) => one.verdict === "failed").length;
  const gaps = scenarios.filter(isGap).length;
  const open = scenarios.length - proved - failed - gaps;
  if (scenarios.length === 0) return "The catalogue has no scenario.";
  const all = proved === scenarios.length;
  if (all)
    return scenarios.length === 1 ? "The one scenario is proved." : `All ${counted(proved)} scenarios are proved.`;
  const rest = [
    failed === 0 ? "" : `${counted(failed)} ${failed === 1 ? "fails" : "fail"}`,
    open === 0 ? "" : `${counted(open)} ${open === 1 ? "lacks" : "lack"} results`,
    gaps === 0 ? "" : `${counted(gaps)} ${gaps === 1 ? "has" : "have"} no test`,
  ].filter((part) => part !== "");
  if (proved === 0) return `None of ${counted(scenarios.length)} scenarios is proved. ${capital(rest.join(", "))}.`;
  const be = proved === 1 ? "is" : "are";
  return `${capital(counted(proved))} of ${counted(scenarios.length)} scenarios ${be} proved. ${capital(rest.join(", "))}.`;
}
