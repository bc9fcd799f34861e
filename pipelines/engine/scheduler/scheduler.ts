import { parseDuration } from "../../dsl/duration.ts";
import type { Outcome } from "../../dsl/event.ts";
import { defaultKeepFor } from "../../dsl/keep.ts";
import { Draft } from "./draft.ts";
import type { GraphNode, PlanGraph } from "./plan-graph.ts";
import {
  type Decision,
  type Fact,
  isApprovable,
  isSettled,
  type NodeState,
  type RunOutcome,
  type SchedulerState,
} from "./run-state.ts";

/** A new state and what to do about it, in order. */
export interface Step {
  readonly state: SchedulerState;
  readonly decisions: readonly Decision[];
}

/** Takes facts in and says what to do next. Pure; `width` bounds running nodes, undos not counted. */
export function advance(graph: PlanGraph, state: SchedulerState, facts: readonly Fact[], width: number): Step {
  const draft = new Deliberation(graph, state, width);
  for (const fact of facts) draft.learn(fact);
  draft.decide();
  return draft.step();
}

/** Decides upon a working copy of the state, once the facts are taken in. */
class Deliberation extends Draft {
  readonly width: number;

  constructor(graph: PlanGraph, state: SchedulerState, width: number) {
    super(graph, state);
    this.width = width;
  }

  step(): Step {
    return { state: this.state(), decisions: this.decisions };
  }

  decide(): void {
    if (this.fields.finished) return;
    // Because one skipped node may settle the next: the plan's order makes a second pass rare, not impossible.
    while (this.settleUnreachable());
    this.startUndos();
    this.startRuns();
    this.closePhase();
  }

  settleUnreachable(): boolean {
    let changed = false;
    for (const node of this.graph.nodes.values()) {
      const state = this.nodes.get(node.plan.id);
      const undecided = state === "waiting" || (state === "open" && this.fields.cancelled !== null);
      const decision = undecided ? this.unreachable(node) : null;
      if (decision === null) continue;
      this.nodes.set(node.plan.id, decision.type === "skip" ? "skipped" : "cancelled");
      this.decisions.push(decision);
      changed = true;
    }
    return changed;
  }

  unreachable(node: GraphNode): (Decision & { type: "skip" | "cancel" }) | null {
    const id = node.plan.id;
    const round = this.rounds.get(id) ?? 0;
    if (node.plan.kind === "undo") return this.undoUnneeded(node);
    if (this.fields.cancelled !== null) return { type: "cancel", node: id, round, reason: this.fields.cancelled };
    for (const [name, need] of Object.entries(node.plan.needs)) {
      if (need.kind === "every") continue;
      const state = need.node === null ? "passed" : this.nodes.get(need.node);
      if (!isSettled(state) || state === "passed") continue;
      return { type: "skip", node: id, round, reason: `needs ${name}, but ${need.node} was ${wording[state]}` };
    }
    const { heldFor } = node;
    if (heldFor.length > 0 && heldFor.every((user) => isSettled(this.nodes.get(user)))) {
      return { type: "skip", node: id, round, reason: "nothing that needs it can run any more" };
    }
    const sealed = node.plan.kind === "approval" && this.fields.seal === "done" && this.ready(node);
    if (sealed && !isApprovable(this.fields.verdict)) {
      const verdict = this.fields.verdict === null ? "was not sealed" : `is ${this.fields.verdict}`;
      return {
        type: "skip",
        node: id,
        round,
        reason: `only a passed certificate can be approved; this one ${verdict}`,
      };
    }
    return null;
  }

  undoUnneeded(node: GraphNode): (Decision & { type: "skip" }) | null {
    const { id, undoOf: holder } = node.plan;
    const round = this.rounds.get(id) ?? 0;
    if (holder === null || this.returning.has(id) || !this.ready(node)) return null;
    if (!this.started.has(holder)) return { type: "skip", node: id, round, reason: `${holder} never started` };
    const { keep, keepFor } = (this.graph.nodes.get(holder) ?? node).plan.policies;
    const failed = node.plan.after.find((id) => this.nodes.get(id) === "failed");
    const keepMs = keepFor?.value ?? parseDuration(defaultKeepFor);
    const users = node.plan.after.filter((id) => id !== holder && this.graph.nodes.get(id)?.plan.kind === "run");
    const passed = keep.value === "always" ? users.find((id) => this.nodes.get(id) === "passed") : undefined;
    if (keep.value === "never" || (failed ?? passed) === undefined) return null;
    const reason = failed === undefined ? `kept, as was asked, after ${passed}` : `kept, because ${failed} failed`;
    return { type: "skip", node: id, round, reason, keepMs };
  }

