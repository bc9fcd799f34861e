import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StageContext } from "../../../pipelines/dsl/context.ts";
import type { Event } from "../../../pipelines/dsl/event.ts";
import { FailureError } from "../../../pipelines/dsl/failure.ts";
import type { Json } from "../../../pipelines/dsl/json.ts";
import type { StageBody, StageInput } from "../../../pipelines/dsl/pipeline.ts";
import type { Plan } from "../../../pipelines/dsl/plan-document.ts";
import { someFailure } from "./memory-run.ts";
import { type Bodies, type NodeSketch, sketchPlan } from "./scripted-pipeline.ts";

/**
 * The plan whose runs are killed. The servers are lost once, under their first results, so that the group is attempted
 * again.
 *
 *   source --+--> builders (held) --> packages --+--> results --> [seal] --> release (approval) --> publish
 *            `--> servers (held) ----------------'
 */
const sketch: Readonly<Record<string, NodeSketch>> = {
  source: {},
  builders: { needs: { source: "source" }, undo: true },
  packages: { needs: { builders: "builders" } },
  servers: { needs: { source: "source" }, undo: true, lost: 1 },
  results: { needs: { servers: "servers", packages: "packages" } },
  release: { approval: true, needs: { results: ["results"] } },
  publish: { needs: { release: "release", results: "results" } },
};

export const killPlan: Plan = sketchPlan(sketch, "killed");

/** Where a run is stopped to be killed. `round` 1 is a node's part in the second attempt of its group. */
export interface KillPoint {
  /** `before` its intent is stored and its body has not begun; `during` it has had its effect and not returned; `after` its end is stored and nobody was told. */
  readonly when: "before" | "during" | "after";
  readonly node: string;
  readonly round: 0 | 1;
}

const regrouped = ["servers", "results", "undo:servers"];

/** Every node of the plan and its seal, by every point. */
export const killPoints: readonly KillPoint[] = [...killPlan.nodes.map(({ id }) => id), "seal"].flatMap((node) =>
  (regrouped.includes(node) ? ([0, 1] as const) : ([0] as const)).flatMap((round) =>
    (["before", "during", "after"] as const).map((when) => ({ when, node, round })),
  ),
);

/** A short name for a point, fit for a run. */
export function pointName({ when, node, round }: KillPoint): string {
  return `${when}-${node.replace(":", "-")}${round === 0 ? "" : "-again"}`;
}

/** Called by every body before and after its effect: may never return. */
export type Stop = (at: { readonly run: string; readonly node: string; readonly when: "during" }) => Promise<void>;

/** Bodies whose effects are files below `world/<run>`: what is held, and a line for every effect. */
export function killBodies(world: string, stop: Stop): Bodies {
  const place = (ctx: StageContext) => {
    const folder = join(world, ctx.run);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const work =
    (name: string) =>
    async (input: StageInput, ctx: StageContext): Promise<Json> => {
      const folder = place(ctx);
      if (name === "results") loseFirst(folder, JSON.stringify(input.servers));
      if (name === "builders" || name === "servers") writeFileSync(join(folder, `held-${name}-${ctx.attempt}`), "");
      appendFileSync(join(folder, "effects"), `${name} ${ctx.attempt}\n`);
      await stop({ run: ctx.run, node: name, when: "during" });
      const { params: _, cell: __, sources: ___, ...needs } = input;
      return { by: name, attempt: ctx.attempt, needs: JSON.parse(JSON.stringify(needs)) };
    };
  const undo =
    (name: string) =>
    async (_: StageInput, ctx: StageContext): Promise<void> => {
      const folder = place(ctx);
      for (const file of readdirSync(folder)) if (file.startsWith(`held-${name}-`)) rmSync(join(folder, file));
      if (ctx.node.startsWith("undo:")) await stop({ run: ctx.run, node: ctx.node, when: "during" });
    };
  const stages: Record<string, Partial<StageBody>> = {};
  for (const [name, { undo: held, approval }] of Object.entries(sketch)) {
    if (approval !== true) stages[name] = { run: work(name), ...(held === true ? { undo: undo(name) } : {}) };
  }
  return stages;
}

/** The first servers that anything is tested on are lost, however often it is tried on them. */
function loseFirst(folder: string, servers: string): void {
  const file = join(folder, "lost");
  if (!existsSync(file)) writeFileSync(file, servers);
  if (readFileSync(file, "utf8") !== servers) return;
  throw new FailureError(someFailure("lost"));
}

/** What is wrong with the record of a run that was killed and went on, and with what it left; empty when nothing is. */
export function killProblems(world: string, run: string, events: readonly Event[]): readonly string[] {
  const problems: string[] = [];
  const said = (type: Event["type"], node?: string) =>
    events.filter((event) => event.type === type && (node === undefined || event.node === node));
  if (events.some(({ seq }, index) => seq !== index + 1)) problems.push("the sequence of its events has a gap");
  for (const type of ["run.started", "run.sealed", "run.finished"] as const) {
    if (said(type).length !== 1) problems.push(`${said(type).length} events ${type}`);
  }
  const folder = join(world, run);
  const left = readdirSync(folder).filter((file) => file.startsWith("held-"));
  if (left.length > 0) problems.push(`left in the world: ${left.join(", ")}`);
  const effects = readFileSync(join(folder, "effects"), "utf8").trimEnd().split("\n");
  for (const { id } of killPlan.nodes) {
    const ends = events.filter((event) => event.node === id && /^node\.(passed|failed|skipped)$/.test(event.type));
    const last = ends.at(-1);
    if (last?.type !== "node.passed") problems.push(`${id} ended with ${last?.type}`);
    const wanted = regrouped.includes(id) ? 2 : 1;
    if (ends.length !== wanted) problems.push(`${id} ended ${ends.length} times, not ${wanted}`);
    const later = events.filter((event) => event.node === id && event.seq > (last?.seq ?? 0));
    if (later.length > 0) problems.push(`${id} went on after its end: ${later.map(({ type }) => type).join(", ")}`);
    const own = effects.filter((line) => line.startsWith(`${id} `));
    if (own.length > 0 && own.at(-1) !== `${id} ${last?.attempt}`) {
      problems.push(`the last effect of ${id} is ${own.at(-1)}, its end is of attempt ${last?.attempt}`);
    }
  }
  return problems;
}
