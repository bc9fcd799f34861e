import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Owner, StageContext } from "../dsl/context.ts";
import type { EventBody, Outcome } from "../dsl/event.ts";
import { type Failure, FailureError } from "../dsl/failure.ts";
import { folderName } from "../dsl/identifier.ts";
import type { Json } from "../dsl/json.ts";
import type { PlanNode } from "../dsl/plan-document.ts";
import { runAttempt } from "./attempt.ts";
import { engineFailure } from "./failures.ts";
import { leaseMs } from "./lease.ts";
import type { LiveRun } from "./live-run.ts";
import { nodeInput } from "./node-input.ts";
import { mayRetry, retryDelay, type Spent } from "./retry.ts";
import { type OpenContext, openContext } from "./stage-context.ts";
import type { Settlement } from "./store/run-memory.ts";

/** What one recorded step of a node's work says: it settled, or it failed and goes on after a pause. */
export type NodeStep =
  | { readonly settled: true }
  | { readonly settled: false; readonly class: Failure["class"]; readonly delayMs: number };

/**
 * Attempts a node until it has settled. `record` stores what a step said and, after a crash, answers with it instead of
 * doing the step again; a step that was lost in flight is done again as a new attempt.
 */
export async function runNode(
  live: LiveRun,
  id: string,
  options: { readonly round: number; record(step: () => Promise<NodeStep>): Promise<NodeStep> },
): Promise<void> {
  const plan = live.parts.graph.nodes.get(id)?.plan;
  if (plan === undefined) throw new TypeError(`the plan of ${live.parts.run} has no node ${id}`);
  let spent: Spent = {};
  let delayMs = 0;
  for (;;) {
    const known = { plan, round: options.round, spent, delayMs };
    const step = await options.record(() => nodeStep(live, known));
    if (step.settled) return;
    spent = { ...spent, [step.class]: (spent[step.class] ?? 0) + 1 };
    delayMs = step.delayMs;
  }
}

interface NodeProgress {
  readonly plan: PlanNode;
  readonly round: number;
  readonly spent: Spent;
  readonly delayMs: number;
}

async function nodeStep(live: LiveRun, progress: NodeProgress): Promise<NodeStep> {
  const { plan, round } = progress;
  // Because the record of a step may have been lost after the node was sent back to waiting: its round is over.
  if (live.round(plan.id) > round) return { settled: true };
  const settled = live.settled.get(plan.id);
  if (settled === undefined || settled.round < round) {
    const step = await attemptStep(live, progress);
    // Because whoever holds the run now decides what comes next.
    if (live.released.signal.aborted) await new Promise(() => {});
    if (!step.settled) return step;
  }
  await live.flushed();
  return { settled: true };
}

async function attemptStep(live: LiveRun, { plan, round, spent, delayMs }: NodeProgress): Promise<NodeStep> {
  const undo = plan.kind === "undo";
  await pause(delayMs, undo ? [live.released.signal] : [live.released.signal, live.cancelled.signal]);
  const settle = (outcome: Outcome, body: EventBody, more: Pick<Settlement, "output" | "lost"> = {}): NodeStep => {
    live.settle(plan.id, { outcome, round, ...more }, body);
    return { settled: true };
  };
  const cancelled = (): NodeStep =>
    settle("cancelled", { type: "node.cancelled", data: { reason: live.cancelReason ?? "the run was cancelled" } });
  if (!undo && live.cancelled.signal.aborted) return cancelled();
  const attempt = live.nextAttempt(plan.id);
  live.push({
    event: live.event({ type: "node.started", data: {} }, { node: plan.id, attempt }),
    node: { node: plan.id, attempt },
  });
  // Because from here on the body may touch the world: the intent must be stored first.
  await live.flushed();
  const end = await attemptBody(live, plan, attempt);
  if (end.type === "passed") {
    return settle("passed", { type: "node.passed", data: {} }, end.output === undefined ? {} : { output: end.output });
  }
  if (end.type === "cancelled" || (!undo && live.cancelled.signal.aborted)) return cancelled();
  const { failure } = end;
  if (mayRetry(failure, plan.policies, spent)) {
    const delay = retryDelay(Object.values(spent).reduce((sum, count) => sum + count, 1));
    live.tell({ type: "node.retrying", data: { failure, delayMs: delay } }, { node: plan.id, attempt });
    return { settled: false, class: failure.class, delayMs: delay };
  }
  if (undo) return settle("leaked", { type: "node.leaked", data: { failure } });
  return settle("failed", { type: "node.failed", data: { failure } }, failure.class === "lost" ? { lost: true } : {});
}

