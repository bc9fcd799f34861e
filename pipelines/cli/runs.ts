import { closest } from "../dsl/suggestion.ts";
import type { Engine, RunKind, RunRecord, RunSummary } from "../engine/engine.ts";
import { openEngine } from "../engine/postgres-engine.ts";
import { UsageError } from "./exit.ts";
import { heldAt, silence } from "./held.ts";
import { databasePlace } from "./home.ts";
import { paint, span, states } from "./view/paint.ts";
import { advance, beginProgress, type Progress } from "./view/progress.ts";

/** Lines for people and the same as JSON. */
export interface Rows {
  readonly lines: readonly string[];
  readonly json: readonly unknown[];
  /** Why this is not all: printed after the rest, and decides the exit code. */
  readonly trouble?: Error | undefined;
}

/** The parts of an engine that find a run. */
export type RunFinder = Pick<Engine, "record" | "runs" | "names">;

/**
 * The run of that name or beginning, or the latest of the kind; a UsageError names the nearest where there is none, and
 * some where several begin so.
 */
export async function findRun(engine: RunFinder, named?: string, kind: RunKind = "any"): Promise<RunRecord> {
  if (named === undefined) {
    const [latest] = await engine.runs({ kind, limit: 1 });
    const found = latest === undefined ? null : await engine.record(latest.run);
    if (found !== null) return found;
    throw new UsageError("No such run", "there is no run that this could mean", "see: edgecert list");
  }
  const exact = await engine.record(named);
  if (exact !== null) return exact;
  const starting = named === "" ? [] : await engine.runs({ beginning: named, limit: namedAtMost + 1 });
  if (starting.length > 1) {
    const names = starting.slice(0, namedAtMost).map((one) => one.run);
    const list = `${names.join(", ")}${starting.length > namedAtMost ? " and others" : ""}`;
    throw new UsageError("Several runs begin so", JSON.stringify(named), `choose one of ${list}`);
  }
  const found = starting[0] === undefined ? null : await engine.record(starting[0].run);
  if (found !== null) return found;
  throw new UsageError("No such run", JSON.stringify(named), knownRuns(named, await engine.names()));
}

/** Most runs that a refusal names. */
const namedAtMost = 10;

function knownRuns(named: string, names: readonly string[]): string {
  if (names.length === 0) return "start one with: edgecert run <definition>";
  const meant = closest(named, names);
  return meant === undefined ? `the latest are ${names.slice(0, 3).join(", ")}` : `did you mean ${meant}?`;
}

/** The id of a node of the run; a UsageError lists what there is. */
export function findNode(record: RunRecord, named: string): string {
  const ids = record.plan.nodes.map((node) => node.id);
  if (ids.includes(named)) return named;
  const near = ids.filter((id) => id.includes(named));
  const meant = closest(named, ids);
  const shown = near.length > 0 || meant === undefined ? near : [meant];
  const list = (shown.length > 0 ? shown : ids).join(", ");
  throw new UsageError("No such node", JSON.stringify(named), `${record.run} has ${list}`);
}

/** A run as its whole stream tells it. */
export async function readProgress(engine: Engine, record: RunRecord): Promise<Progress> {
  const progress = beginProgress(
    record.run,
    record.plan.nodes.map((node) => node.id),
  );
  for await (const event of engine.events(record.run)) advance(progress, event);
  return progress;
}

/** Where a run stands, for people. */
export function statusLines(record: RunRecord, progress: Progress): string[] {
  const heading = `${record.run}  ${record.pipeline}  ${stateOf(record)}${progress.verdict === null ? "" : `, ${progress.verdict}`}`;
  const width = Math.max(...[...progress.nodes.keys()].map((id) => id.length));
  const nodes = [...progress.nodes.values()].map((node) => {
    const { mark, style } = states[node.state];
    const time = node.startedAt === null ? "" : span((node.endedAt ?? Date.now()) - node.startedAt);
    const words = node.reason === "" ? node.last : node.reason;
    return `${paint(style, mark)} ${node.id.padEnd(width)} ${node.state.padEnd(9)} ${time.padStart(9)}  ${words}`.trimEnd();
  });
  const left = progress.leftovers === null ? [] : [`Left: ${progress.leftovers.length}`];
  return [paint("bold", heading), ...nodes, ...left];
}

/** Where a run stands, for programs. */
export function statusJson(record: RunRecord, progress: Progress): unknown {
  const { nodes, ...rest } = progress;
  return { ...rest, pipeline: record.pipeline, state: stateOf(record), nodes: [...nodes.values()] };
}

/** A run that nobody works on is said to be interrupted, whatever its record says. */
function stateOf({ state, outcome, alive }: RunSummary): string {
  return (state === "running" || state === "queued") && !alive ? "interrupted" : (outcome ?? state);
}

/** The newest runs, and how many more there are; all of them for a null limit. */
export async function listRuns(limit: number | null): Promise<Rows> {
  // Because the wiring of a worker takes half a second to load and a list needs none of it.
  const engine = await openEngine({ ...databasePlace(), worker: false });
  try {
    const json = await engine.runs(limit === null ? {} : { limit });
    if (json.length === 0) return { lines: ["No runs yet. Start one with: edgecert run <definition>"], json };
    const lines = json.map((one) => `${one.run}  ${one.pipeline.padEnd(20)} ${stateOf(one)}`);
    const more = limit === json.length ? (await engine.count()) - limit : 0;
    return { lines: more > 0 ? [...lines, paint("dim", `and ${more} older: edgecert list --all`)] : lines, json };
  } finally {
    await engine.close();
  }
}

/** What every place of this machine lists as ours, and which of them cannot be asked. */
export async function listMachines(): Promise<Rows> {
  const { machinesOf } = await import("../../infra/providers/machines.ts");
  const { homeFolder } = await import("./home.ts");
  const { found, silent } = await heldAt(machinesOf(homeFolder()), {});
  const trouble = silence(silent);
  if (found.length === 0 && trouble === undefined)
    return { lines: ["Nothing is held: 0 machines, 0 files."], json: [] };
  return {
    trouble,
    lines: found.map((one) => `${one.id}  ${one.kind}  ${one.run}  ${one.node}  until ${one.expiresAt}`),
    json: found,
  };
}
