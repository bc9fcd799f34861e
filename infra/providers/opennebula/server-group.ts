import type { Member } from "../../hosts/seed.ts";
import { makeSshKeyPair, type SshKeyPair } from "../../hosts/ssh-key-pair.ts";
import { groupFiles } from "../local/places.ts";
import type { ProvisionIo, Server, SshAddress } from "../provider.ts";
import type { OpenNebulaMachine } from "./calls/virtual-machine.ts";
import { reach, type StartLimits, waitUntilRuns } from "./machine-start.ts";
import { openNebulaName } from "./machine-tags.ts";
import type { ServerGroup } from "./provision.ts";
import { serverError } from "./server-failures.ts";
import type { PlannedServer } from "./server-template.ts";
import { groupScript } from "./start-script.ts";

interface Running {
  readonly planned: PlannedServer;
  readonly machine: OpenNebulaMachine;
  readonly address: string;
}

/** Waits for the machines of a group, side by side, and makes them know each other. In the order of the requests. */
export async function finishGroup(
  group: ServerGroup,
  ids: readonly number[],
  io: ProvisionIo,
): Promise<readonly Server[]> {
  const stop = new AbortController();
  const { pollMs, capacityDeadlineMs, startDeadlineMs } = group.place.options;
  const signal = AbortSignal.any([io.signal, stop.signal]);
  const limits = { signal, pollMs, capacityDeadlineMs, startDeadlineMs };
  // Because the first that fails decides, and nobody should wait for the others then.
  const together = async <Value>(work: readonly Promise<Value>[]): Promise<readonly Value[]> => {
    for (const one of work) one.catch((error: unknown) => stop.abort(error));
    const all = await Promise.allSettled(work);
    if (stop.signal.aborted) throw stop.signal.reason;
    return all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  };
  const running = await together(ids.map((id, index) => runs(group, { id, index }, limits)));
  const members = running.map(
    ({ planned, address }): Member => ({ name: planned.request.name, address, hostKey: planned.hostKey }),
  );
  const groupKey = makeSshKeyPair("edgecert-group");
  return together(running.map((one) => serverOf(group, one, { members, groupKey, limits, io })));
}

async function runs(
  group: ServerGroup,
  of: { readonly id: number; readonly index: number },
  limits: StartLimits,
): Promise<Running> {
  const machine = await waitUntilRuns(group.one, of.id, limits);
  const planned = group.planned[of.index];
  const address = machine.cards.find((card) => card.address !== "")?.address;
  if (planned === undefined || address === undefined)
    throw serverError("opennebula-not-ready", `Machine ${of.id} has no card with an IPv4 address.`);
  return { planned, machine, address };
}

interface Finishing {
  readonly members: readonly Member[];
  readonly groupKey: SshKeyPair;
  readonly limits: StartLimits;
  readonly io: ProvisionIo;
}

async function serverOf(group: ServerGroup, running: Running, finishing: Finishing): Promise<Server> {
  const { planned, machine, address } = running;
  const { limits, io } = finishing;
  const { request, template, hostKey } = planned;
  const ssh: SshAddress = {
    ...{ host: address, port: group.place.options.sshPort, user: "root", hostKey: hostKey.publicKey },
    privateKeyPath: groupFiles(group.place.places, group.owner).loginKey,
  };
  const connection = await reach(group.one, machine.id, ssh, limits);
  try {
    const input = groupScript(finishing.members, finishing.groupKey, request.packages);
    const said = await connection.run("sh -s", { input, signal: limits.signal });
    if (said.code !== 0)
      throw serverError("opennebula-not-ready", `Machine ${machine.id} (${request.name}): ${said.stderr.trim()}.`);
    const server: Server = {
      ...{ id: String(machine.id), name: request.name, role: request.role, os: request.os, ssh },
      privateAddress: address,
      facts: {
        ...{ provider: openNebulaName, ...classOf(machine.place?.vmDriver ?? ""), startMode: "cold" },
        ...{ imageDigest: template.digest, kernel: said.stdout.trim().split("\n").at(-1) ?? "" },
        readyMs: Math.max(1, Date.now() - group.askedAt),
      },
    };
    io.ready(server);
    return server;
  } finally {
    connection.close();
  }
}

/** Because OpenNebula's dummy driver runs nothing, whatever answers there proves nothing about a product. */
function classOf(vmDriver: string) {
  if (vmDriver === "kvm") return { hostClass: "on-premises", acceleration: "kvm" } as const;
  return { hostClass: vmDriver === "qemu" ? "on-premises" : "simulated", acceleration: "tcg" } as const;
}
