import * as z from "zod";
import { InfraError } from "../../failure.ts";
import type { Host } from "../../programs/edge-cluster.ts";
import type { StackPlace } from "../../pulumi/stack-place.ts";
import { waitForSsh } from "../../ssh/readiness.ts";
import type { ClusterHost, ClusterIo, ClusterStep } from "../cluster.ts";
import { clusterFiles } from "./cluster-record.ts";
import { unreadableOutputs } from "./failures.ts";
import type { MakeContact } from "./use.ts";

const outputs = z.object({
  hosts: z.array(
    z.custom<Host>((value) => {
      if (typeof value !== "object" || value === null) return false;
      const fields = new Map<string, unknown>(Object.entries(value));
      const words = ["name", "id", "address", "user", "hostKey"].every((name) => typeof fields.get(name) === "string");
      return words && typeof fields.get("sshPort") === "number";
    }, "is not a host with name, address, sshPort, user and hostKey"),
  ),
});

/** The hosts that a stack says it has. Throws an InfraError where it says something else. */
export function hostsOf(stack: string, said: Readonly<Record<string, unknown>>): readonly Host[] {
  const read = outputs.safeParse(said);
  if (read.success) return read.data.hosts;
  throw new InfraError(unreadableOutputs(stack, z.prettifyError(read.error)));
}

/** What waiting for hosts counts on, and goes on from. */
export interface Answering {
  readonly place: StackPlace;
  readonly hosts: readonly Host[];
  /** For every host, in milliseconds. */
  readonly readyMs: number;
  readonly firstContact: MakeContact;
  /** Steps that were counted before. */
  readonly counted: number;
}

/**
 * Waits until every host runs a command by SSH, each known by the key that it was given, and lets it make one of its own,
 * which alone is accepted from then on. The first that fails ends the waiting for all.
 */
export async function answeringHosts(parts: Answering, io: ClusterIo): Promise<readonly ClusterHost[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([io.signal, stop.signal]);
  let answered = 0;
  const known = parts.counted + parts.hosts.length;
  const tell = (name: string, state: ClusterStep["state"]): void => {
    if (state !== "started") answered += 1;
    io.step({ type: "ssh", name, operation: "answer", state, done: parts.counted + answered, known });
  };
  const all = parts.hosts.map(async (host) => {
    tell(host.name, "started");
    try {
      const reached = await answering(host, parts, { ...io, signal, note: (text) => io.note(text), step: () => {} });
      tell(host.name, "done");
      return reached;
    } catch (error) {
      tell(host.name, "failed");
      stop.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(all);
  // Because the first to fail is the reason, and the others only say that they were stopped.
  if (stop.signal.aborted) throw stop.signal.reason;
  return Promise.all(all);
}

async function answering(host: Host, { place, readyMs, firstContact }: Answering, io: ClusterIo): Promise<ClusterHost> {
  const files = clusterFiles(place);
  const ssh = {
    host: host.address,
    port: host.sshPort,
    user: host.user,
    privateKeyPath: files.loginKey,
    hostKey: host.hostKey,
  };
  (await waitForSsh(ssh, { timeoutMs: readyMs, signal: io.signal })).close();
  const own = await firstContact(ssh, {
    record: files.contact(host.name),
    signal: io.signal,
    note: (text) => io.note(text),
  });
  return { ...host, hostKey: own.hostKey, ssh: own };
}
