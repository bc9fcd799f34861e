import { type Duration, parseDuration } from "./duration.ts";
import { failureOf } from "./failure.ts";
import type { PlanPolicies } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";

/**
 * What happens to held machines when a user of them failed: given back at once, or left for a person to look at, for so
 * long. Nobody pays for one that was forgotten: `on-failure` is four hours.
 */
export type Keep = "never" | "on-failure" | { readonly on: "failure"; readonly for: Duration };

/** How long machines are kept where the definition does not say it. */
export const defaultKeepFor: Duration = "4h";

/** The effective policy: `keepFor` (milliseconds) is there only where something may be kept. */
export function keepOf(stage: Keep | undefined, pipeline: Keep | undefined): Pick<PlanPolicies, "keep" | "keepFor"> {
  const from = stage !== undefined ? "stage" : pipeline !== undefined ? "pipeline" : "default";
  const keep = stage ?? pipeline ?? "never";
  if (keep === "never") return { keep: { value: "never", from } };
  const kept = { keep: { value: "on-failure", from } } as const;
  if (typeof keep === "string") return { ...kept, keepFor: { value: parseDuration(defaultKeepFor), from: "default" } };
  // Because a bad duration is told by keepProblems, together with all other mistakes.
  const value = parseDuration(keepProblems("", keep).length === 0 ? keep.for : defaultKeepFor);
  return { ...kept, keepFor: { value, from } };
}

/** What is wrong with the policy as it is written; `where` says whose it is. */
export function keepProblems(where: string, keep: Keep | undefined): Problem[] {
  const title = `Bad keep of ${where}`;
  const next = 'Write "never", "on-failure" or { on: "failure", for: "2h" }.';
  if (keep === undefined || keep === "never" || keep === "on-failure") return [];
  if (typeof keep !== "object" || keep === null || keep.on !== "failure")
    return [{ title, detail: `${JSON.stringify(keep)} says no time at which machines are kept.`, next }];
  try {
    parseDuration(keep.for);
    return [];
  } catch (error) {
    return [{ title, detail: failureOf(error).detail, next }];
  }
}
