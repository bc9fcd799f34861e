import type { Cluster, ClusterIo, ClusterProvider } from "../../infra/providers/cluster.ts";
import { clusterProviderNamed } from "../../infra/providers/cluster-providers.ts";
import type { StageContext } from "../dsl/context.ts";
import type { ClusterRequest } from "../dsl/request.ts";
import { worded } from "./provision.ts";

/**
 * Brings up the cluster that the plan asks for at this node: all hosts, answering on SSH, tagged by the node's owner. The
 * price is told before anything is created, and refused where the request allows less.
 */
export async function provisionCluster(ctx: StageContext, provider = providerOf(ctx)): Promise<Cluster> {
  const request = requestOf(ctx);
  const { count, os } = request;
  const place = request.provider;
  ctx.emit({ type: "cluster.requested", data: { provider: place, hosts: count, os } });
  const offer = await provider.estimate(request);
  if ("reason" in offer) return ctx.fail(offer);
  const { dollarsPerHour, secondsToReady } = offer;
  const { expiresAt } = ctx.owner;
  ctx.emit({ type: "cluster.priced", data: { provider: place, dollarsPerHour, secondsToReady, expiresAt } });
  const begun = Date.now();
  const cluster = await worded(provider.provision(request, ctx.owner, ioOf(ctx)), provider, ctx);
  const hosts = cluster.hosts.map(({ name, id, hostClass, ssh }) => ({ name, id, hostClass, ssh }));
  ctx.emit({ type: "cluster.ready", data: { provider: place, hosts, tookMs: Date.now() - begun } });
  return cluster;
}

/** Gives back the node's cluster, from inputs alone: works after a crash, half-way up, and when nothing is left. */
export async function releaseCluster(ctx: StageContext, provider = providerOf(ctx)): Promise<void> {
  const given = await worded(provider.destroy(ctx.owner, ctx.signal), provider, ctx);
  ctx.emit({ type: "cluster.released", data: { provider: provider.name, resources: given.length } });
}

function ioOf(ctx: StageContext): ClusterIo {
  return {
    signal: ctx.signal,
    note: (text) => ctx.note(text),
    step: ({ type, name, operation, state, done, known }) => {
      if (state === "started") return;
      ctx.emit({ type: "cluster.step", data: { resource: type, name, operation, state, done, known } });
    },
  };
}

function providerOf(ctx: StageContext): ClusterProvider {
  return clusterProviderNamed(requestOf(ctx).provider, ctx.home, ctx.folder);
}

function requestOf(ctx: StageContext): ClusterRequest {
  if (ctx.cluster !== undefined) return ctx.cluster;
  return ctx.fail({
    reason: "no-cluster-planned",
    class: "configuration",
    title: "The plan asks for no cluster here",
    detail: `${ctx.node} has no cluster in its plan.`,
    next: "Give the stage a cluster: ({ cell, params }) => awsCluster(...).",
  });
}
