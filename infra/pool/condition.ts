import { join } from "node:path";
import { z } from "zod";
import { readRecord, writeRecord } from "../hosts/record-file.ts";
import type { InventoryHost } from "../inventory-document.ts";
import { hostFacts } from "./host-facts.ts";
import { fileWord } from "./places.ts";

const condition = z.object({
  v: z.literal(1),
  host: z.string(),
  /** `drained` takes no new work because a person said so, `quarantined` because it was found unfit. */
  state: z.enum(["ready", "drained", "quarantined"]),
  reason: z.string(),
  /** UTC, ISO 8601. */
  since: z.string(),
  /** When a quarantine ends by itself (UTC, ISO 8601); null: when a person ends it. */
  until: z.string().nullable(),
  /** What the last look at the host found; null before the first. */
  seen: hostFacts.nullable(),
});

/**
 * Whether a host takes new work, and why not. Written beside the leases of the machine, so that it outlives runs:
 *
 *     ready --drain--> drained --ready--> ready
 *     ready --unfit--> quarantined --until or ready--> ready
 */
export type HostCondition = z.infer<typeof condition>;

/** A host's address as one word, the same whatever inventory it stands in: with the way to it, which may make it unique. */
export function hostWord({ ssh }: Pick<InventoryHost, "ssh">): string {
  const hops = [...(ssh.jumps ?? []), ssh].map(({ host, port }) => `${host}:${port}`);
  return [...(ssh.proxy === undefined ? [] : [ssh.proxy]), ...hops].join(">");
}

/** What is written of a host; `ready` and never seen where nothing is. A quarantine whose time has passed is over. */
export async function readCondition(folder: string, host: string, now = Date.now()): Promise<HostCondition> {
  const found = await readRecord(pathOf(folder, host), condition);
  if (found === undefined) return { ...fresh(host), seen: null };
  const over = found.state === "quarantined" && found.until !== null && Date.parse(found.until) <= now;
  return over ? { ...fresh(host), seen: found.seen } : found;
}

/** Changes what is written of a host. The caller holds the lock of the folder. */
export async function changeCondition(
  folder: string,
  host: string,
  change: Partial<Pick<HostCondition, "state" | "reason" | "until" | "seen">>,
): Promise<HostCondition> {
  const before = await readCondition(folder, host);
  const moved = change.state !== undefined && change.state !== before.state;
  const after = { ...before, ...change, ...(moved ? { since: new Date().toISOString() } : {}) };
  await writeRecord(pathOf(folder, host), after satisfies HostCondition);
  return after;
}

function fresh(host: string): Omit<HostCondition, "seen"> {
  return { v: 1, host, state: "ready", reason: "", since: new Date(0).toISOString(), until: null };
}

function pathOf(folder: string, host: string): string {
  return join(folder, "hosts", `${fileWord(host)}.json`);
}
