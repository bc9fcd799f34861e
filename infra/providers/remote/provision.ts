import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { asRoot } from "../../hosts/kvm/ask.ts";
import { ensureImage } from "../../images/image.ts";
import { connect } from "../../ssh/connect.ts";
import type { Connection } from "../../ssh/connection.ts";
import { quoted } from "../../ssh/transfer-script.ts";
import type { ProvisionIo, Server, SshAddress } from "../provider.ts";
import { askHost } from "./ask.ts";
import { values } from "./call.ts";
import { groupPlaces, noteHosts, type ServingHost } from "./group-record.ts";
import { hostSettings } from "./host-size.ts";
import { ensureProgram } from "./program.ts";
import { shipImage } from "./ship-image.ts";

/** Servers that one host is to give, and for whom. */
export interface HostGroup {
  readonly host: ServingHost;
  readonly requests: readonly ServerRequest[];
  readonly owner: Owner;
}

/** How this machine works with hosts. */
export interface RemoteUse {
  /** Folder of images and records, absolute. */
  readonly home: string;
  /** How long a group waits for room on its host, in milliseconds. */
  readonly capacityDeadlineMs: number;
}

/** How long a host may take for a group once it has room: emulated, it boots for minutes. In milliseconds. */
const startingMs = 1_800_000;

/**
 * The whole group on one host, running, or nothing: its program and images are brought there first, then it does what the local
 * provider does anywhere. Servers are reached through their host.
 */
export async function provisionOnHost(use: RemoteUse, group: HostGroup, io: ProvisionIo): Promise<readonly Server[]> {
  const { host, owner, requests } = group;
  const { home } = use;
  const { signal } = io;
  const begun = Date.now();
  await noteHosts(home, { run: owner.run, node: owner.node, expiresAt: owner.expiresAt, hosts: [host] });
  const work = { home, signal, note: (text: string) => io.note(text) };
  const images = await Promise.all(requests.map((request) => ensureImage(request, work)));
  const connection = await connect(host.ssh, { signal });
  try {
    const command = await ensureProgram(connection, work);
    for (const image of new Map(images.map((one) => [one.digest, one])).values())
      await shipImage(connection, image, work);
    const settings = await hostSettings(connection, use, signal);
    const asked = { settings, call: { verb: "provision", requests, owner } } as const;
    const servers = await askHost(
      connection,
      { command, asked, answer: values.servers },
      { signal, note: (text) => io.note(`${host.name}: ${text}`), timeoutMs: startingMs + settings.capacityDeadlineMs },
    );
    const privateKeyPath = await fetchLoginKey(connection, { home, owner, servers }, signal);
    const reached = servers.map((server) => throughHost(server, { host, privateKeyPath, readyMs: Date.now() - begun }));
    for (const server of reached) io.ready(server);
    return reached;
  } finally {
    connection.close();
  }
}

/** Because the private key of a group was made on its host, and whoever logs in from here needs it here. */
async function fetchLoginKey(
  connection: Connection,
  { home, owner, servers }: { readonly home: string; readonly owner: Owner; readonly servers: readonly Server[] },
  signal: AbortSignal,
): Promise<string> {
  const path = servers[0]?.ssh.privateKeyPath;
  if (path === undefined) return "";
  const { stdout } = await connection.must(asRoot(connection, `cat ${quoted(path)}`), { signal });
  const { folder } = groupPlaces(home, owner);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const target = join(folder, `login-${randomBytes(4).toString("hex")}`);
  await writeFile(target, stdout, { mode: 0o600 });
  return target;
}

/** A server as it is seen from this machine: its address is one of its host's own loopback device. Pure. */
export function throughHost(
  server: Server,
  {
    host,
    privateKeyPath,
    readyMs,
  }: { readonly host: ServingHost; readonly privateKeyPath: string; readonly readyMs: number },
): Server {
  const { jumps = [], proxy, ...hop } = host.ssh;
  const ssh: SshAddress = {
    ...{ ...server.ssh, privateKeyPath, jumps: [...jumps, hop] },
    ...(proxy === undefined ? {} : { proxy }),
  };
  return { ...server, ssh, facts: { ...server.facts, provider: host.provider, hostClass: host.hostClass, readyMs } };
}
