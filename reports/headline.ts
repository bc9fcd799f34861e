import { type RunVerdicts, worst } from "./verdict.ts";
import { counted, plural } from "./wording.ts";

/** The verdict in a few words: `Certified` or `Not certified`, and what stands after the colon. */
interface Headline {
  readonly lead: string;
  readonly rest: string;
}

/** What a headline is made of. */
type HeadlinedRun = Pick<RunVerdicts, "verdict" | "cells" | "suites" | "doubts" | "records">;

/**
 * The verdict as a headline, counted in cells. `Passed` where a plan without suites did what it was to do: that proves
 * nothing about the product; `Passed in part` where every selected cell passed and others were not selected.
 */
export function headline(run: HeadlinedRun): Headline {
  const selected = run.cells.filter((cell) => cell.blame !== "selection");
  const left = run.cells.length - selected.length;
  if (left === 0) return wholeHeadline(run);
  const verdict = worst(
    selected.map((cell) => cell.verdict),
    "not-run",
  );
  const { lead, rest } = wholeHeadline({ ...run, cells: selected, verdict });
  const others = `${left} of ${plural(run.cells.length, "cell")} ${left === 1 ? "was" : "were"} not selected`;
  return { lead: lead === "Certified" ? "Passed in part" : lead, rest: `${rest}; ${others}` };
}

function wholeHeadline(run: HeadlinedRun): Headline {
  const total = run.cells.length;
  const count = (verdict: string) => run.cells.filter((cell) => cell.verdict === verdict).length;
  const retried = count("passed-with-retries");
  if (run.verdict === "passed" || run.verdict === "passed-with-retries") {
    const retries = retried === 0 ? "" : `, ${counted(retried)} with ${retried === 1 ? "a retry" : "retries"}`;
    const one = `the one cell passed${retried === 0 ? "" : " with a retry"}`;
    const rest = total === 1 ? one : `all ${total} cells passed${retries}`;
    return { lead: "Certified", rest: `${rest}${waivedWords(run)}` };
  }
  const lead = "Not certified";
  if (run.suites.length === 0) {
    return allPassed(run)
      ? { lead: "Passed", rest: "nothing to certify" }
      : { lead, rest: "the plan expects no suite" };
  }
  const of = (some: number) =>
    total === 1 ? "the one cell" : some === total ? `all ${total} cells` : `${some} of ${plural(total, "cell")}`;
  if (run.verdict === "failed") return { lead, rest: `${of(count("failed"))} failed` };
  const unclear = count("inconclusive");
  if (unclear > 0) return { lead, rest: `${of(unclear)} ${unclear === 1 ? "is" : "are"} inconclusive` };
  const stopped = run.cells.some((cell) => cell.blame === "person");
  const rest = `${of(count("not-run"))} did not run`;
  return { lead, rest: stopped ? `cancelled, ${rest}` : rest };
}

/** Because nobody may take a certificate with known failures for one without: they are told in the headline. */
function waivedWords({ suites }: HeadlinedRun): string {
  const waived = suites.reduce((sum, suite) => sum + suite.waived.size, 0);
  return waived === 0 ? "" : `, with ${plural(waived, "waived test")}`;
}

/** Whether all that ran until the seal passed; an approval that is open by then, and what waits for it, does not count. */
function allPassed({ records, doubts }: HeadlinedRun): boolean {
  const outcomes = [...records.values()].flatMap(({ last }) => (last === null ? [] : [last.outcome]));
  const settled = outcomes.filter((outcome) => outcome !== "interrupted");
  return doubts.length === 0 && settled.length > 0 && settled.every((outcome) => outcome === "passed");
}