  ready(node: GraphNode): boolean {
    return node.waitsFor.every((id) => isSettled(this.nodes.get(id)));
  }

  startUndos(): void {
    for (const node of this.graph.nodes.values()) {
      if (node.plan.kind !== "undo" || this.nodes.get(node.plan.id) !== "waiting") continue;
      if (this.returning.has(node.plan.id) ? this.mayReturn(node) : this.ready(node)) this.start(node);
    }
  }

  /** Whether nothing runs any more on what a lost group holds, and what was built upon it has been given back. */
  mayReturn({ plan }: GraphNode): boolean {
    return plan.after.every((id) => this.nodes.get(id) !== "running" && !this.returning.has(id));
  }

  /** Whether a holder's former machines are still to be given back. */
  holdsLost({ undo }: GraphNode): boolean {
    return undo !== null && (this.returning.has(undo) || this.stale.has(undo));
  }

  startRuns(): void {
    const waiting = [...this.graph.nodes.values()].filter(
      (node) =>
        node.plan.kind === "run" &&
        this.nodes.get(node.plan.id) === "waiting" &&
        this.ready(node) &&
        !this.holdsLost(node),
    );
    const ranked = [...waiting.filter((node) => node.onHeld), ...waiting.filter((node) => !node.onHeld)];
    for (const node of ranked) {
      if (this.running("run") >= this.width) return;
      if (node.holdersFirst.every((id) => isSettled(this.nodes.get(id)))) this.start(node);
    }
    // Because holders may wait for each other in a ring: then the first of them goes.
    const [first] = ranked;
    if (first !== undefined && this.running("run") === 0) this.start(first);
  }

  start(node: GraphNode): void {
    const id = node.plan.id;
    this.nodes.set(id, "running");
    this.started.add(id);
    this.decisions.push({ type: "start", node: id, round: this.rounds.get(id) ?? 0 });
  }

  running(kind?: "run"): number {
    let count = 0;
    for (const [id, state] of this.nodes) {
      if (state === "running" && (kind === undefined || this.graph.nodes.get(id)?.plan.kind === kind)) count += 1;
    }
    return count;
  }

  closePhase(): void {
    const open = [...this.graph.nodes.values()].filter(({ plan }) => !isSettled(this.nodes.get(plan.id)));
    const beyond = open.every((node) => node.late || node.plan.kind === "approval");
    if (this.fields.seal === "due" && beyond && this.running() === 0) {
      this.fields = { ...this.fields, seal: "asked" };
      this.decisions.push({ type: "seal" });
    }
    if (this.fields.seal !== "done") return;
    for (const node of open) {
      if (node.plan.kind !== "approval" || this.nodes.get(node.plan.id) !== "waiting" || !this.ready(node)) continue;
      this.nodes.set(node.plan.id, "open");
      this.decisions.push({ type: "open", node: node.plan.id });
    }
    if (open.length === 0) this.finish();
  }

  finish(): void {
    const states = [...this.nodes.entries()];
    const leaked = states.filter(([, state]) => state === "leaked").length;
    this.fields = { ...this.fields, finished: true };
    this.decisions.push({ type: "finish", outcome: this.outcome(states), leaked });
  }

  outcome(states: readonly (readonly [string, NodeState])[]): RunOutcome {
    if (this.fields.cancelled !== null) return "cancelled";
    if (this.fields.rejected) return "rejected";
    const bad = states.some(([id, state]) => this.graph.nodes.get(id)?.plan.kind !== "undo" && state !== "passed");
    return bad || this.fields.verdict === null ? "failed" : "passed";
  }
}

const wording: Readonly<Record<Exclude<Outcome, "passed">, string>> = {
  failed: "not passed",
  skipped: "skipped",
  cancelled: "cancelled",
  leaked: "not given back",
};
