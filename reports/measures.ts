import type { MeasureLimit } from "../pipelines/dsl/measure-limit.ts";
import type { Measure } from "./results.ts";

/** A measure of one suite in one cell, with what it was in past certificates and what it must not exceed. */
export interface CertifiedMeasure extends Measure {
  readonly cell: string;
  readonly node: string;
  readonly suite: string;
  /** `class name` of the test that reported it; null for the suite itself. */
  readonly test: string | null;
  /** Oldest first, of the same pipeline, cell and suite. */
  readonly past: readonly { readonly run: string; readonly at: string; readonly value: number }[];
  /** What the definition declares about it; null where it is only shown. */
  readonly limit: MeasureLimit | null;
  readonly outcome: "met" | "missed" | "unlimited";
  /** Why it was missed, in one sentence; empty otherwise. */
  readonly reason: string;
}
