import type { Event } from "../../dsl/event.ts";
import { FailureError } from "../../dsl/failure.ts";
import type { Plan, PlanReproduction, RecalledNode } from "../../dsl/plan-document.ts";
import { closest } from "../../dsl/suggestion.ts";
import type { Engine, RunRecord } from "../../engine/engine.ts";
import { UsageError } from "../exit.ts";
import { verifiedCertificate } from "../sealed.ts";
import { type Division, divided } from "./plan.ts";
import { filesIn, unusable } from "./recall.ts";
import { findTest } from "./test-choice.ts";

/** Where an earlier run is read. */
export interface GatherSources {
  readonly engine: Pick<Engine, "events" | "outputs">;
  readonly home: string;
}

/** What is to be repeated. */
export interface ReproductionWords {
  readonly cell: string;
  readonly test?: string;
}

/** Throws a UsageError where the run has no such cell, or has not come so far that one of its cells can be repeated. */
export function refuseUnready({ run, plan, state, alive }: RunRecord, cell: string): void {
  const cells = plan.cells.map(({ id }) => id);
  if (!cells.includes(cell)) {
    const meant = closest(cell, cells);
    const next = meant === undefined ? `it has ${cells.join(", ") || "none"}` : `did you mean ${meant}?`;
    throw new UsageError("No such cell", `${run} has no cell ${JSON.stringify(cell)}`, next);
  }
  if (state === "finished" || state === "waiting-approval") return;
  const next = alive ? `wait for it: edgecert logs -f ${run}` : `finish it: edgecert resume ${run}`;
  throw new UsageError("The run has not ended", `${run} is ${alive ? "being worked on" : "interrupted"}`, next);
}

/**
 * All that the cell is repeated with, as `now` plans it: outputs and files of the earlier run, compared by sha256, and
 * the images of its servers. A UsageError, or a FailureError about a file, where something is not there any more.
 */
export async function gather(
  { engine, home }: GatherSources,
  record: RunRecord,
  of: ReproductionWords & { readonly now: Plan },
): Promise<PlanReproduction> {
  const { run } = record;
  const division = divided(of.now);
  const events: Event[] = [];
  for await (const event of engine.events(run)) events.push(event);
  const outputs = await engine.outputs(run);
  const recalled: Record<string, RecalledNode> = {};
  for (const id of division.recalled) {
    const output = outputs.get(id);
    if (output === undefined) throw neverMade(record, id, of.cell);
    for (const file of filesIn(output)) {
      const failure = await unusable(home, run, file);
      if (failure !== null) throw new FailureError(failure);
    }
    recalled[id] = { output, told: toldBy(id, events) };
  }
  const said = { run, cell: of.cell, recalled, images: imagesOf(division, events) };
  if (of.test === undefined) return said;
  const { certificate } = await verifiedCertificate(home, record);
  return { ...said, test: of.test, limit: findTest(certificate, of.cell, of.test) };
}

function neverMade({ run, definition }: RunRecord, id: string, cell: string): UsageError {
  const detail = `${id} of ${run} gave nothing that could be used again`;
  return new UsageError("Nothing to repeat", detail, `run it anew: edgecert run ${definition} --cells ${cell}`);
}

/** Only what its last attempt told counts. */
function toldBy(node: string, events: readonly Event[]): RecalledNode["told"] {
  const own = events.filter((event) => event.node === node);
  const last = own.at(-1)?.attempt;
  return own.flatMap((event): RecalledNode["told"] => {
    if (event.attempt !== last) return [];
    if (event.type === "source.fetched") return [{ type: event.type, data: event.data }];
    return event.type === "package.built" ? [{ type: event.type, data: event.data }] : [];
  });
}

function imagesOf({ fresh }: Division, events: readonly Event[]): PlanReproduction["images"] {
  const images: Record<string, Record<string, string>> = {};
  for (const event of events) {
    if (event.type !== "server.ready" || event.node === undefined || !fresh.has(event.node)) continue;
    images[event.node] = { ...images[event.node], [event.data.server]: event.data.facts.imageDigest };
  }
  return images;
}
