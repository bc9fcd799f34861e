import { machinesOf } from "../../infra/providers/machines.ts";
import type { Provider, ProvisionIo, Server } from "../../infra/providers/provider.ts";
import type { StageContext } from "../dsl/context.ts";

/** Servers handed to a node: a stage's output. */
export type Allocation = { readonly servers: readonly Server[] };

/** Where the machines of a run come from: this machine, unless the environment names another place. */
export function providerOf(ctx: Pick<StageContext, "home">): Provider {
  return machinesOf(ctx.home);
}

/**
 * Allocates the servers that the plan asks for at this node, the whole group or nothing, owned and tagged by the
 * node's owner. What an earlier attempt left is given back by its undo before this runs again.
 */
export async function allocateServers(ctx: StageContext, provider: Provider = providerOf(ctx)): Promise<Allocation> {
  for (const { name, os, role } of ctx.servers) {
    ctx.emit({ type: "server.requested", data: { server: name, os, role } }, name);
  }
  const offer = await provider.estimate(ctx.servers);
  if ("dollarsPerHour" in offer) {
    ctx.emit({ type: "servers.priced", data: { dollarsPerHour: offer.dollarsPerHour } });
  }
  const io: ProvisionIo = {
    signal: ctx.signal,
    note: (text) => ctx.note(text),
    rung: (step) => ctx.emit({ type: "ladder.rung", data: step }),
    ready: ({ name, os, role, id, facts, ssh }) => {
      ctx.emit({ type: "server.ready", data: { server: name, os, role, id, facts, ssh } }, name);
    },
  };
  return { servers: await worded(provider.provision(ctx.servers, ctx.owner, io), provider, ctx) };
}

/** Because only the provider knows what an error of its place means, such as a full disk, it words it. */
export async function worded<Value>(
  work: Promise<Value>,
  provider: Pick<Provider, "classify">,
  ctx: StageContext,
): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    return ctx.fail(provider.classify(error), error);
  }
}
