import type { z } from "zod";
import { inventoryName } from "../../pool/release.ts";
import { connect } from "../../ssh/connect.ts";
import { hasReason } from "../../ssh/failures.ts";
import type { Provider, Resource, Server } from "../provider.ts";
import { askHost } from "./ask.ts";
import { type Call, values } from "./call.ts";
import { forgetGroup, type GroupRecord, type Holder, readGroups, type ServingHost } from "./group-record.ts";
import { ensureProgram, hostHome } from "./program.ts";

/** Name of the place in resources. */
export const hostsName = "hosts";

/** Servers on hosts, as what is held there: each group goes by the host's own listing, and is forgotten only then. */
export interface HostsPlace extends Pick<Provider, "name" | "destroy" | "list" | "release" | "keep"> {
  isGone(server: Server): Promise<boolean>;
}

/** The servers that were started on hosts from this home. */
export function hostsPlace(home: string): HostsPlace {
  const giveBack = async (holder: Holder, call: Call, signal: AbortSignal): Promise<readonly Resource[]> => {
    const groups = await readGroups(home, holder);
    for (const group of groups) {
      for (const host of group.hosts) await releaseOn(host, { home, call, signal });
      await forgetGroup(home, group);
    }
    return groups.map(resourceOf);
  };
  return {
    name: hostsName,
    destroy: (owner, signal) => giveBack(owner, { verb: "destroy", owner }, signal),
    list: async (filter) => (await readGroups(home, filter)).map(resourceOf),
    release: async (resource, signal) => {
      await giveBack(resource, { verb: "clear", holder: { run: resource.run, node: resource.node } }, signal);
    },
    keep: async (holder, until, signal) => {
      for (const { hosts } of await readGroups(home, holder))
        for (const host of hosts)
          await onHost(host, { home, call: { verb: "keep", holder, until }, signal }, values.nothing);
    },
    isGone: async (server) => {
      const signal = AbortSignal.timeout(30_000);
      const hosts = (await readGroups(home, {})).flatMap((group) => group.hosts);
      const host = hosts.find((one) => reaches(one, server));
      return (
        host !== undefined &&
        (await onHost(host, { home, call: { verb: "isGone", id: server.id }, signal }, values.gone))
      );
    },
  };
}

function reaches(host: ServingHost, { ssh }: Server): boolean {
  const last = ssh.jumps?.at(-1);
  return last !== undefined && last.host === host.ssh.host && last.port === host.ssh.port;
}

interface Errand {
  readonly home: string;
  readonly call: Call;
  readonly signal: AbortSignal;
}

/** A machine that somebody else lists by tag ends with all that is on it: then it need not answer any more. */
async function releaseOn(host: ServingHost, errand: Errand): Promise<void> {
  try {
    await onHost(host, errand, values.nothing);
  } catch (error) {
    errand.signal.throwIfAborted();
    if (host.provider === inventoryName || !isUnreachable(error)) throw error;
  }
}

function isUnreachable(error: unknown): boolean {
  return hasReason(error, "ssh-unreachable", "ssh-handshake", "ssh-connection-lost", "ssh-jump-refused");
}

async function onHost<Value>(
  host: ServingHost,
  { home, call, signal }: Errand,
  answer: z.ZodType<Value>,
): Promise<Value> {
  const connection = await connect(host.ssh, { signal });
  try {
    const command = await ensureProgram(connection, { home, signal, note: () => {} });
    const settings = { home: hostHome, memoryMiB: 0, cores: 0, capacityDeadlineMs: 0 };
    return await askHost(connection, { command, asked: { settings, call }, answer }, { signal });
  } finally {
    connection.close();
  }
}

function resourceOf({ run, node, expiresAt, hosts }: GroupRecord): Resource {
  const id = hosts.map(({ id: host }) => host).join("+");
  return { provider: hostsName, id: `servers-on-${id}`, kind: "server-group", run, node, expiresAt };
}
