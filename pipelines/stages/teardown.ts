import type { Provider } from "../../infra/providers/provider.ts";
import type { StageContext } from "../dsl/context.ts";
import { providerOf } from "./provision.ts";

/**
 * Gives back everything that the provider lists for this node, from inputs alone: it works after a crash, for servers
 * that never became ready, and when nothing is left.
 */
export async function releaseServers(ctx: StageContext, provider: Provider = providerOf(ctx)): Promise<void> {
  const gone = await provider.destroy(ctx.owner, ctx.signal);
  for (const { id, kind } of gone) {
    if (kind === "server") ctx.emit({ type: "server.released", data: { server: id, id } });
  }
  ctx.note(gone.length === 0 ? "nothing was left to give back" : `gave back ${gone.map(({ id }) => id).join(", ")}`);
}
