import { collectResults } from "../../reports/collect.ts";
import { recordsOf } from "../../reports/record.ts";
import { covers, judge } from "../../reports/verdict.ts";
import type { Event } from "../dsl/event.ts";
import type { RunRecord } from "../engine/engine.ts";
import { UsageError } from "./exit.ts";
import { runFolder } from "./home.ts";
import { findRun } from "./runs.ts";
import { certificateState } from "./sealed.ts";
import { openReader } from "./wiring.ts";

/** A run with the ids of its cells that did not pass, in plan order; at least one. */
export interface OpenCells {
  readonly record: RunRecord;
  readonly cells: readonly string[];
}

/**
 * The cells of a run that failed, were inconclusive or did not run; those that it had left out do not count. A
 * UsageError where it has not come to its end, and where all of its cells passed.
 */
export async function openCellsOf(named: string): Promise<OpenCells> {
  await using reader = await openReader();
  const record = await findRun(reader.engine, named);
  refuseUnfinished(record);
  const events: Event[] = [];
  for await (const event of reader.engine.events(record.run)) events.push(event);
  const passed = await passedCells(reader.home, record, events);
  const cells = record.plan.cells.map((cell) => cell.id).filter((id) => !passed.has(id));
  if (cells.length > 0) return { record, cells };
  const { run, definition, plan } = record;
  const detail = plan.cells.length === 0 ? `the plan of ${run} has no cells` : `every cell of ${run} passed`;
  throw new UsageError("Nothing failed", detail, `run it anew: edgecert run ${definition}`);
}

function refuseUnfinished({ run, state, alive }: RunRecord): void {
  if (state === "finished" || state === "waiting-approval") return;
  const next = alive
    ? `wait for it: edgecert logs -f ${run}`
    : `finish it: edgecert resume ${run}, or give back what it holds: edgecert cancel ${run}`;
  throw new UsageError("The run has not ended", `${run} is ${alive ? "being worked on" : "interrupted"}`, next);
}

const green: ReadonlySet<string> = new Set(["passed", "passed-with-retries", "not-applicable"]);

/** By the sealed certificate; where there is none any more, by the record and the results that are on disk. */
async function passedCells(home: string, record: RunRecord, events: readonly Event[]): Promise<ReadonlySet<string>> {
  const found = await certificateState(home, record);
  const judged =
    found.state === "intact"
      ? found.certificate
      : judge(record.plan, events, { results: await collectResults(events, runFolder(home, record.run)) });
  const passed = judged.cells.filter((cell) => green.has(cell.verdict) || unprovenPass(cell, record, events));
  return new Set(passed.map((cell) => cell.id));
}

/** Because a cell without suites never has a verdict, it is asked whether all of its nodes passed. */
function unprovenPass(
  cell: { readonly nodes: readonly string[]; readonly values: Readonly<Record<string, string>> },
  { plan }: RunRecord,
  events: readonly Event[],
): boolean {
  if (cell.nodes.length > 0) return false;
  const records = recordsOf(events);
  const own = plan.nodes.filter((node) => node.kind === "run" && covers(node, cell.values));
  return own.every((node) => records.get(node.id)?.last?.outcome === "passed");
}
