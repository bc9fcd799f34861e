import { setTimeout as delay } from "node:timers/promises";
import type { Owner } from "../../pipelines/dsl/context.ts";
import { InfraError } from "../failure.ts";
import { checkLease, takeLease } from "../lease.ts";
import { type Choice, choose } from "./choice.ts";
import { hostWord } from "./condition.ts";
import { poolFull, poolNeverFits } from "./failures.ts";
import type { HostFacts } from "./host-facts.ts";
import type { HeldHost, HostStanding, PoolDemand, PoolIo } from "./host-pool.ts";
import { type Hold, isOf, ownerPart, readHolds, withPools, writeHolds } from "./ledger.ts";
import { lookAndWrite } from "./look.ts";
import { leasePath } from "./places.ts";
import type { PoolOptions } from "./pool.ts";
import { reapExpired, releaseHolds } from "./release.ts";
import { neverFits, surveyHosts } from "./survey.ts";

const defaultPatienceMs = 600_000;
/** A look into the ledger costs a millisecond: often at first, once a second in the end. */
const [firstPollMs, lastPollMs] = [100, 1000];

/** One claim under way. `held` is its word in lease and ledger. */
interface Claim {
  readonly options: PoolOptions;
  readonly demand: PoolDemand;
  readonly owner: Owner;
  readonly held: string;
  readonly io: PoolIo;
}

/**
 * All that a demand asks for, or nothing, in three steps: it is written down before a host is looked at, so that two never
 * look at the same; every host is looked at; and what was seen decides once more.
 *
 *     choose --none--> wait --patience ends--> failure
 *        |   <--not well, or smaller than thought--.
 *        '--held--> look --------------------------'
 *                     '--all well--> handed out
 */
export async function claimHosts(
  options: PoolOptions,
  demand: PoolDemand,
  { owner, io }: { readonly owner: Owner; readonly io: PoolIo },
): Promise<readonly HeldHost[]> {
  const held = await withPools(options.folder, io.signal, async () => {
    const taken = await takeLease(leasePath(options, owner), owner);
    // Because what an earlier attempt of this node held is not this one's.
    await writeHolds(
      options.folder,
      (await readHolds(options.folder)).filter((one) => !isOf(one, options, owner)),
    );
    return taken;
  });
  try {
    return await patiently({ options, demand, owner, held, io });
  } catch (error) {
    await releaseHolds(options, { owner, claim: held }, AbortSignal.timeout(60_000));
    throw error;
  }
}

async function patiently(claim: Claim): Promise<readonly HeldHost[]> {
  const { options, demand, io } = claim;
  const { patienceMs = defaultPatienceMs } = options;
  const deadline = Date.now() + patienceMs;
  let [said, pause] = ["", firstPollMs];
  for (;;) {
    await lookAtUnseen(claim);
    const chosen = await withPools(options.folder, io.signal, () => hold(claim));
    if (typeof chosen !== "string") {
      const out = await handOut(claim, chosen);
      if (out !== undefined) return out;
      continue;
    }
    const never = neverFits(await surveyHosts(options), demand);
    if (never !== undefined) throw new InfraError(poolNeverFits(options.name, never));
    if (Date.now() >= deadline) throw new InfraError(poolFull(options.name, inWords(patienceMs), chosen));
    if (chosen !== said) io.note(`waiting for hosts of ${options.name}: ${chosen}`);
    said = chosen;
    await delay(Math.min(pause, Math.max(1, deadline - Date.now())), undefined, { signal: io.signal }).catch(() =>
      io.signal.throwIfAborted(),
    );
    pause = Math.min(lastPollMs, pause * 1.5);
  }
}

/** Hosts whose size nobody knows are asked first. */
async function lookAtUnseen({ options, io }: Claim): Promise<void> {
  const unseen = (await surveyHosts(options)).filter(
    ({ room, condition }) => room === null && condition.state === "ready",
  );
  await Promise.all(unseen.map(({ host }) => lookAndWrite(options, host, io)));
}

/** Writes down what the demand gets and names the hosts, or says what is missing. The caller holds the lock. */
async function hold(claim: Claim): Promise<readonly string[] | string> {
  const { options, demand, owner, held } = claim;
  await checkLease(leasePath(options, owner), owner, held);
  await reapExpired(options.folder);
  const standings = await surveyHosts(options);
  const chosen = choose(roomsOf(standings.filter(({ condition }) => condition.state === "ready")), demand);
  if (typeof chosen === "string") return `${chosen}${asideWords(standings)}`;
  await writeHolds(options.folder, [...(await readHolds(options.folder)), ...holdsOf(claim, chosen, null)]);
  return [...new Set(chosen.map(({ host }) => host))];
}

/** Looks at the hosts; undefined where they are not what they were thought to be, and then nothing is held any more. */
async function handOut(claim: Claim, names: readonly string[]): Promise<readonly HeldHost[] | undefined> {
  const { options, demand, owner, held, io } = claim;
  const hosts = options.hosts.filter(({ name }) => names.includes(name));
  const looked = await Promise.all(hosts.map((host) => lookAndWrite(options, host, io)));
  return withPools(options.folder, io.signal, async () => {
    await checkLease(leasePath(options, owner), owner, held);
    const others = (await readHolds(options.folder)).filter((one) => one.claim !== held);
    await writeHolds(options.folder, others);
    if (looked.includes(undefined)) return undefined;
    const mine = (await surveyHosts(options)).filter(({ host }) => names.includes(host.name));
    const chosen = choose(roomsOf(mine), demand);
    if (typeof chosen === "string") return undefined;
    const facts = new Map(hosts.flatMap((host, at) => (looked[at] === undefined ? [] : [[host.name, looked[at]]])));
    await writeHolds(options.folder, [...others, ...holdsOf(claim, chosen, facts)]);
    return hosts.flatMap((host) => {
      const seen = facts.get(host.name);
      const here = chosen.filter((one) => one.host === host.name);
      return seen === undefined || here.length === 0 ? [] : [{ host, facts: seen, servers: serversOf(here) }];
    });
  });
}

function roomsOf(standings: readonly HostStanding[]) {
  return standings.flatMap(({ room }) => (room === null ? [] : [room]));
}

function holdsOf(
  { options, owner, held }: Claim,
  chosen: readonly Choice[],
  facts: ReadonlyMap<string, HostFacts> | null,
): readonly Hold[] {
  return chosen.map(({ host: name, ...part }) => {
    const host = options.hosts.find((one) => one.name === name);
    const word = host === undefined ? name : hostWord(host);
    const { name: pool, home } = options;
    const bootId = facts?.get(name)?.bootId ?? null;
    return { ...part, ...ownerPart(owner), host: word, name, pool, home, claim: held, bootId };
  });
}

function serversOf(here: readonly Choice[]): HeldHost["servers"] {
  return here.flatMap(({ server, numa }) => (server === null ? [] : [{ name: server, node: numa }]));
}

function asideWords(standings: readonly HostStanding[]): string {
  const aside = standings.filter(({ condition }) => condition.state !== "ready");
  return aside.map(({ host, condition }) => `; ${host.name} is ${condition.state}: ${condition.reason}`).join("");
}

function inWords(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`;
}
