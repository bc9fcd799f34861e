import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import type { Size } from "../../hosts/capacity.ts";
import { withLock } from "../../hosts/lock.ts";
import { identityOf } from "../../hosts/process-table.ts";
import { machineId } from "../../hosts/qemu-arguments.ts";
import { writeRecord } from "../../hosts/record-file.ts";
import { type Member, seedFiles } from "../../hosts/seed.ts";
import { makeSshKeyPair, type SshKeyPair } from "../../hosts/ssh-key-pair.ts";
import { tarOf } from "../../hosts/tar.ts";
import { checkLease, takeLease } from "../../lease.ts";
import { waitForSsh } from "../../ssh/readiness.ts";
import { loopbackAddress, macAddress, privateAddress, sshPort } from "../local/addresses.ts";
import { type Held, holdings, listResources } from "../local/listing.ts";
import { allocationLock, groupFiles, type Places, serverFiles } from "../local/places.ts";
import { releaseAll, removeServer } from "../local/release.ts";
import { reserve } from "../local/reservation.ts";
import { commandLineTags, readServers, type ServerRecord } from "../local/server-record.ts";
import type { ProvisionIo, Server, SshAddress } from "../provider.ts";
import { didNotStart } from "./failures.ts";
import type { MachineSettings } from "./machine.ts";
import { sandboxScript } from "./sandbox.ts";

/** Name of the provider in resources and facts. */
export const simulatorName = "simulator";

/** How scripted machines are made. */
export interface Simulation {
  readonly places: Places;
  /** Folder of programs that stand before this machine's own; null for none. */
  readonly programs: string | null;
  /** Room that they share; null for no limit. */
  readonly machine: Size | null;
  /** How long a group waits for room, in milliseconds. */
  readonly deadlineMs: number;
}

interface Group extends Simulation {
  readonly owner: Owner;
  readonly claim: string;
  readonly members: readonly Member[];
  readonly loginKey: SshKeyPair;
  readonly groupKey: SshKeyPair;
  readonly digest: string;
  readonly askedAt: number;
}

/** The whole group, running, or nothing; what an earlier attempt of the same node left is removed first. */
export async function provisionScripted(
  simulation: Simulation,
  requests: readonly ServerRequest[],
  owner: Owner,
  io: ProvisionIo,
): Promise<readonly Server[]> {
  const { places } = simulation;
  const askedAt = Date.now();
  const left = await withLock(allocationLock, io.signal, () => takeOver(places, owner));
  await Promise.all(left.ids.map((id) => removeServer(places, id)));
  try {
    const machine = simulation.machine ?? { memoryMiB: Number.MAX_SAFE_INTEGER, cores: Number.MAX_SAFE_INTEGER };
    const held = () => heldOf(simulation);
    const wanted = { requests, owner, claim: left.claim, machine, deadlineMs: simulation.deadlineMs, held };
    const records = await reserve(places, wanted, io);
    const group = { ...(await makeGroup(simulation, owner, records)), claim: left.claim, askedAt };
    const starts = await Promise.allSettled(
      records.map((record, index) => startScripted(group, { record, request: requests[index] }, io)),
    );
    return starts.map((start) => {
      if (start.status === "rejected") throw start.reason;
      return start.value;
    });
  } catch (error) {
    await releaseAll(places, owner, AbortSignal.timeout(60_000));
    throw error;
  }
}

/** Of all others only the addresses count, because a scripted machine promises nothing of this one. */
async function heldOf({ places, machine }: Simulation): Promise<readonly Held[]> {
  const all = await holdings(places.home);
  if (machine === null) return all;
  const own = (await readServers(places.home)).map(({ group }) => group);
  return all.map((one) => (own.includes(one.group) ? one : { ...one, memoryMiB: 0, cores: 0 }));
}

/** Keys, names and addresses of a group; the key to log in with is written where the caller finds it. */
async function makeGroup(
  simulation: Simulation,
  owner: Owner,
  records: readonly ServerRecord[],
): Promise<Omit<Group, "claim" | "askedAt">> {
  const files = groupFiles(simulation.places, owner);
  const loginKey = makeSshKeyPair("edgecert-login");
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await writeFile(files.loginKey, loginKey.privateKey, { mode: 0o600 });
  const members = records.map(({ name, index }) => ({
    name,
    address: privateAddress(index),
    hostKey: makeSshKeyPair(name),
  }));
  const groupKey = makeSshKeyPair("edgecert-group");
  return { ...simulation, owner, members, loginKey, groupKey, digest: await digestOf(simulation.programs) };
}

