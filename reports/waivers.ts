import type { Waiver } from "../pipelines/dsl/waiver.ts";

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
