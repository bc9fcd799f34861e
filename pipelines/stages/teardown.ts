import type { Provider } from "../../infra/providers/provider.ts";
import type { StageContext } from "../dsl/context.ts";
import { providerOf, worded } from "./provision.ts";

/**
 * Gives back everything that the provider lists for this node, from inputs alone: it works after a crash, for servers
 * that never became ready, and when nothing is left.
 */
export async function releaseServers(ctx: StageContext, provider: Provider = providerOf(ctx)): Promise<void> {
  const given = await worded(provider.destroy(ctx.owner, ctx.signal), provider, ctx);
  const machines = given.filter(({ kind }) => kind === "virtual-machine");
  for (const { id } of machines) {
    const server = id.replace(/-[0-9a-f]{8}$/, "");
    ctx.emit({ type: "server.released", data: { server, id } }, server);
  }
  ctx.note(machines.length === 0 ? "no server was left" : `gave back ${machines.map(({ id }) => id).join(", ")}`);
}
