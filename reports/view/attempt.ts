import type { Certificate } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import { clock, sentence } from "../wording.ts";

/** A node with more than one attempt. */
export interface AttemptsView {
  readonly node: string;
  readonly attempts: readonly {
    readonly number: string;
    readonly mark: Verdict;
    readonly words: string;
    readonly why: string;
  }[];
}

/** The attempts of every node that had several. */
export function attemptViews({ attempts }: Certificate): readonly AttemptsView[] {
  return attempts.map(({ node, attempts: own }) => ({
    node,
    attempts: own.map(({ number, outcome, failure, startedAt }) => ({
      number: `${number}`,
      mark: outcome === "passed" ? "passed" : outcome === "failed" || outcome === "retried" ? "failed" : "not-run",
      words: outcome === "retried" ? "failed, tried again" : outcome,
      why: [startedAt === null ? "" : clock(startedAt, "seconds"), failure === null ? "" : sentence(failure.title)]
        .filter((text) => text !== "")
        .join(" · "),
    })),
  }));
}
