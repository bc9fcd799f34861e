/**
 * A person's decision that a failure is known and does not keep the product from being certified. Always shown. Axis
 * values, names and ids are exact; what is absent restricts nothing.
 */
export interface Waiver {
  readonly scope: {
    /** Cell id, such as `debian-13/lxd-ssh`. */
    readonly cell?: string;
    readonly suite?: string;
    /** `class name` of a test, as the certificate shows it. */
    readonly test?: string;
    /** Id of a scenario of the requirement catalogue. */
    readonly scenario?: string;
  };
  readonly ticket: string;
  readonly approver: string;
  readonly reason: string;
  /** UTC, ISO 8601: refused from then on. */
  readonly expires: string;
}

/** A waiver with what it covers in one certificate. */
export interface AppliedWaiver extends Waiver {
  /** `W1`, `W2` ... in the order of the plan. */
  readonly letter: string;
  /** Anchors of the failed tests that it covers; empty where nothing failed that it is about. */
  readonly tests: readonly string[];
  /** Tests and suites that vanished or hold no test, which it accepts. */
  readonly accepts: readonly string[];
  readonly cells: readonly string[];
}
