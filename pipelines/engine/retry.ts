import type { Failure, FailureClass } from "../dsl/failure.ts";
import type { PlanPolicies } from "../dsl/plan-document.ts";

/** How many attempts failed so far, by failure class. */
export type Spent = Readonly<Partial<Record<FailureClass, number>>>;

/** First and longest pause before another attempt, in milliseconds. */
const pause = { first: 1000, longest: 60_000 } as const;

/** Whether a failed attempt is followed by another: only within the budget of its class. */
export function mayRetry(failure: Failure, policies: PlanPolicies, spent: Spent): boolean {
  const { value, from } = policies.retry;
  // Because a body that used up its whole time once will mostly do so again: only a written policy repeats that.
  if ((failure.reason === "timeout" || failure.reason === "stall") && from === "default") return false;
  if (failure.class === "cancelled") return false;
  return (spent[failure.class] ?? 0) < (value[failure.class] ?? 0);
}

/** The pause before the attempt after `failures` failed ones: doubling, with jitter of up to half, in milliseconds. */
export function retryDelay(failures: number, random: () => number = Math.random): number {
  const full = Math.min(pause.longest, pause.first * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (0.5 + random() / 2));
}
