import type { Event, LadderStep } from "../pipelines/dsl/event.ts";
import type { Plan, PlanNode } from "../pipelines/dsl/plan-document.ts";

/** From the request for the servers that a node tests on to its first suite, in two phases. */
export interface Readiness {
  /** The node that holds the servers. */
  readonly node: string;
  readonly scope: Readonly<Record<string, string>>;
  /** From the request until the last of the servers had answered on SSH. */
  readonly provisionMs: number;
  /** Packages installed, environment set up and proved, suites laid out: without the wait for packages to be built. */
  readonly configureMs: number;
  /** The places that were asked in this attempt, in order, where there were several to ask; absent where there was one. */
  readonly rungs?: readonly AskedRung[];
}

/** A place that was asked for servers, and what came of it. */
export interface AskedRung {
  readonly rung: string;
  /** Empty for a pool on-premises. */
  readonly place: string;
  readonly phase: LadderStep["phase"];
  /** Null where it did what was asked. */
  readonly reason: string | null;
  readonly tookMs: number;
}

/** What the original needed on average for an edge cluster: 12 minutes, 6 to provision and 6 to configure. */
export const originalReadiness = { provisionMs: 360_000, configureMs: 360_000 } as const;

/**
 * How long each group of servers took until it was ready to be tested on, in the order of the plan; of several attempts the
 * last that came so far. A group that never did, or that nothing was tested on, is left out.
 */
export function readinessOf(plan: Plan, events: readonly Event[]): readonly Readiness[] {
  const byNode = Map.groupBy(events, ({ node }) => node ?? "");
  return plan.nodes.flatMap((holder) => {
    if (holder.kind !== "run" || holder.servers.length === 0) return [];
    const users = plan.nodes.filter((node) => node.suites.length > 0 && needs(node, holder.id));
    const provisioned = provisionOf(holder, byNode.get(holder.id) ?? []);
    const configured = users.flatMap((user) => {
      const ms = configureMs(byNode.get(user.id) ?? [], provisioned?.readyAt ?? 0);
      return ms === null ? [] : [ms];
    });
    if (provisioned === null || configured.length === 0) return [];
    const { provisionMs, rungs } = provisioned;
    const asked = rungs.length === 0 ? {} : { rungs };
    return [{ node: holder.id, scope: holder.cell, provisionMs, configureMs: Math.max(...configured), ...asked }];
  });
}

function needs(node: PlanNode, holder: string): boolean {
  return Object.values(node.needs).some((need) =>
    need.kind === "every" ? need.nodes.includes(holder) : need.node === holder,
  );
}

interface Provisioned {
  readonly provisionMs: number;
  readonly readyAt: number;
  readonly rungs: readonly AskedRung[];
}

function rungsOf(events: readonly Event[], since: number): readonly AskedRung[] {
  return events.flatMap((event) => {
    if (event.type !== "ladder.rung" || event.seq < since) return [];
    const { rung, place, phase, reason, tookMs } = event.data;
    return [{ rung, place, phase, reason, tookMs }];
  });
}

/** Of the last attempt whose servers all answered. */
function provisionOf(holder: PlanNode, events: readonly Event[]): Provisioned | null {
  const attempts = [...Map.groupBy(events, ({ attempt }) => attempt ?? 1)].toSorted(([left], [right]) => right - left);
  for (const [, own] of attempts) {
    const ready = own.filter((event) => event.type === "server.ready");
    const last = ready.at(-1);
    if (last === undefined || new Set(ready.map(({ data }) => data.server)).size < holder.servers.length) continue;
    // Because a resumed attempt asks again for what it had: the request that was answered is the last before the answers.
    const requests = own.filter(({ type, seq }) => type === "server.requested" && seq < (ready[0]?.seq ?? 0));
    const request = requests.at(-holder.servers.length) ?? requests[0];
    const readyAt = Date.parse(last.at);
    if (request !== undefined) {
      return { provisionMs: readyAt - Date.parse(request.at), readyAt, rungs: rungsOf(own, request.seq) };
    }
  }
  return null;
}

/** Null where no suite of the node has started since its servers were ready. */
function configureMs(events: readonly Event[], readyAt: number): number | null {
  const later = events.filter(({ at }) => Date.parse(at) >= readyAt);
  const suite = later.find(({ type }) => type === "suite.started");
  const before = later.findLast(({ type, seq }) => type === "node.started" && seq < (suite?.seq ?? 0));
  if (suite === undefined) return null;
  return Date.parse(suite.at) - Math.max(readyAt, before === undefined ? 0 : Date.parse(before.at));
}
