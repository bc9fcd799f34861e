import type { Verdict } from "../verdict.ts";

/** Requirement coverage, both ways: what each requirement is proved by, and what each test proves. */
export interface Coverage {
  readonly catalogue: { readonly name: string; readonly digest: string };
  readonly components: readonly { readonly id: string; readonly title: string }[];
  readonly requirements: readonly CoveredRequirement[];
  readonly scenarios: readonly CoveredScenario[];
  /** Tests that name a scenario which the catalogue does not have. */
  readonly orphans: readonly { readonly scenario: string; readonly suite: string; readonly test: string }[];
  /** Tests that name no scenario at all. */
  readonly unassigned: number;
}

export interface CoveredRequirement {
  readonly id: string;
  readonly title: string;
  readonly component: string;
  readonly scenarios: readonly string[];
  /** The worst of its scenarios; `not-run` where one has no test. */
  readonly verdict: Verdict;
}

export interface CoveredScenario {
  readonly id: string;
  readonly title: string;
  readonly requirements: readonly string[];
  /** The worst of its cells; `not-run` where no test names it (a gap). */
  readonly verdict: Verdict;
  /** Cells that have a test of it. */
  readonly cells: readonly { readonly cell: string; readonly verdict: Verdict; readonly tests: number }[];
  /** Anchors of failed tests that name it. */
  readonly failures: readonly string[];
}
