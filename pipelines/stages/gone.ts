import { InfraError } from "../../infra/failure.ts";
import type { Provider, Server } from "../../infra/providers/provider.ts";
import { lossFailures } from "./failures.ts";

/** How often a server's place is asked about it, in milliseconds. */
const intervalMs = 2000;

/**
 * Does work under a signal that is also aborted when the server's place says that it has died, with the failure
 * `servers-lost` as its reason: nobody waits then for a connection that never comes back.
 */
export async function whileItLives<Result>(
  server: Server,
  of: { readonly provider: Pick<Provider, "isGone">; readonly signal: AbortSignal; readonly title: string },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const gone = new AbortController();
  const look = async (): Promise<void> => {
    const died = (await of.provider.isGone?.(server).catch(() => false)) ?? false;
    if (died) gone.abort(new InfraError(lossFailures.serversLost(of.title, [`${server.name} has died`])));
  };
  const timer = setInterval(() => void look(), intervalMs);
  try {
    return await work(AbortSignal.any([of.signal, gone.signal]));
  } finally {
    clearInterval(timer);
  }
}
