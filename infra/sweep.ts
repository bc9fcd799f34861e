import type { Provider, Resource } from "./providers/provider.ts";

/** What a sweep came to. */
export interface Swept {
  readonly released: readonly Resource[];
  /** What could not be given back, with the reason. It is tried again by the next sweep. */
  readonly failed: readonly { readonly resource: Resource; readonly why: string }[];
}

/**
 * Gives back what has expired and belongs to no live run: what a killed run left, and what was kept for a person long
 * enough. What carries no run is left alone: somebody may be making it right now.
 */
export async function sweepExpired(
  provider: Pick<Provider, "list" | "release">,
  aliveRuns: () => Promise<ReadonlySet<string>>,
  signal: AbortSignal,
): Promise<Swept> {
  const now = Date.now();
  const expired = (await provider.list({})).filter((one) => one.run !== "" && Date.parse(one.expiresAt) <= now);
  if (expired.length === 0) return { released: [], failed: [] };
  // Because a run may begin while the provider lists, it is asked last who lives.
  const alive = await aliveRuns();
  const released: Resource[] = [];
  const failed: { resource: Resource; why: string }[] = [];
  for (const resource of expired.filter((one) => !alive.has(one.run))) {
    try {
      await provider.release(resource, signal);
      released.push(resource);
    } catch (error) {
      failed.push({ resource, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { released, failed };
}
