import type { Owner } from "../../pipelines/dsl/context.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../pipelines/dsl/request.ts";
import type { Cluster, ClusterHost, ClusterIo } from "../providers/cluster.ts";
import type { ProvisionIo, Server } from "../providers/provider.ts";
import type { Outcome } from "./decision.ts";
import { hostsTooSmall, overBudget, tooLate } from "./failures.ts";
import type { EdgePlace, EdgeRung, Rung } from "./rung.ts";
import { type Phase, placeLabel } from "./shape.ts";

/** One place that is asked for one group. */
export interface Attempt {
  readonly rung: Rung;
  /** Undefined for a pool. */
  readonly place: EdgePlace | undefined;
  readonly requests: readonly ServerRequest[];
  readonly owner: Owner;
  /** When the ladder's deadline is, in milliseconds since the epoch. */
  readonly until: number;
  readonly mostDollarsPerHour?: number;
  readonly io: ProvisionIo;
}

/** What stands so far at the place. */
export interface Standing {
  readonly cluster?: Cluster;
  /** Those that have proved themselves; before that all of the cluster. */
  readonly hosts?: readonly ClusterHost[];
  readonly servers?: readonly Server[];
}

/** How a phase ended, with what stands then. */
export interface Ended {
  readonly outcome: Outcome;
  readonly standing: Standing;
  /** US dollars per hour; null where nobody says. */
  readonly price: number | null;
}

/** Runs one phase at one place. Throws only the reason of an aborted signal. */
export async function tryPhase(attempt: Attempt, phase: Phase, standing: Standing): Promise<Ended> {
  const { rung, place } = attempt;
  if (rung.kind === "pool") return allocate(attempt, rung.provider);
  if (place === undefined) throw new TypeError(`${rung.name} has no such place`);
  switch (phase) {
    case "provision":
      return provision({ ...attempt, rung, place });
    case "configure":
      return configure({ ...attempt, rung, place }, standing);
    case "servers":
      return startServers({ ...attempt, rung, place }, standing);
  }
}

type EdgeAttempt = Attempt & { readonly rung: EdgeRung; readonly place: EdgePlace };

async function allocate(
  { requests, owner, io }: Attempt,
  provider: Extract<Rung, { kind: "pool" }>["provider"],
): Promise<Ended> {
  const offer = await provider.estimate(requests);
  if ("reason" in offer) return { outcome: { kind: "refused", failure: offer }, standing: {}, price: null };
  const price = offer.dollarsPerHour;
  return ended(
    io,
    (error) => provider.classify(error),
    price,
    async () => ({
      servers: await provider.provision(requests, owner, io),
    }),
  );
}

async function provision(attempt: EdgeAttempt): Promise<Ended> {
  const { rung, place, owner, io } = attempt;
  const label = [rung.name, placeLabel(place)].filter(Boolean).join(" ");
  const offer = await rung.provider.estimate(place.request);
  if ("reason" in offer) return { outcome: { kind: "refused", failure: offer }, standing: {}, price: null };
  const price = offer.dollarsPerHour;
  const refusal = refused(attempt, label, offer);
  if (refusal !== undefined) return { outcome: { kind: "refused", failure: refusal }, standing: {}, price };
  const own: ClusterIo = { signal: io.signal, note: (text) => io.note(text), step: () => {} };
  return ended(
    io,
    (error) => rung.provider.classify(error),
    price,
    async () => {
      const cluster = await rung.provider.provision(place.request, owner, own);
      return { cluster, hosts: cluster.hosts };
    },
  );
}

/** What is known before anything is created. */
function refused(
  { rung, place, requests, until, mostDollarsPerHour = Number.POSITIVE_INFINITY }: EdgeAttempt,
  label: string,
  offer: { readonly dollarsPerHour: number | null; readonly secondsToReady: number },
): Failure | undefined {
  const why = rung.hosts.neverFits(requests, place.request);
  if (why !== undefined) return hostsTooSmall(label, why);
  const most = Math.min(mostDollarsPerHour, place.request.mostDollarsPerHour ?? Number.POSITIVE_INFINITY);
  // Because a price that nobody knows may be any, only a known one fits a budget.
  const asked = offer.dollarsPerHour ?? Number.POSITIVE_INFINITY;
  if (asked > most) return overBudget(label, asked, most);
  const left = (until - Date.now()) / 1000;
  return offer.secondsToReady > left ? tooLate(label, offer.secondsToReady, left) : undefined;
}

async function configure({ rung, requests, owner, io }: EdgeAttempt, standing: Standing): Promise<Ended> {
  const { cluster } = standing;
  if (cluster === undefined) throw new TypeError("hosts are configured once they stand");
  try {
    const { ready, unfit } = await rung.hosts.configure(cluster, owner, io);
    const [first] = unfit;
    const after = { ...standing, hosts: ready };
    if (first === undefined) return { outcome: { kind: "done" }, standing: after, price: cluster.dollarsPerHour };
    for (const { host, failure } of unfit) io.note(`${host.name} is not used: ${failure.title}: ${failure.detail}`);
    const restSuffices = rung.hosts.lacks(requests, ready) === undefined;
    const outcome: Outcome = { kind: "failed", failure: first.failure, restSuffices };
    return { outcome, standing: after, price: cluster.dollarsPerHour };
  } catch (error) {
    return failed(io, rung.provider.classify(error), { standing, price: cluster.dollarsPerHour });
  }
}

async function startServers({ rung, requests, owner, io }: EdgeAttempt, standing: Standing): Promise<Ended> {
  const { hosts = [], cluster } = standing;
  const price = cluster?.dollarsPerHour ?? null;
  const lack = rung.hosts.lacks(requests, hosts);
  if (lack !== undefined) {
    return { outcome: { kind: "failed", failure: hostsTooSmall(rung.name, lack) }, standing, price };
  }
  try {
    const servers = await rung.hosts.provision(hosts, { requests, owner }, io);
    return { outcome: { kind: "done" }, standing: { ...standing, servers }, price };
  } catch (error) {
    return failed(io, rung.provider.classify(error), { standing, price });
  }
}

async function ended(
  io: ProvisionIo,
  classify: (error: unknown) => Failure,
  price: number | null,
  work: () => Promise<Standing>,
): Promise<Ended> {
  try {
    return { outcome: { kind: "done" }, standing: await work(), price };
  } catch (error) {
    return failed(io, classify(error), { standing: {}, price });
  }
}

function failed(io: ProvisionIo, failure: Failure, rest: Omit<Ended, "outcome">): Ended {
  io.signal.throwIfAborted();
  return { outcome: { kind: "failed", failure }, ...rest };
}

/** Gives back all that the group's node holds at the place: servers first, then the machines under them. */
export async function giveBack(
  { rung, owner }: Pick<Attempt, "rung" | "owner">,
  signal = AbortSignal.timeout(600_000),
): Promise<void> {
  if (rung.kind === "edge") await rung.hosts.destroy(owner, signal);
  await rung.provider.destroy(owner, signal);
}
