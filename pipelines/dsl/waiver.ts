/**
 * A person's decision that a failure, or a loss of tests, is known and does not keep the product from being certified.
 * Always shown. Axis values, names and ids are exact; what is absent restricts nothing. Plain JSON, also imported.
 */
export interface Waiver {
  readonly scope: WaiverScope;
  readonly ticket: string;
  readonly approver: string;
  readonly reason: string;
  /** UTC, ISO 8601 (`2026-12-31` or `2026-12-31T18:00:00Z`): refused from then on. */
  readonly expires: string;
}

/**
 * What a waiver is about: failures of a `test` or of a `scenario`, or, where it says how many tests have `vanished`,
 * the loss of these from a suite.
 */
export interface WaiverScope {
  /** Cell id, such as `debian-13/lxd-ssh`. */
  readonly cell?: string | undefined;
  readonly suite?: string | undefined;
  /** `class name` of a test, as the certificate shows it: of all its parameters, or of those given. */
  readonly test?: string | undefined;
  readonly params?: string | undefined;
  /** Id of a scenario of the requirement catalogue. */
  readonly scenario?: string | undefined;
  /**
   * How many tests of the last green certificate are missing, exactly, from a suite that the waiver accepts as it is; 0
   * for a suite that never held a test. Needs `suite`.
   */
  readonly vanished?: number | undefined;
}

/** Longest time that a waiver may be valid for, in milliseconds: 90 days. */
export const longestWaiver = 90 * 24 * 60 * 60 * 1000;

/** Milliseconds since the epoch of a waiver's expiry; null where the text is no date of the calendar. */
export function waiverExpiry(text: string): number | null {
  const [, date, time = "T00:00:00Z"] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/.exec(text) ?? [];
  if (date === undefined) return null;
  const at = Date.parse(`${date}${time}`);
  // Because Date.parse takes 30 February for a day of March.
  const whole = Number.isFinite(at) && new Date(Date.parse(`${date}T00:00:00Z`)).toISOString().startsWith(date);
  return whole ? at : null;
}
