import type { Failure } from "../pipelines/dsl/failure.ts";
import { type Baseline, vanishedTests } from "./baseline.ts";
import type { Judgement } from "./judgement.ts";
import type { SuiteResult } from "./results.ts";
import type { WaiverBook } from "./waivers.ts";
import { listed, plural } from "./wording.ts";

/** What a suite has lost since it was last green. */
export interface Vanishing {
  readonly vanished: readonly string[];
  /** Letter of the waiver that accepts it; null where none does, or nothing has to be accepted. */
  readonly accepted: string | null;
  /** Why the suite is inconclusive by it; null where it is not. */
  readonly judgement: Judgement | null;
}

/** Compares a suite with its baseline. A suite that holds no test at all has to be accepted too, also a new one. */
export function vanishing(
  result: SuiteResult,
  baseline: Baseline | null,
  { cells, waivers }: { readonly cells: readonly string[]; readonly waivers: WaiverBook },
): Vanishing {
  const vanished = vanishedTests(baseline, result);
  const empty = result.tests.length === 0;
  if (vanished.length === 0 && !empty) return { vanished, accepted: null, judgement: null };
  const accepted = waivers.accepting(result.suite, cells, vanished.length);
  if (accepted !== null) return { vanished, accepted, judgement: null };
  return { vanished, accepted, judgement: inconclusive(result, vanished, baseline) };
}

/** Names that a reason says; the certificate has more. */
const shown = 3;

function inconclusive(result: SuiteResult, vanished: readonly string[], baseline: Baseline | null): Judgement {
  const empty = result.tests.length === 0;
  const since = baseline === null ? "" : ` since ${baseline.run}`;
  const names = vanished.slice(0, shown).map((name) => `“${name}”`);
  const more = vanished.length > shown ? [`${vanished.length - shown} more`] : [];
  const lost = `${plural(vanished.length, "test")} vanished${since}: ${listed([...names, ...more])}.`;
  const none = "The suite delivered results without a single test";
  const reason = !empty ? lost : vanished.length === 0 ? `${none}.` : `${none}; ${lost}`;
  const scope = JSON.stringify({ suite: result.suite, vanished: vanished.length });
  const failure: Failure = {
    reason: empty ? "no-test" : "tests-vanished",
    class: "test",
    title: empty ? none : `${plural(vanished.length, "test")} vanished from the suite ${result.suite}${since}`,
    detail: vanished.slice(0, 100).join("\n"),
    next: `Find out why they no longer run; where that is meant, accept it with a waiver of the scope ${scope}.`,
  };
  return { verdict: "inconclusive", blame: "evidence", reason, failure };
}
