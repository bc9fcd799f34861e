import { FailureError } from "./failure.ts";

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A number and a unit: `250ms`, `90s`, `30m`, `2h`, `7d`. */
export type Duration = `${number}${keyof typeof milliseconds}`;

/** Longest duration of a policy. */
const longest = 365 * milliseconds.d;

/**
 * Milliseconds of a duration such as `90s`, `1.5h` or `7d`: more than 0 and at most 365 days. Throws a FailureError
 * of reason `bad-duration` for any other text.
 */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const value = isUnit(unit) ? Math.round(Number(digits) * milliseconds[unit]) : Number.NaN;
  if (value > 0 && value <= longest) return value;
  throw new FailureError({
    reason: "bad-duration",
    class: "configuration",
    title: "Not a duration",
    detail: `${JSON.stringify(text)} is not a positive number of ms, s, m, h or d up to 365d.`,
    next: 'Write a number and one unit, such as "90s", "30m", "2h" or "7d".',
  });
}

/** A duration in its largest whole unit: 5400000 is `90m`. */
export function printDuration(value: number): Duration {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (value > 0 && value % milliseconds[unit] === 0) return `${value / milliseconds[unit]}${unit}`;
  }
  return `${value}ms`;
}

function isUnit(text: string | undefined): text is keyof typeof milliseconds {
  return text !== undefined && text in milliseconds;
}
