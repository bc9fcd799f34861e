import { failureBehind } from "../../infra/failure.ts";
import type { StepReport } from "../../infra/hosts/kvm/step-words.ts";
import type { ServingHost } from "../../infra/providers/remote/group-record.ts";
import { makeServing } from "../../infra/providers/remote/host-servers.ts";
import { serversOnHosts } from "../../infra/providers/remote/provider.ts";
import type { StageContext } from "../dsl/context.ts";
import { provisionCluster, releaseCluster } from "./cluster.ts";
import { type Allocation, allocateServers, worded } from "./provision.ts";

/** KVM hosts that servers are taken from: a stage's output. Without hosts, servers come from where they else come from. */
export type Edge = { readonly hosts: readonly ServingHost[] };

/**
 * Brings up the cluster that the plan asks for at this node and makes each of its machines a KVM host that has proved it; those
 * that fail are left out. No hosts where the plan asks for no cluster.
 */
export async function provisionEdge(ctx: StageContext): Promise<Edge> {
  if (ctx.cluster === undefined) return { hosts: [] };
  const cluster = await provisionCluster(ctx);
  const begun = Date.now();
  const { provider } = cluster;
  const { hosts, unfit } = await worded(makeServing(cluster, ioOf(ctx)), { classify: failureBehind }, ctx);
  const quarantined = unfit.map(({ host, failure }) => ({
    name: host.name,
    why: `${failure.title}: ${failure.detail}`,
  }));
  const ready = hosts.map(({ name }) => name);
  ctx.emit({ type: "cluster.configured", data: { provider, hosts: ready, quarantined, tookMs: Date.now() - begun } });
  return { hosts };
}

/** Gives back the node's cluster where the plan asks for one; as `releaseCluster`, it works after a crash. */
export async function releaseEdge(ctx: StageContext): Promise<void> {
  if (ctx.cluster !== undefined) await releaseCluster(ctx);
}

/** Servers for this node on the hosts of an edge; as {@link allocateServers} where it has none. */
export async function allocateServersOn(edge: Edge, ctx: StageContext): Promise<Allocation> {
  if (edge.hosts.length === 0) return allocateServers(ctx);
  return allocateServers(ctx, serversOnHosts(edge.hosts, { home: ctx.home }));
}

function ioOf(ctx: StageContext) {
  return {
    signal: ctx.signal,
    note: (text: string) => ctx.note(text),
    step: ({ name }: { readonly name: string }, { step, state, why, ms }: StepReport) => {
      if (state === "needed") ctx.note(`${name}: ${step}: ${why}`);
      else ctx.log(`${step}: ${state}, ${(ms / 1000).toFixed(1)} s`, { host: name });
    },
  };
}
