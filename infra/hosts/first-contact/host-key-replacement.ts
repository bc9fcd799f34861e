import { z } from "zod";
import { InfraError } from "../../failure.ts";
import type { SshAddress } from "../../providers/provider.ts";
import type { Connection } from "../../ssh/connection.ts";
import { backOff } from "../../ssh/deadline.ts";
import { hasReason } from "../../ssh/failures.ts";
import { waitForSsh } from "../../ssh/readiness.ts";
import { quoted } from "../../ssh/transfer-script.ts";
import { withLock } from "../lock.ts";
import { readRecord, writeRecord } from "../record-file.ts";
import { noOwnHostKey } from "./failures.ts";
import { awaitFirstBoot, offering, type SshdPlaces, switching, usualPlaces } from "./host-key-scripts.ts";

/** A host with the key by which it is known. */
export type KnownHost = SshAddress & { readonly hostKey: string };

/** How first contact is made. */
export interface FirstContact {
  /** File in which it is written down how far it went; made with its folder. One per host. */
  readonly record: string;
  readonly signal: AbortSignal;
  note(text: string): void;
  /** How long the host may take for the rest of its first boot, in milliseconds; default 900,000. */
  readonly firstBootMs?: number;
  /** Default: {@link usualPlaces}. */
  readonly places?: SshdPlaces;
}

const keys = { v: z.literal(1), injected: z.string(), own: z.string() };
const contactRecord = z.discriminatedUnion("state", [
  z.object({ ...keys, state: z.literal("offered") }),
  z.object({ ...keys, state: z.literal("own") }),
]);

/** How long sshd may take to come back with the other key, in milliseconds. */
const restartMs = 180_000;

/**
 * Lets a host have a key that only it knows, in place of the one that its user data and the state of its stack tell. The
 * host makes it; its public half is read over a connection that the injected key verifies. Gives the host by its own key,
 * the only one that is accepted from then on. Called again, it goes on where it was killed:
 *
 *     (no record) --key made, public half read--> offered --host answers with its own key--> own
 *      injected                                   either                                      own: what is accepted
 *
 * Throws a failure of SSH, among them `ssh-host-key-changed` for any other key.
 */
export async function replaceHostKey(host: KnownHost, contact: FirstContact): Promise<KnownHost> {
  const { record, signal } = contact;
  return withLock(`first contact ${record}`, signal, async () => {
    const injected = bare(host.hostKey);
    const read = await readRecord(record, contactRecord);
    // Because another injected key is another machine, whatever stood in this place before.
    const known = read?.injected === injected ? read : undefined;
    if (known?.state === "own") return { ...host, hostKey: known.own };
    const connection = await (known === undefined ? greet(host, signal) : either(host, known.own, signal));
    const own = await switchOn(connection, { known: known?.own, injected }, contact);
    const settled = { ...host, hostKey: own };
    (await answering(settled, signal)).close();
    await writeRecord(record, { v: 1, state: "own", injected, own } satisfies z.infer<typeof contactRecord>);
    contact.note(`${host.host} answers with a host key of its own`);
    return settled;
  });
}

/** The host by its own key, or by the injected one where a killed run did not come to the switch. */
async function either(host: KnownHost, own: string, signal: AbortSignal): Promise<Connection> {
  try {
    return await greet({ ...host, hostKey: own }, signal);
  } catch (error) {
    if (!hasReason(error, "ssh-host-key-changed")) throw error;
    return greet(host, signal);
  }
}

// Because what a killed run began goes on by itself: sshd may be restarting at this moment.
function greet(host: KnownHost, signal: AbortSignal): Promise<Connection> {
  return waitForSsh(host, { timeoutMs: restartMs, signal });
}

async function switchOn(
  connection: Connection,
  { known, injected }: { readonly known: string | undefined; readonly injected: string },
  { record, signal, note, firstBootMs = 900_000, places = usualPlaces }: FirstContact,
): Promise<string> {
  const asRoot = (script: string, timeoutMs: number) =>
    connection.must(connection.address.user === "root" ? script : `exec sudo -n sh -c ${quoted(script)}`, {
      signal,
      timeoutMs,
    });
  try {
    if (known === undefined) await asRoot(awaitFirstBoot, firstBootMs);
    const own = known ?? checked((await asRoot(offering(places), restartMs)).stdout, injected, connection);
    // Because once the switch is under way the host may answer with either, and this is where the new one is known from.
    await writeRecord(record, { v: 1, state: "offered", injected, own } satisfies z.infer<typeof contactRecord>);
    note(`${connection.address.host} has made a host key of its own`);
    await asRoot(switching(places, own), restartMs);
    return own;
  } finally {
    connection.close();
  }
}

function checked(said: string, injected: string, { address }: Connection): string {
  const own = said.trim();
  if (/^ssh-ed25519 [A-Za-z0-9+/]{68}$/.test(own) && own !== injected) return own;
  throw new InfraError(noOwnHostKey(address.host, own));
}

/** The host by its own key alone; a session that a restart cuts short, and a key that is about to go, pass. */
async function answering(host: KnownHost, signal: AbortSignal): Promise<Connection> {
  const until = Date.now() + restartMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await greet(host, signal);
    } catch (error) {
      if (!hasReason(error, "ssh-host-key-changed") || Date.now() > until) throw error;
    }
    await backOff(attempt, 100, 1000, signal);
  }
}

/** Type and key without the comment, which is no part of it. */
function bare(publicKey: string): string {
  return publicKey.trim().split(/\s+/).slice(0, 2).join(" ");
}
