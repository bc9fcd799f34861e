import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Owner } from "../pipelines/dsl/context.ts";
import { InfraError } from "./failure.ts";
import { readRecord, writeRecord } from "./hosts/record-file.ts";

const leaseRecord = z.object({
  v: z.literal(1),
  run: z.string(),
  node: z.string(),
  attempt: z.number(),
  token: z.number(),
  expiresAt: z.string(),
  claim: z.string().nullable(),
});

/**
 * The claim of a run's node on machines, on disk before the first of them exists:
 *
 *     (none) --take--> held --end--> ended --take(token >= recorded)--> held ...
 *
 * `token` only grows: whoever shows an older one is refused. `claim` names one provision among those of an owner; it
 * is null once ended, so that a provision still under way notices that its machines were given back.
 */
export type Lease = z.infer<typeof leaseRecord>;

/** The lease at a path, or undefined where there never was one. */
export function readLease(path: string): Promise<Lease | undefined> {
  return readRecord(path, leaseRecord);
}

/** Takes or renews the lease and returns the new claim. Refuses an older token. The caller holds the place's lock. */
export async function takeLease(path: string, owner: Owner): Promise<string> {
  refuseOlder(await readLease(path), owner);
  const claim = randomUUID();
  await writeLease(path, owner, claim);
  return claim;
}

/** Throws unless the claim still holds: somebody ended the lease or took it over. The caller holds the place's lock. */
export async function checkLease(path: string, owner: Owner, claim: string): Promise<void> {
  const lease = await readLease(path);
  refuseOlder(lease, owner);
  if (lease?.claim !== claim) throw new InfraError(leaseEnded(owner));
}

/** Ends the lease, whatever its claim; none is success. Refuses an older token. The caller holds the place's lock. */
export async function endLease(path: string, owner: Owner): Promise<void> {
  const lease = await readLease(path);
  refuseOlder(lease, owner);
  if (lease !== undefined) await writeLease(path, owner, null);
}

/** Lets a held lease end at another time (UTC, ISO 8601). False where none is held. The caller holds the place's lock. */
export async function extendLease(path: string, expiresAt: string): Promise<boolean> {
  const lease = await readLease(path);
  if (lease === undefined || lease.claim === null) return false;
  await writeRecord(path, { ...lease, expiresAt } satisfies Lease);
  return true;
}

async function writeLease(path: string, owner: Owner, claim: string | null): Promise<void> {
  const { run, node, attempt, token, expiresAt } = owner;
  await writeRecord(path, { v: 1, run, node, attempt, token, expiresAt, claim } satisfies Lease);
}

function refuseOlder(lease: Lease | undefined, owner: Owner): void {
  if (lease !== undefined && owner.token < lease.token) throw olderToken(owner, lease.token);
}

/** The refusal of an owner by machines whose holder has a later token. */
export function olderToken(owner: Owner, held: number): InfraError {
  return new InfraError({
    reason: "older-token",
    class: "fatal",
    title: `The machines of ${owner.node} belong to a later attempt`,
    detail: `Run ${owner.run}: token ${owner.token} was shown, ${held} holds the lease.`,
    next: "Nothing is to be done here: another worker has taken this node over.",
  });
}

function leaseEnded(owner: Owner) {
  return {
    reason: "lease-ended",
    class: "fatal",
    title: `The machines of ${owner.node} were given back while they were made`,
    detail: `Run ${owner.run}, token ${owner.token}: its lease was ended or taken over.`,
    next: "Nothing is to be done here: whoever ended the lease has destroyed the machines.",
  } as const;
}
