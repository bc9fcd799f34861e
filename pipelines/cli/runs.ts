import { closest } from "../dsl/suggestion.ts";
import type { Engine, RunRecord } from "../engine/engine.ts";
import { UsageError } from "./exit.ts";
import { paint, span, states } from "./paint.ts";
import { advance, beginProgress, type Progress } from "./progress.ts";
import { openReader } from "./wiring.ts";

/** Lines for people and the same as JSON. */
export interface Rows {
  readonly lines: readonly string[];
  readonly json: readonly unknown[];
}

/**
 * The run of that name or beginning, or the latest that fits; a UsageError names the nearest where there is none, and all
 * where several begin so.
 */
export async function findRun(
  engine: Pick<Engine, "runs">,
  named: string | undefined,
  fits: (record: RunRecord) => boolean = () => true,
): Promise<RunRecord> {
  const runs = await engine.runs();
  if (named === undefined) {
    const latest = runs.filter(fits).sort((a, b) => b.startedAt.localeCompare(a.startedAt))[0];
    if (latest !== undefined) return latest;
    throw new UsageError("No such run", "there is no run that this could mean", "see: edgecert list");
  }
  const exact = runs.find((one) => one.run === named);
  const starting = exact === undefined ? runs.filter((one) => one.run.startsWith(named)) : [exact];
  const [found, ...others] = starting;
  if (found === undefined) throw new UsageError("No such run", JSON.stringify(named), knownRuns(named, runs));
  if (others.length === 0) return found;
  const list = starting.map((one) => one.run).join(", ");
  throw new UsageError("Several runs begin so", JSON.stringify(named), `choose one of ${list}`);
}

function knownRuns(named: string, runs: readonly RunRecord[]): string {
  const names = runs.map((one) => one.run);
  if (names.length === 0) return "start one with: edgecert run <definition>";
  const meant = closest(named, names);
  return meant === undefined ? `the latest are ${names.slice(0, 3).join(", ")}` : `did you mean ${meant}?`;
}

/** Whether resume has something to do: work that is not done, or an undo that failed. */
export function isResumable({ state, leaked }: RunRecord): boolean {
  return state !== "finished" || leaked > 0;
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
function stateOf(record: RunRecord): string {
  return record.state === "running" && !record.alive ? "interrupted" : (record.outcome ?? record.state);
}

/** All runs, newest first. */
export async function listRuns(): Promise<Rows> {
  await using reader = await openReader();
  const runs = [...(await reader.engine.runs())].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const json = runs.map(({ plan: _, ...rest }) => rest);
  if (runs.length === 0) return { lines: ["No runs yet. Start one with: edgecert run <definition>"], json };
  return { lines: runs.map((one) => `${one.run}  ${one.pipeline.padEnd(20)} ${stateOf(one)}`), json };
}

/** What the provider of this machine lists as ours. */
export async function listMachines(): Promise<Rows> {
  const { localProvider } = await import("../../infra/providers/local/provider.ts");
  const { homeFolder } = await import("./home.ts");
  const found = await localProvider({ home: homeFolder() }).list({});
  if (found.length === 0) return { lines: ["Nothing is held: 0 machines, 0 files."], json: [] };
  return {
    lines: found.map((one) => `${one.id}  ${one.kind}  ${one.run}  ${one.node}  until ${one.expiresAt}`),
    json: found,
  };
}
