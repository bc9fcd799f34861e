import type { Event } from "../pipelines/dsl/event.ts";
import type { Plan } from "../pipelines/dsl/plan-document.ts";
import type { Waiver } from "../pipelines/dsl/waiver.ts";
import { type ScenarioMarks, scenarioMarks } from "./requirements/marks.ts";
import type { TestResult } from "./results.ts";
import { testWords } from "./wording.ts";

/** A waiver with what it covers in one certificate. */
export interface AppliedWaiver extends Waiver {
  /** `W1`, `W2` ... in the order of the plan. */
  readonly letter: string;
  /** Anchors of the failed tests that it covers; empty where nothing failed that it is about. */
  readonly tests: readonly string[];
  /** Tests and suites that vanished or hold no test, which it accepts. */
  readonly accepts: readonly string[];
  readonly cells: readonly string[];
  /** Why it waives nothing, in one sentence, such as that it expired during the run; absent where it holds. */
  readonly refused?: string;
}

/** A waiver of the plan under its letter; `refused` says why it waives nothing. */
export interface LetteredWaiver {
  readonly waiver: Waiver;
  readonly letter: string;
  readonly refused: string | null;
}

/** The waivers of a plan at the time of one run. */
export interface WaiverBook {
  readonly waivers: readonly LetteredWaiver[];
  /** Letter of the waiver that covers a failed test of evidence that counts for these cells; null where none does. */
  covering(test: TestResult, cells: readonly string[]): string | null;
  /** Letter of the waiver that accepts so many vanished tests of a suite; null where none does. */
  accepting(suite: string, cells: readonly string[], vanished: number): string | null;
}

/**
 * Opens the waivers of a plan. Each is checked again by the latest time that the run's events tell, whatever their
 * order: one that expired while the run was at work waives nothing, and neither does one that planning would have
 * refused.
 */
export function waiverBook(plan: Plan, events: readonly Event[]): WaiverBook {
  const times = spanOf(events);
  const waivers = (plan.waivers ?? []).map((waiver, index) => {
    return { waiver, letter: `W${index + 1}`, refused: refusal(waiver, times) };
  });
  const valid = waivers.filter(({ refused }) => refused === null);
  const marks = plan.requirements === undefined ? null : scenarioMarks(plan.requirements);
  return {
    waivers,
    covering: (test, cells) =>
      valid.find(({ waiver }) => covers(waiver, test, marks) && reaches(waiver, test.suite, cells))?.letter ?? null,
    accepting: (suite, cells, vanished) =>
      valid.find(({ waiver }) => waiver.scope.vanished === vanished && reaches(waiver, suite, cells))?.letter ?? null,
  };
}

interface Span {
  readonly first: number;
  readonly last: number;
}

function spanOf(events: readonly Event[]): Span {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at } of events) {
    first = Math.min(first, Date.parse(at));
    last = Math.max(last, Date.parse(at));
  }
  return { first, last };
}

/** Longest time from the start of a run to the expiry of its waivers: the 90 days of planning, and a day of waiting. */
const longest = 91 * 24 * 60 * 60 * 1000;

function refusal({ scope, expires }: Waiver, { first, last }: Span): string | null {
  const at = Date.parse(expires);
  // Because NaN compares false to everything: each is asked for what holds, not for what does not.
  if (!(at > last)) return `It expired at ${expires}, before the run had ended.`;
  if (!(at <= first + longest)) return `It is valid for too long, until ${expires}.`;
  const about = scope.vanished === undefined ? [scope.test, scope.scenario] : [scope.suite];
  if (about.every((name) => name === undefined || name === "")) return "It is too wide: it names nothing that failed.";
  return null;
}

function covers({ scope }: Waiver, test: TestResult, marks: ScenarioMarks | null): boolean {
  if (scope.vanished !== undefined) return false;
  if (scope.test !== undefined && scope.test !== testWords(test)) return false;
  if (scope.params !== undefined && scope.params !== test.params) return false;
  if (scope.scenario === undefined) return scope.test !== undefined;
  return marks?.of(test).scenarios.includes(scope.scenario) ?? false;
}

/** Because evidence that counts for several cells has one verdict: a waiver of one of them does not cover the others. */
function reaches({ scope }: Waiver, suite: string, cells: readonly string[]): boolean {
  if (scope.suite !== undefined && scope.suite !== suite) return false;
  return scope.cell === undefined || (cells.length > 0 && cells.every((cell) => cell === scope.cell));
}
