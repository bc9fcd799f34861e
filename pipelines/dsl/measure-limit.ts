import type { Problem } from "./plan-error.ts";

/** A fixed bound, or how far a measure may fall behind the last green certificate (0.1 is ten per cent). */
export type MeasureLimit =
  | { readonly kind: "at-least" | "at-most"; readonly value: number }
  | { readonly kind: "regression"; readonly fraction: number };

/** A number that a suite must report, and what it must not exceed: missed, it makes the suite failed. */
export interface DeclaredMeasure {
  readonly name: string;
  /** `class name` of the test that reports it. Default: whatever reports it, and all of them count. */
  readonly test?: string;
  /** As the suite writes it; another unit counts as not reported. Default: any. */
  readonly unit?: string;
  readonly limit: MeasureLimit;
}

/** Every mistake in the measures that a suite declares. */
export function measureProblems(title: string, measures: readonly DeclaredMeasure[]): readonly Problem[] {
  return measures.flatMap(({ name, limit }) => {
    const problem = (detail: string, next: string): Problem => ({ title, detail, next });
    const shown = JSON.stringify(name);
    if (typeof name !== "string" || name.trim() === "")
      return [problem(`a measure is called ${shown}.`, "Call it as the suite reports it.")];
    switch (limit.kind) {
      case "at-least":
      case "at-most":
        if (Number.isFinite(limit.value)) return [];
        return [problem(`the limit of ${shown} is ${limit.value}.`, "Give a finite number in the unit of the suite.")];
      case "regression":
        if (limit.fraction >= 0 && limit.fraction < 1) return [];
        return [problem(`${shown} may fall behind by ${limit.fraction}.`, "Give a fraction from 0 to below 1: 0.1.")];
      default: {
        const next = "Use at-least or at-most with a value, or regression with a fraction.";
        return [problem(`the limit of ${shown} is ${JSON.stringify(limit)}.`, next)];
      }
    }
  });
}
