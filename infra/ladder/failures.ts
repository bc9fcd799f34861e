import type { LadderStep } from "../../pipelines/dsl/event.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { Elsewhere } from "../providers/fault.ts";

/** Nobody on the ladder could give the servers. */
export function ladderExhausted(steps: readonly LadderStep[]): Failure {
  const last = steps.findLast((step) => step.outcome !== "done");
  const shortage = steps.every((step) => step.class === null || step.class === "capacity" || step.class === "quota");
  return {
    reason: "ladder-exhausted",
    class: shortage ? "capacity" : (last?.class ?? "capacity"),
    title: "No rung of the ladder gives the servers asked for",
    detail: stepsInWords(steps),
    next: "Read the reason of each rung: free a pool, raise a quota or budget, or add a place to the ladder.",
  };
}

/** The ladder's deadline came first. */
export function ladderLate(deadlineMs: number, steps: readonly LadderStep[]): Failure {
  return {
    reason: "ladder-deadline",
    class: "capacity",
    title: `No servers within ${Math.round(deadlineMs / 60_000)} minutes`,
    detail: stepsInWords(steps),
    next: "Give the ladder a longer deadline, or an order in which what is slow or full comes later.",
  };
}

/** A failure that closes one place alone: another of the same provider may serve. */
export type PlaceFailure = Failure & { readonly elsewhere: Elsewhere };

/** A ladder without a rung. */
export function noRung(): Failure {
  return {
    reason: "no-rung",
    class: "configuration",
    title: "The ladder has no rung",
    detail: "Neither a pool nor an edge provider is named.",
    next: "Name at least one, such as `local`.",
  };
}

/** What an edge place would cost is more than may be spent. */
export function overBudget(place: string, asked: number, most: number): PlaceFailure {
  return {
    reason: "over-budget",
    class: "capacity",
    elsewhere: null,
    title: `${place} costs more than may be spent`,
    detail: `${asked.toFixed(2)} US dollars per hour, and ${most.toFixed(2)} are the most.`,
    next: "Raise the budget, or name a smaller or cheaper machine.",
  };
}

/** What an edge place gives would come after the deadline. */
export function tooLate(place: string, seconds: number, leftSeconds: number): PlaceFailure {
  return {
    reason: "too-late",
    class: "capacity",
    elsewhere: null,
    title: `${place} is not ready before the deadline`,
    detail: `It takes some ${Math.round(seconds)} seconds, and ${Math.round(leftSeconds)} are left.`,
    next: "Give the ladder a longer deadline, or name a machine that is ready sooner.",
  };
}

/** Servers that do not fit on the hosts that a place gives. */
export function hostsTooSmall(place: string, why: string): PlaceFailure {
  return {
    reason: "never-fits",
    class: "capacity",
    elsewhere: null,
    title: `The hosts of ${place} cannot hold the servers`,
    detail: `${why}.`,
    next: "Ask for more or larger hosts there.",
  };
}

/** Each rung with the reason why it gave nothing. */
function stepsInWords(steps: readonly LadderStep[]): string {
  const words = steps
    .filter(({ outcome, next }) => outcome !== "done" && next !== "again")
    .map(({ rung, place, reason, detail }) => `${[rung, place].filter(Boolean).join(" ")}: ${reason} (${detail})`);
  return words.length === 0 ? "Nothing was tried." : words.join("; ");
}
