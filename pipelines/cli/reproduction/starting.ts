import { requireSystemPackages } from "../../../infra/hosts/requirements.ts";
import type { Event } from "../../dsl/event.ts";
import type { Plan, PlanReproduction } from "../../dsl/plan-document.ts";
import { attend } from "../attend.ts";
import { type Definition, loadDefinition } from "../definition.ts";
import { originOf } from "../origin.ts";
import { refuseOversized } from "../planning.ts";
import { requireRoom } from "../room.ts";
import { findRun } from "../runs.ts";
import type { ShowChoice } from "../view/run-view.ts";
import { openReader, openWorker, type Worker } from "../wiring.ts";
import { gather, type ReproductionWords, refuseUnready } from "./gather.ts";
import { reproducing } from "./pipeline.ts";

/** Repeats a cell of an earlier run, stays with it, says how to log in, and gives its exit code. */
export async function reproduce(named: string, words: ReproductionWords & ShowChoice): Promise<number> {
  const { definition, of, params } = await prepared(named, words);
  const pipeline = reproducing(definition.pipeline, of);
  const plan = await pipeline.plan(params, { refuse: refuseOversized });
  requireSystemPackages();
  await requireRoom(plan, undefined);
  await using work = await openWorker();
  const origin = await originOf(definition.file);
  const run = await work.engine.start({ definition: definition.file, origin, pipeline, plan });
  work.interrupts.watch(run);
  work.disks.watch(run);
  const code = await attend(work, run, words);
  for (const line of await lastWords(work, run, { plan, of })) process.stderr.write(`${line}\n`);
  return code;
}

interface Prepared {
  readonly definition: Definition;
  readonly of: PlanReproduction;
  readonly params: unknown;
}

async function prepared(named: string, words: ReproductionWords): Promise<Prepared> {
  await using reader = await openReader();
  const record = await findRun(reader.engine, named);
  const { run, cell } = { run: record.run, cell: words.cell };
  refuseUnready(record, cell);
  const definition = await loadDefinition(record.definition);
  const { partial } = record.plan;
  const then = await definition.pipeline
    .plan(record.params, partial === undefined ? {} : { cells: partial.chosen })
    .catch(() => null);
  if (record.plan.reproduces === undefined && then?.digest !== record.plan.digest)
    process.stderr.write(
      `edgecert: ${definition.file} plans something else than for ${run}: it is taken as it is now\n`,
    );
  const now = await definition.pipeline.plan(record.params, { cells: [cell] });
  const of = await gather(reader, record, { ...words, now });
  const what = of.limit === undefined ? "all its suites" : `${of.limit.suite}: ${of.limit.class} ${of.limit.name}`;
  process.stderr.write(
    `edgecert: repeats ${cell} of ${run} on fresh servers (${what}); it never counts, and its servers are kept\n`,
  );
  return { definition, of, params: record.params };
}

/** Which images are others than then, and how to log in to what is kept and to give it back. */
async function lastWords(
  { engine, provider }: Worker,
  run: string,
  { plan, of }: { readonly plan: Plan; readonly of: PlanReproduction },
): Promise<readonly string[]> {
  const events: Event[] = [];
  for await (const event of engine.events(run)) events.push(event);
  const held = new Set((await provider.list({ run })).map(({ id }) => id));
  const ready = events.flatMap((event) =>
    event.type === "server.ready" && held.has(event.data.id) ? [{ node: event.node ?? "", ...event.data }] : [],
  );
  const others = ready.flatMap(({ node, server, facts }) => {
    const then = of.images[node]?.[server];
    if (then === undefined || then === facts.imageDigest) return [];
    return [`Image:       of ${server} it is ${facts.imageDigest.slice(0, 16)} now, it was ${then.slice(0, 16)}`];
  });
  const cell = plan.cells[0]?.id ?? of.cell;
  const roles = [...new Set(ready.map(({ role }) => role))];
  return [
    ...others,
    ...roles.map((role) => `Log in:      edgecert ssh ${cell}/${role} --run ${run}`),
    ...(ready.length > 0 ? [`Give back:   edgecert list --machines --release ${run}`] : []),
  ];
}
