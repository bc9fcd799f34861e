import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Environment variable with the folder of leases and conditions of hosts. */
export const poolsVariable = "EDGECERT_POOLS";

/**
 * Where leases and conditions of hosts lie: one folder for every process and home of this user, because hosts are shared
 * by all of them; of root, for the machine. Absolute.
 */
export function poolsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment[poolsVariable] ?? "";
  if (chosen !== "") return resolve(chosen);
  return process.getuid?.() === 0 ? "/var/lib/edgecert/pools" : join(homedir(), ".local", "state", "edgecert-pools");
}

/** Where leases are kept, and for whom: two homes may have runs of the same name. */
export interface PoolSeat {
  /** Of leases and conditions, see {@link poolsFolder}. */
  readonly folder: string;
  /** Home folder of those who hold. */
  readonly home: string;
}

/** A node of a run, whose holds belong together. */
export interface Holder {
  readonly run: string;
  readonly node: string;
}

/** Where the lease of a run's node lies. */
export function leasePath({ folder, home }: PoolSeat, { run, node }: Holder): string {
  return join(folder, "groups", fileWord(`${run} ${node} ${home}`), "lease.json");
}

/** A file name for any text: what can be read of it, and a digest. */
export function fileWord(text: string): string {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `${text.replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, 80)}-${digest}`;
}
