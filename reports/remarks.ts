import type { Event, SourceData } from "../pipelines/dsl/event.ts";
import type { Plan } from "../pipelines/dsl/plan-document.ts";
import type { Remark } from "./certificate-document.ts";
import { type Touch, touchesOf } from "./touch.ts";
import type { RunVerdicts } from "./verdict.ts";
import { waiverRemarks } from "./waivers-applied.ts";
import { clock, listed, plural, size } from "./wording.ts";

/** What was noticed about record, evidence and sources, with its effect on the verdict. */
export function remarksOf(
  run: RunVerdicts,
  sources: readonly SourceData[],
  events: readonly Event[],
): readonly Remark[] {
  return [
    ...run.doubts.map((detail) => ({ what: "Record", where: "events", detail, effect: "nothing can be green" })),
    ...touchesOf(events).map((touch) => touchRemark(touch, run)),
    ...sources.filter((source) => source.dirty).map(dirty),
    ...run.suites.flatMap((suite) => suiteRemarks(suite)),
    ...waiverRemarks(run),
    ...cutEvidence(events),
  ];
}

/** What a partial run left out, so that nobody takes its certificate for one of the whole matrix. */
export function partialRemarks({ partial }: Plan): readonly Remark[] {
  if (partial === undefined) return [];
  const cells = `${plural(partial.cells.length, "cell")} of the matrix`;
  const detail = `Limited to ${partial.chosen.join(" or ")}: without ${listed([cells, ...partial.stages])}.`;
  return [{ what: "Partial", where: "the run", detail, effect: "it cannot be approved" }];
}

function touchRemark({ node, server, by, what, at, seq }: Touch, run: RunVerdicts): Remark {
  const detail = `${by} ${what === "shell" ? "opened a shell" : "ran a command"} on ${server} at ${clock(at, "seconds")}, event ${seq}.`;
  const here = (text: string) => text.includes(` ${server} of ${node} `);
  const lost = run.suites.filter(({ failure }) => failure?.reason === "touched" && here(failure.detail)).length;
  const effect = lost === 0 ? "none" : `${plural(lost, "suite")} of this run ${lost === 1 ? "does" : "do"} not count`;
  return { what: "Touched", where: node, detail, effect };
}

function dirty(source: SourceData): Remark {
  const detail = `The files differ from commit ${source.commit.slice(0, 12) || "(none)"}; the tree digest names what was used.`;
  return { what: "Uncommitted", where: source.name, detail, effect: "none" };
}

function suiteRemarks({ suite, node, result, earlier, verdict }: RunVerdicts["suites"][number]): readonly Remark[] {
  const where = `${suite} of ${node}`;
  const effect = `suite ${verdict.replaceAll("-", " ")}`;
  const damaged = result?.damaged == null ? [] : [{ what: "Damaged", where, detail: result.damaged, effect }];
  const notes = (result?.remarks ?? []).map((detail) => ({ what: "Note", where, detail, effect: "none" }));
  const kept = (result?.kept ?? []).map(({ of, path, bytes }) => ({
    what: "Kept",
    where,
    detail: `The suite's ${of === "stdout" ? "output" : of} of ${size(bytes)} is longer than what is shown: all of it lies in ${path}.`,
    effect: "none",
  }));
  const replaced = earlier.map((one) => ({
    what: "Not counted",
    where,
    detail: `${plural(one.tests.length, "result")} of attempt ${one.attempt}, recorded as event ${one.seq}.`,
    effect: verdict === "passed-with-retries" ? "shown as a retry" : "none",
  }));
  return [...damaged, ...notes, ...kept, ...replaced];
}

function cutEvidence(events: readonly Event[]): readonly Remark[] {
  return events.flatMap((event) =>
    event.type === "evidence" && event.data.truncated
      ? [{ what: "Cut", where: event.data.file.path, detail: "The file was larger than what is kept.", effect: "none" }]
      : [],
  );
}
