import { groupOf } from "./group.ts";
import type { PlanGraph } from "./plan-graph.ts";
import { type Decision, type Fact, isSettled, type NodeState, type SchedulerState } from "./run-state.ts";

/** A working copy of one state of the scheduler, which takes facts in; lives for one call of `advance`. */
export class Draft {
  readonly graph: PlanGraph;
  readonly nodes: Map<string, NodeState>;
  readonly started: Set<string>;
  readonly rounds: Map<string, number>;
  readonly losses: Map<string, number>;
  readonly stale: Map<string, string>;
  readonly returning: Map<string, string>;
  readonly decisions: Decision[] = [];
  fields: SchedulerState;

  constructor(graph: PlanGraph, state: SchedulerState) {
    this.graph = graph;
    this.nodes = new Map(state.nodes);
    this.started = new Set(state.started);
    this.rounds = new Map(state.rounds);
    this.losses = new Map(state.losses);
    this.stale = new Map(state.stale);
    this.returning = new Map(state.returning);
    this.fields = state;
  }

  state(): SchedulerState {
    const { nodes, started, rounds, losses, stale, returning } = this;
    return { ...this.fields, nodes, started, rounds, losses, stale, returning };
  }

  learn(fact: Fact): void {
    if (fact.type === "settled") this.settle(fact);
    else if (fact.type === "cancel") this.fields = { ...this.fields, cancelled: this.fields.cancelled ?? fact.reason };
    else if (fact.type === "sealed") this.fields = { ...this.fields, seal: "done", verdict: fact.verdict };
    else if (fact.type === "resumed") this.retryLeaked(fact.takeovers);
    else {
      this.nodes.set(fact.node, fact.decision === "approved" ? "passed" : "failed");
      if (fact.decision !== "approved") this.fields = { ...this.fields, rejected: true };
    }
  }

  settle({ node, outcome, lost }: Extract<Fact, { type: "settled" }>): void {
    this.nodes.set(node, outcome);
    const again = this.stale.get(node) ?? this.returning.get(node);
    this.stale.delete(node);
    this.returning.delete(node);
    if (this.fields.cancelled !== null) return;
    if (again !== undefined) {
      // Because an undo whose holder will not be attempted again after all has done its part.
      const holder = this.graph.nodes.get(node)?.plan.undoOf ?? null;
      if (holder === null || !isSettled(this.nodes.get(holder))) this.renew(node, again);
    } else if (lost === true) this.regroup(node);
  }

  /** Sends the group of a node that found its machines lost back to waiting, where the budget of every holder allows. */
  regroup(seenBy: string): void {
    const group = groupOf(this.graph, this.nodes, seenBy);
    if (group === null || !group.lost.every((holder) => this.mayLose(holder))) return;
    for (const holder of group.lost) this.losses.set(holder, (this.losses.get(holder) ?? 0) + 1);
    const reason = `attempted again on fresh machines, because ${seenBy} lost those of ${group.lost.join(" and ")}`;
    for (const id of group.members) this.sendBack(id, reason);
    for (const id of group.members) {
      const undo = this.graph.nodes.get(id)?.undo ?? null;
      if (undo === null) continue;
      if (this.nodes.get(undo) === "waiting") this.returning.set(undo, reason);
      else this.sendBack(undo, reason);
    }
  }

  /** Because an attempt that a killed worker left half done is no fault of the machines, each takeover allows one more. */
  mayLose(holder: string): boolean {
    const budget = this.graph.nodes.get(holder)?.plan.policies.lost.value ?? 0;
    return (this.losses.get(holder) ?? 0) < budget + this.fields.takeovers;
  }

  sendBack(id: string, reason: string): void {
    if (this.nodes.get(id) === "running") this.stale.set(id, reason);
    else this.renew(id, reason);
  }

  renew(id: string, reason: string): void {
    const round = (this.rounds.get(id) ?? 0) + 1;
    this.nodes.set(id, "waiting");
    this.rounds.set(id, round);
    this.decisions.push({ type: "again", node: id, round, reason });
  }

  retryLeaked(takeovers: number): void {
    this.fields = { ...this.fields, takeovers };
    for (const [id, state] of this.nodes) {
      if (state !== "leaked") continue;
      this.nodes.set(id, "waiting");
      this.rounds.set(id, (this.rounds.get(id) ?? 0) + 1);
      this.fields = { ...this.fields, finished: false };
    }
  }
}
