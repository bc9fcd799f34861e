import type { Plan } from "../../dsl/plan-document.ts";
import { type Chart, chartOf } from "./overview.ts";
import type { Progress } from "./progress.ts";
import { type PastDurations, type TimeLeft, timeLeft, usualDurations } from "./time-left.ts";

/** What the views of a run know beside its stream: the shape of its plan, and how long past runs took. */
export interface Outlook {
  /** Null where the plan is not known. */
  readonly chart: Chart | null;
  left(progress: Progress, now: number): TimeLeft;
  /** Takes in how long past runs of the same pipeline took; until then no time left is known. */
  learn(past: readonly PastDurations[]): void;
}

/** The outlook of a run with this plan. */
export function outlookOf(plan: Plan | null): Outlook {
  let usual: PastDurations = new Map();
  return {
    chart: plan === null ? null : chartOf(plan),
    left: (progress, now) => (plan === null ? { state: "unknown" } : timeLeft(plan, progress, usual, now)),
    learn(past) {
      usual = usualDurations(past);
    },
  };
}
