import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { InfraError } from "../../failure.ts";
import { asRoot } from "../../hosts/kvm/ask.ts";
import { withLock } from "../../hosts/lock.ts";
import type { Connection } from "../../ssh/connection.ts";
import { quoted } from "../../ssh/transfer-script.ts";
import { ensureBundle } from "./bundle.ts";
import { foreignHost } from "./failures.ts";

/** Folder of ours on a host. */
const hostFolder = "/var/lib/edgecert/host";

/** Folder of images, keys and servers on a host. */
export const hostHome = `${hostFolder}/home`;

/** How a host's program is laid down. */
export interface Laying {
  /** Home on this machine. */
  readonly home: string;
  readonly signal: AbortSignal;
  note(text: string): void;
}

/** Machines by what `uname -m` says, as Node.js names their processors. */
const processors: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/** How long a host may take for Node.js, 120 MB: emulated and busy perhaps. In milliseconds. */
const layingMs = 900_000;

/**
 * Lays our program and a Node.js for it down on a host, once, and gives the command that starts it as root. This machine's
 * own Node.js is copied, so the host must have the same kind of processor.
 */
export async function ensureProgram(connection: Connection, laying: Laying): Promise<string> {
  const { home, signal } = laying;
  const { host, port, user } = connection.address;
  const bundle = await ensureBundle(home, signal);
  const node = `${hostFolder}/node-${process.version}`;
  const programs = `${hostFolder}/programs/${bundle.digest}`;
  const command = commandOf({ node: `${node}/node`, program: `${programs}/${bundle.program}` });
  return withLock(`host program ${host}:${port}`, signal, async () => {
    const { stdout } = await connection.must(asRoot(connection, "/bin/sh -s"), {
      ...{ input: lookScript({ node, programs, user }), signal },
    });
    const [machine = "", ...there] = stdout.trim().split("\n");
    if (processors[machine] !== process.arch) throw new InfraError(foreignHost(machine));
    if (!there.includes("node")) {
      laying.note(`copying Node.js ${process.version} to ${host}`);
      await layNode(connection, node, laying);
    }
    if (!there.includes("programs")) await connection.upload(bundle.folder, programs, { signal, timeoutMs: layingMs });
    return command;
  });
}

/** Compressed, because it is 120 MB large and a host may be far away. */
async function layNode(connection: Connection, folder: string, { home, signal }: Laying): Promise<void> {
  const packed = join(home, "host-programs", `node-${process.version}.gz`);
  if (!existsSync(packed)) {
    const part = `${packed}.${process.pid}.part`;
    await pipeline(createReadStream(process.execPath), createGzip(), createWriteStream(part), { signal });
    await rename(part, packed);
  }
  const limits = { signal, timeoutMs: layingMs };
  const arrived = `${folder}/${basename(packed)}`;
  await connection.upload(packed, folder, limits);
  const unpack = `gunzip -c ${arrived} > ${folder}/part && chmod 755 ${folder}/part && mv ${folder}/part ${folder}/node`;
  await connection.must(`${unpack} && rm ${arrived}`, limits);
}

function lookScript({
  node,
  programs,
  user,
}: {
  readonly node: string;
  readonly programs: string;
  readonly user: string;
}) {
  // Because what is uploaded comes with the rights of whoever logs in.
  return `install -d -m 755 -o ${quoted(user)} ${hostFolder} ${hostFolder}/programs ${hostFolder}/images || exit 1
install -d -m 755 ${hostFolder}/bin && install -d -m 700 ${hostHome} || exit 1
ln -sfn ${hostFolder}/images ${hostHome}/images
# Because Red Hat's QEMU is no command of PATH.
[ ! -x /usr/libexec/qemu-kvm ] || ln -sfn /usr/libexec/qemu-kvm ${hostFolder}/bin/qemu-system-x86_64
uname -m
[ ! -x ${node}/node ] || echo node
[ ! -d ${programs} ] || echo programs
`;
}

function commandOf({ node, program }: { readonly node: string; readonly program: string }): string {
  const cache = `${hostFolder}/compiled`;
  return `env PATH="$PATH:${hostFolder}/bin" NODE_COMPILE_CACHE=${cache} ${node} ${program}`;
}

/** Folder of an image on a host: named as in the home of this machine. Pure. */
export function hostImageFolder(image: { readonly os: string; readonly digest: string }): string {
  return join(hostFolder, "images", image.os, image.digest.slice(0, 16));
}
