import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { type KnownHost, replaceHostKey } from "../../hosts/first-contact/host-key-replacement.ts";
import { whileAlive } from "../../hosts/guest.ts";
import { makeSshKeyPair, type SshKeyPair } from "../../hosts/ssh-key-pair.ts";
import { cloudConfig } from "../../programs/cloud-config.ts";
import { waitForSsh } from "../../ssh/readiness.ts";
import type { Cluster, ClusterHost, ClusterIo, ClusterStep } from "../cluster.ts";
import { type Metal, startMetal } from "../local/metal.ts";
import { groupFiles, serverFiles } from "../local/places.ts";
import { allOrAbort, type Use } from "../local/provision.ts";
import { releaseAll } from "../local/release.ts";
import { type HostSettings, namesOf } from "./settings.ts";

/** Name of the provider in requests, resources and hosts. */
export const localEdgeName = "local-edge";

/** User that the login key is given to. */
const account = "root";

/** From the start of a host until SSH answers, in milliseconds: emulated, cloud-init alone takes a minute of it. */
const bootMs = 480_000;
const giveUpMs = 60_000;

/** A request whose settings are read, and who asks. */
export interface Asked {
  readonly request: ClusterRequest;
  readonly settings: HostSettings;
  readonly owner: Owner;
}

/** All hosts, answering with keys of their own, or nothing. */
export async function provisionHosts(use: Use, asked: Asked, io: ClusterIo): Promise<Cluster> {
  const { request, settings, owner } = asked;
  const hosts = namesOf(request).map((name) => ({ name, key: makeSshKeyPair(name) }));
  const login = makeSshKeyPair("edgecert-login");
  const tell = counter(hosts.length, io);
  for (const { name } of hosts) tell(name, "create", "started");
  const requests = hosts.map(({ name, key }) => ({
    ...{ name, os: request.os, account, loginKey: login.publicKey, ...settings },
    // No powering off at the expiry: whoever keeps hosts for longer could not tell them, and a reaper on this machine can.
    userData: cloudConfig({ hostname: name, hostKey: key, powerOffAt: null, sshPort: settings.sshPort }),
  }));
  const quiet = { signal: io.signal, note: (text: string) => io.note(text), ready: () => {} };
  const machines = await startMetal(use, { requests, owner }, quiet);
  try {
    await keepLoginKey(use, owner, login);
    const started = hosts.flatMap((host, index) => {
      const machine = machines[index];
      return machine === undefined ? [] : [{ ...host, machine }];
    });
    for (const { name } of started) tell(name, "create", "done");
    const met = await allOrAbort(quiet, started, async (host, own) => {
      tell(host.name, "answer", "started");
      const known = await firstContact(use, { ...asked, ...host }, own);
      tell(host.name, "answer", "done");
      return described(asked, host, known);
    });
    return { provider: localEdgeName, hosts: met, dollarsPerHour: 0, expiresAt: owner.expiresAt };
  } catch (error) {
    await releaseAll(use.places, owner, AbortSignal.timeout(giveUpMs));
    throw error;
  }
}

async function keepLoginKey({ places }: Use, owner: Owner, { privateKey }: SshKeyPair): Promise<void> {
  const { folder, loginKey } = groupFiles(places, owner);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(loginKey, { force: true });
  await writeFile(loginKey, privateKey, { mode: 0o600 });
}

interface Started {
  readonly name: string;
  readonly key: SshKeyPair;
  readonly machine: Metal;
}

async function firstContact(
  { places }: Use,
  { owner, settings, machine, key }: Asked & Started,
  io: Pick<ClusterIo, "signal" | "note">,
): Promise<KnownHost> {
  const ssh: KnownHost = {
    ...{ host: machine.address, port: settings.sshPort, user: account, hostKey: key.publicKey },
    privateKeyPath: groupFiles(places, owner).loginKey,
  };
  return whileAlive(machine.launched, { signal: io.signal, timeoutMs: bootMs }, async (signal, timeoutMs) => {
    (await waitForSsh(ssh, { timeoutMs, signal })).close();
    const record = join(serverFiles(places, machine.id).folder, "first-contact.json");
    return replaceHostKey(ssh, { record, signal, note: (text) => io.note(text) });
  });
}

function described({ request, settings }: Asked, { name, machine }: Started, ssh: KnownHost): ClusterHost {
  const { architecture } = machine.launched.machine;
  return {
    ...{ name, id: machine.id, address: machine.address, privateAddress: machine.privateAddress },
    ...{ sshPort: settings.sshPort, user: account, hostKey: ssh.hostKey, os: request.os, architecture, ssh },
    image: { id: machine.imageDigest, name: request.os },
    hostClass: "nested",
    machineType: `${settings.cores} virtual CPUs, ${settings.memoryMiB} MiB`,
    ...{ location: "this machine", zone: null, price: null },
  };
}

/** Tells each step with how many have ended: every host is created, and answers. */
function counter(hosts: number, io: ClusterIo) {
  let done = 0;
  return (name: string, operation: "create" | "answer", state: ClusterStep["state"]): void => {
    if (state !== "started") done += 1;
    io.step({ type: operation === "create" ? "machine" : "ssh", name, operation, state, done, known: 2 * hosts });
  };
}
