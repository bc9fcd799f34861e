import type { Plan } from "../pipelines/dsl/plan-document.ts";
import { cellsOf } from "./causes.ts";
import type { FailedTest, Remark } from "./certificate-document.ts";
import type { RunVerdicts } from "./verdict.ts";
import type { AppliedWaiver } from "./waivers.ts";
import { plural } from "./wording.ts";

/** Every waiver of the plan with what it covers in a run, also those that cover nothing. */
export function appliedWaivers(
  run: RunVerdicts,
  failures: readonly FailedTest[],
  plan: Plan,
): readonly AppliedWaiver[] {
  const covered = Map.groupBy(
    failures.filter((test) => test.counted && test.waiver !== undefined),
    ({ waiver }) => waiver ?? "",
  );
  return run.waivers.map(({ waiver, letter, refused }) => {
    const tests = covered.get(letter) ?? [];
    const suites = run.suites.filter((suite) => suite.accepted === letter);
    const nodes = [...tests, ...suites].map(({ node }) => node);
    return {
      ...waiver,
      letter,
      tests: tests.map(({ anchor }) => anchor),
      accepts: suites.map(({ suite, node, vanished }) =>
        vanished.length === 0
          ? `${suite} of ${node}, without a test`
          : `${plural(vanished.length, "test")} of ${suite} of ${node}`,
      ),
      cells: cellsOf(nodes, plan),
      ...(refused === null ? {} : { refused }),
    };
  });
}

/** What was noticed about waivers: those that do not hold, and those that are about nothing in this run. */
export function waiverRemarks(run: RunVerdicts): readonly Remark[] {
  const used = new Set(
    run.suites.flatMap(({ waived, accepted }) => [...waived.values(), ...(accepted === null ? [] : [accepted])]),
  );
  return run.waivers.flatMap(({ letter, waiver: { ticket }, refused }): readonly Remark[] => {
    const about = { what: "Waiver", where: letter };
    if (refused !== null) return [{ ...about, detail: `${ticket}: ${refused}`, effect: "it waives nothing" }];
    if (used.has(letter)) return [];
    const detail = `${ticket}: nothing in this run is what it is about: take it out of the definition.`;
    return [{ ...about, detail, effect: "none" }];
  });
}
