import { InfraError } from "../failure.ts";
import type { InventoryHost } from "../inventory-document.ts";
import { connect } from "../ssh/connect.ts";
import { hasReason } from "../ssh/failures.ts";
import { hostDiskFull } from "./failures.ts";
import { askFacts, type HostFacts } from "./host-facts.ts";

/** Least room for the disks of servers that a host must have left, in MiB: an image and a few overlays. */
export const leastDiskMiB = 8192;

/** How long a host that did not answer is set aside: as long as most restarts of a server take, in milliseconds. */
export const asideMs = 600_000;

/**
 * Looks at a host: it answers on SSH with the host key of the inventory, runs a command, and has room on its disk. Throws
 * an error carrying a Failure for one that is not well.
 */
export async function lookAt(host: InventoryHost, signal: AbortSignal): Promise<HostFacts> {
  const connection = await connect(host.ssh, { signal, timeoutMs: 20_000, patienceMs: 0 });
  try {
    const facts = await askFacts(connection, signal);
    if (facts.diskFreeMiB < leastDiskMiB)
      throw new InfraError(hostDiskFull(host.name, facts.diskFreeMiB, leastDiskMiB));
    return facts;
  } finally {
    connection.close();
  }
}

/** Whether an error is of our side, such as a private key that is missing: then it says nothing about the host. */
export function isOurs(error: unknown): boolean {
  return hasReason(
    error,
    "ssh-private-key",
    "ssh-agent",
    "ssh-proxy",
    "ssh-authentication",
    "ssh-host-key-unknown",
    "ssh-host-key-unreadable",
    "ssh-jump-refused",
  );
}

/**
 * Until when a host with that error is set aside (UTC, ISO 8601): what may pass by itself for some minutes, all else until
 * a person says that it is ready.
 */
export function asideUntil(error: unknown, now = Date.now()): string | null {
  const passing = hasReason(
    error,
    "ssh-unreachable",
    "ssh-handshake",
    "ssh-connection-lost",
    "ssh-channel-refused",
    "command-deadline",
    "command-unknown-end",
  );
  return passing ? new Date(now + asideMs).toISOString() : null;
}
