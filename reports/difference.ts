import type { Verdict } from "./verdict.ts";

/** A test by its identity; `anchor` where it stands among the failures of this certificate. */
export interface TestReference {
  readonly cell: string;
  readonly suite: string;
  readonly class: string;
  readonly name: string;
  readonly params: string | null;
  readonly occurrence: number;
  readonly anchor?: string;
}

/** What changed since the previous certificate of the same pipeline. */
export interface Difference {
  readonly previous: {
    readonly run: string;
    readonly digest: string;
    readonly finishedAt: string | null;
    readonly version: string | null;
    readonly verdict: Verdict;
  };
  readonly cells: readonly { readonly id: string; readonly before: Verdict | null; readonly now: Verdict | null }[];
  readonly newlyFailing: readonly TestReference[];
  /** `since` is the run that it first failed in without a pass since, `runs` how many certificates that makes. */
  readonly stillFailing: readonly (TestReference & { readonly since: string; readonly runs: number })[];
  readonly fixed: readonly TestReference[];
  readonly newlySkipped: readonly TestReference[];
  readonly removed: readonly TestReference[];
  readonly added: readonly TestReference[];
  /** What the lists leave out, by list: each holds at most some thousand tests. */
  readonly more: Readonly<Partial<Record<"newlySkipped" | "removed" | "added" | "fixed", number>>>;
}
