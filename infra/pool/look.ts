import type { InventoryHost } from "../inventory-document.ts";
import { changeCondition, hostWord } from "./condition.ts";
import { asideUntil, isOurs, lookAt } from "./health.ts";
import type { HostFacts } from "./host-facts.ts";
import type { PoolIo } from "./host-pool.ts";
import { withPools } from "./ledger.ts";

/** How a host is looked at, and where what was seen is written. */
export interface Look {
  readonly folder: string;
  /** Default: over SSH, see {@link lookAt}. */
  look?(host: InventoryHost, signal: AbortSignal): Promise<HostFacts>;
}

/**
 * What the host says now, written down; undefined once it is set aside with the reason. Throws the signal's reason, and an
 * error that says nothing about the host.
 */
export async function lookAndWrite(
  { folder, look = lookAt }: Look,
  host: InventoryHost,
  io: PoolIo,
): Promise<HostFacts | undefined> {
  const word = hostWord(host);
  try {
    const seen = await look(host, io.signal);
    await withPools(folder, io.signal, () => changeCondition(folder, word, { seen }));
    return seen;
  } catch (error) {
    io.signal.throwIfAborted();
    // Because one user's key must not set a host aside for all others.
    if (isOurs(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const until = asideUntil(error);
    await withPools(folder, io.signal, () => changeCondition(folder, word, { state: "quarantined", reason, until }));
    const end = until === null ? `edgecert hosts ready ${host.name}` : until;
    io.note(`${host.name} is set aside until ${end}: ${reason}`);
    return undefined;
  }
}