async function takeOver(places: Places, owner: Owner) {
  const claim = await takeLease(groupFiles(places, owner).lease, owner);
  const found = await listResources(places, { run: owner.run, node: owner.node });
  return { claim, ids: found.filter(({ kind }) => kind === "virtual-machine").map(({ id }) => id) };
}

async function startScripted(
  group: Group,
  of: { readonly record: ServerRecord; readonly request: ServerRequest | undefined },
  io: ProvisionIo,
): Promise<Server> {
  const { record, request } = of;
  const member = group.members[record.index];
  if (member === undefined || request === undefined) throw new Error("a record was made for every request");
  const files = serverFiles(group.places, record.id);
  await prepare(group, record, member);
  const process = await withLock(allocationLock, io.signal, async () => {
    await checkLease(groupFiles(group.places, group.owner).lease, group.owner, group.claim);
    return launch(group, record);
  });
  await writeRecord(files.record, { ...record, qemu: process });
  const ssh = addressOf(group, record, member);
  const connection = await waitForSsh(ssh, { timeoutMs: 60_000, signal: io.signal }).catch(async (error: unknown) => {
    io.signal.throwIfAborted();
    throw new InfraError(didNotStart(record.id, await readFile(files.console, "utf8").catch(() => "")), {
      cause: error,
    });
  });
  try {
    const kernel = (await connection.must("uname -r", { signal: io.signal })).stdout.trim();
    const server: Server = {
      ...{ id: record.id, name: request.name, role: request.role, os: request.os, ssh },
      privateAddress: member.address,
      facts: {
        ...{ provider: simulatorName, hostClass: "simulated", acceleration: "tcg", startMode: "cold" },
        ...{ imageDigest: group.digest, kernel, readyMs: Date.now() - group.askedAt },
      },
    };
    io.ready(server);
    return server;
  } finally {
    connection.close();
  }
}

async function prepare(group: Group, record: ServerRecord, self: Member): Promise<void> {
  const files = serverFiles(group.places, record.id);
  const { members, loginKey, groupKey } = group;
  const macs = { outsideMac: macAddress(record.id, "outside"), groupMac: macAddress(record.id, "group") };
  const keys = { loginKey: loginKey.publicKey, groupKey };
  const seed = tarOf(
    seedFiles({ self, machineId: machineId(record.id), group: members, ...keys, ...macs, surroundings: [] }),
  );
  await writeFile(files.seed, seed, { mode: 0o600 });
  const settings: MachineSettings = {
    name: record.name,
    address: loopbackAddress(record.group, record.index),
    port: sshPort,
    hostKey: self.hostKey.privateKey,
    logins: [loginKey.publicKey, groupKey.publicKey],
    programs: group.programs,
  };
  await writeRecord(join(files.folder, "machine.json"), settings);
}

function launch(group: Group, record: ServerRecord) {
  const files = serverFiles(group.places, record.id);
  const console = openSync(files.console, "a", 0o600);
  const tags = commandLineTags(group.places.home, group.owner, { ...record, memoryMiB: 0, cores: 0 });
  try {
    const words = [join(import.meta.dirname, "machine.ts"), files.folder, `value=${tags}`];
    const child = spawn(process.execPath, words, {
      detached: true,
      stdio: ["ignore", console, console],
      env: { PATH: process.env.PATH },
    });
    child.on("error", () => undefined);
    child.unref();
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity === undefined) throw new InfraError(didNotStart(record.id, "its process did not start"));
    return identity;
  } finally {
    closeSync(console);
  }
}

function addressOf({ places, owner }: Group, record: ServerRecord, member: Member): SshAddress {
  return {
    host: loopbackAddress(record.group, record.index),
    port: sshPort,
    user: "root",
    privateKeyPath: groupFiles(places, owner).loginKey,
    hostKey: member.hostKey.publicKey,
  };
}

/** What a scripted machine is made of: the sandbox and the scripted programs. */
async function digestOf(programs: string | null): Promise<string> {
  const hash = createHash("sha256").update(sandboxScript);
  const found = programs === null ? [] : await readdir(programs, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(`\0${relative(programs ?? "", file)}\0`).update(await readFile(file));
  return hash.digest("hex");
}
