import type { Failure } from "../../../pipelines/dsl/failure.ts";
import { InfraError } from "../../failure.ts";
import type { ClusterHost } from "../../providers/cluster.ts";
import { connect } from "../../ssh/connect.ts";
import { type Configured, type Configuring, configureHost } from "./configure.ts";
import { type Proof, proveHost } from "./proof.ts";
import type { ProofLimits } from "./proof-script.ts";
import type { HypervisorRequest } from "./request.ts";
import type { StepReport } from "./step-words.ts";

/** What must be known of a machine that is to become a hypervisor. */
export type Candidate = Pick<ClusterHost, "name" | "os" | "architecture" | "privateAddress" | "privateVlan" | "ssh">;

/** A host that was made a hypervisor and proved it. Plain JSON. */
export interface Hypervisor<Host extends Candidate = ClusterHost> extends Configured {
  readonly host: Host;
  readonly proof: Proof;
}

/** A host that must not be used, and why. Plain JSON. */
export interface Quarantined<Host extends Candidate = ClusterHost> {
  readonly host: Host;
  readonly failure: Failure;
  /** UTC, ISO 8601. */
  readonly at: string;
}

/** What became of hosts: each is in one of the two lists, in the order they were given. */
export interface Hypervisors<Host extends Candidate = ClusterHost> {
  readonly ready: readonly Hypervisor<Host>[];
  readonly quarantined: readonly Quarantined<Host>[];
}

/** How the work on several hosts speaks. */
export interface HypervisorsIo {
  readonly signal: AbortSignal;
  note(text: string): void;
  /** A step of one host that began (`needed`) or ended. */
  step(host: Candidate, report: StepReport): void;
}

/** What may differ from the defaults. */
export type MakingOptions = ProofLimits & Pick<Configuring, "quarantine">;

/**
 * Makes every host a hypervisor that has proved it, all at once. One that fails is quarantined, and the others go on; a wrong
 * request, which no host could satisfy, and a cancellation are thrown.
 */
export async function makeHypervisors<Host extends Candidate>(
  hosts: readonly Host[],
  of: { readonly request: HypervisorRequest; readonly options?: MakingOptions },
  io: HypervisorsIo,
): Promise<Hypervisors<Host>> {
  const outcomes = await Promise.all(
    hosts.map(async (host) => {
      const peers = hosts.filter((one) => one !== host).map(({ privateAddress }) => privateAddress);
      try {
        return await makeOne(host, { ...of, peers }, io);
      } catch (error) {
        return { host, error };
      }
    }),
  );
  io.signal.throwIfAborted();
  const ready: Hypervisor<Host>[] = [];
  const quarantined: Quarantined<Host>[] = [];
  for (const outcome of outcomes) {
    if ("proof" in outcome) ready.push(outcome);
    else quarantined.push(inQuarantine(outcome.host, outcome.error, io));
  }
  return { ready, quarantined };
}

async function makeOne<Host extends Candidate>(
  host: Host,
  of: { readonly request: HypervisorRequest; readonly options?: MakingOptions; readonly peers: readonly string[] },
  io: HypervisorsIo,
): Promise<Hypervisor<Host>> {
  const { signal } = io;
  const { request, peers, options = {} } = of;
  const { quarantine = "refuse" } = options;
  const connection = await connect(host.ssh, { signal });
  try {
    const expected = { os: host.os, architecture: host.architecture };
    const own = { signal, note: (text: string) => io.note(text), step: (report: StepReport) => io.step(host, report) };
    const neighbourhood = host.privateVlan === undefined ? { peers } : { peers, privateVlan: host.privateVlan };
    const configured = await configureHost(connection, { expected, request, quarantine, ...neighbourhood }, own);
    const { facts } = configured;
    const proof = await proveHost(connection, { facts, request, limits: options }, signal);
    io.note(`${host.name} is a hypervisor: its test guest answered after ${proof.guestSeconds} s`);
    return { ...configured, host, proof };
  } finally {
    connection.close();
  }
}

function inQuarantine<Host extends Candidate>(host: Host, error: unknown, io: HypervisorsIo): Quarantined<Host> {
  // Because nobody's next host would fare better, and a defect of ours is no fault of a machine.
  if (!(error instanceof InfraError) || error.failure.reason === "hypervisor-request") throw error;
  const { failure } = error;
  io.note(`${host.name} is in quarantine: ${failure.title}: ${failure.detail}`);
  return { host, failure, at: new Date().toISOString() };
}