async function attemptBody(live: LiveRun, plan: PlanNode, attempt: number) {
  const { node, attemptFolder } = await attemptPlace(live, plan, attempt);
  const owner = ownerOf(live, node, attempt);
  const bounds = {
    node: plan.id,
    policies: plan.policies,
    released: live.released.signal,
    ...(plan.kind === "undo" ? {} : { cancelled: live.cancelled.signal }),
    abandoned: () => live.tell(abandonedNote, { node: plan.id, attempt }),
  };
  let opened: OpenContext | null = null;
  try {
    return await runAttempt(bounds, (signal, touch) => {
      opened = openContext({ live, node: plan, owner, attempt, attemptFolder, signal, touch });
      return runBody(live, plan, opened.context);
    });
  } finally {
    // Because a body that was left behind may still speak: nothing of it is recorded from here on.
    await shut(opened);
  }
}

async function shut(opened: OpenContext | null): Promise<void> {
  await opened?.shut();
}

const abandonedNote: EventBody = {
  type: "note",
  data: { text: "It ignored its abort signal and was left behind after 30 seconds." },
};

async function attemptPlace(live: LiveRun, plan: PlanNode, attempt: number) {
  const attemptFolder = join(live.folder, "nodes", folderName(plan.id), String(attempt));
  await mkdir(attemptFolder, { recursive: true });
  return { node: plan.undoOf ?? plan.id, attemptFolder };
}

function ownerOf(live: LiveRun, node: string, attempt: number): Owner {
  const expiresAt = new Date(Date.now() + leaseMs(live.parts.graph, node)).toISOString();
  return { run: live.parts.run, node, attempt, token: live.nextToken(), expiresAt };
}

async function runBody(live: LiveRun, plan: PlanNode, context: StageContext): Promise<Json | undefined> {
  const body = live.parts.pipeline.body(plan.stage);
  const input = nodeInput(live, plan);
  if (plan.kind === "undo") {
    await body.undo?.(input, context);
    return undefined;
  }
  if (context.attempt > 1 && body.undo !== undefined) {
    context.note("Gives back what the attempt before may hold, so that this one starts on fresh servers.");
    await body.undo(input, context);
  }
  return storable(plan.id, await body.run(input, context));
}

/** The output as every later reader will see it, before and after a crash: plain JSON, at most 1 MiB. */
function storable(node: string, output: Json | undefined): Json | undefined {
  if (output === undefined) return undefined;
  const refuse = (what: string) => new FailureError(engineFailure.outputNotJson(node, what));
  let text: string | undefined;
  try {
    text = JSON.stringify(output);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  if (text === undefined) throw refuse(`It is a ${typeof output}.`);
  if (text.length > 1 << 20) throw refuse(`It is ${text.length} characters long; at most ${1 << 20} are stored.`);
  return JSON.parse(text);
}

function pause(delayMs: number, signals: readonly AbortSignal[]): Promise<void> {
  if (delayMs <= 0 || signals.some((signal) => signal.aborted)) return Promise.resolve();
  const either = AbortSignal.any([...signals]);
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    const now = (): void => {
      clearTimeout(timer);
      resolve();
    };
    either.addEventListener("abort", now, { once: true });
  });
}
