import { jsonDigest } from "../../../pipelines/dsl/canonical-json.ts";
import type { StageContext } from "../../../pipelines/dsl/context.ts";
import type { FailureClass } from "../../../pipelines/dsl/failure.ts";
import type { Json } from "../../../pipelines/dsl/json.ts";
import type { Pipeline, StageBody, StageInput } from "../../../pipelines/dsl/pipeline.ts";
import type { Plan, PlanNeed, PlanNode } from "../../../pipelines/dsl/plan-document.ts";
import type { SecretSource } from "../../../pipelines/dsl/secret.ts";

/** One node of a test's plan; its undo node is made where `undo` is said. */
export interface NodeSketch {
  readonly needs?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly undo?: boolean;
  readonly approval?: boolean;
  readonly timeout?: number;
  readonly stall?: number;
  readonly expires?: number;
  readonly retry?: Partial<Record<FailureClass, number>>;
  readonly lost?: number;
  readonly keep?: "never" | "on-failure" | "always";
}

/** A plan from a sketch: node id -> what it needs. A list is an `every` need, null an optional one that is absent. */
export function sketchPlan(sketch: Readonly<Record<string, NodeSketch>>, name = "sketch"): Plan {
  const users = (holder: string) =>
    Object.entries(sketch).flatMap(([id, node]) => {
      const uses = Object.values(node.needs ?? {})
        .flat()
        .includes(holder);
      return uses ? [id, ...(node.undo === true ? [`undo:${id}`] : [])] : [];
    });
  const nodes = Object.entries(sketch).map(([id, node]) => sketchNode(id, node));
  const undos = Object.entries(sketch).flatMap(([id, node]) => {
    const after = [id, ...users(id)];
    return node.undo === true
      ? [{ ...sketchNode(id, node), id: `undo:${id}`, kind: "undo" as const, after, undoOf: id }]
      : [];
  });
  const body = {
    v: 1 as const,
    pipeline: name,
    params: { ref: "main" },
    axes: [],
    cells: [],
    holes: [],
    nodes: [...nodes, ...undos.reverse()],
    sources: {},
    secrets: [],
  };
  return { ...body, digest: jsonDigest(JSON.parse(JSON.stringify(body))) };
}

function sketchNode(id: string, node: NodeSketch): PlanNode {
  const needs = Object.entries(node.needs ?? {}).map(([name, need]): [string, PlanNeed] => [name, sketchNeed(need)]);
  const from = "stage" as const;
  return {
    id,
    stage: id.split("@")[0] ?? id,
    kind: node.approval === true ? "approval" : "run",
    cell: {},
    needs: Object.fromEntries(needs),
    after: [],
    undoOf: null,
    suites: [],
    servers: [],
    policies: {
      timeout: { value: node.timeout ?? null, from },
      stall: { value: node.stall ?? null, from },
      retry: { value: node.retry ?? {}, from },
      lost: { value: node.lost ?? 0, from },
      keep: { value: node.keep ?? "never", from },
      expires: { value: node.expires ?? null, from },
    },
  };
}

function sketchNeed(need: string | readonly string[] | null): PlanNeed {
  if (typeof need === "string") return { kind: "one", node: need };
  return need === null ? { kind: "optional", node: null } : { kind: "every", nodes: need };
}

/** The functions of a test's stages by name; a stage that is not named passes at once. */
export type Bodies = Readonly<Record<string, Partial<StageBody>>>;

/** A pipeline around a plan. */
export function sketchPipeline(
  plan: Plan,
  bodies: Bodies,
  secrets: Readonly<Record<string, SecretSource>> = {},
): Pipeline {
  const held = new Set(plan.nodes.flatMap(({ kind, stage }) => (kind === "undo" ? [stage] : [])));
  return {
    name: plan.pipeline,
    secrets,
    plan: async () => plan,
    body: (stage) => ({
      run: async () => undefined,
      ...(held.has(stage) ? { undo: async () => undefined } : {}),
      ...bodies[stage],
    }),
  };
}

/** One call of a held stage. */
export interface HeldCall {
  readonly input: StageInput;
  readonly ctx: StageContext;
  pass(output?: Json): void;
  fail(error: unknown): void;
}

/** A stage function that the test holds: each call waits until the test says how it ends. */
export interface HeldStage {
  readonly run: (input: StageInput, ctx: StageContext) => Promise<Json | undefined>;
  /** The next call, as soon as it comes. */
  next(): Promise<HeldCall>;
  /** Calls that the test has not asked for. */
  waiting(): number;
}

export function heldStage(): HeldStage {
  const calls: HeldCall[] = [];
  const askers: ((call: HeldCall) => void)[] = [];
  return {
    run: (input, ctx) =>
      new Promise((resolve, reject) => {
        const call = { input, ctx, pass: resolve, fail: reject };
        ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason), { once: true });
        const asker = askers.shift();
        if (asker === undefined) calls.push(call);
        else asker(call);
      }),
    next() {
      const call = calls.shift();
      return call === undefined ? new Promise((resolve) => askers.push(resolve)) : Promise.resolve(call);
    },
    waiting: () => calls.length,
  };
}
