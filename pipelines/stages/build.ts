import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Server } from "../../infra/providers/provider.ts";
import type { Connection } from "../../infra/ssh/connection.ts";
import { quoted } from "../../infra/ssh/transfer-script.ts";
import type { StageContext } from "../dsl/context.ts";
import type { FileReference } from "../dsl/event.ts";
import { describeServers } from "./description.ts";
import { lossFailures, packageFailures } from "./failures.ts";
import { onServers } from "./loss.ts";
import { doWork, type Machine, remoteRoot, unpackOnce, withMachines } from "./machine.ts";
import type { FetchedSource } from "./source.ts";

/** A package as it was built; its file's path is relative to the run's folder. */
export type BuiltPackage = {
  readonly name: string;
  readonly version: string;
  readonly file: { readonly path: string; readonly sha256: string; readonly bytes: number };
};

/** All packages of one operating system. */
export type BuiltPackages = { readonly os: string; readonly packages: readonly BuiltPackage[] };

/** What is built, where and by which shell command. The command puts its packages into the folder EDGECERT_OUT. */
export interface BuildRequest {
  readonly source: FetchedSource;
  /** One of them has the role `build`. */
  readonly servers: readonly Server[];
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
}

const out = `${remoteRoot}/out`;

/**
 * Builds Debian packages from a fetched source on the build server and brings them, bound by sha256, into the run's
 * folder `packages/<os>/`. The build is a detached job: a resumed run attaches to it.
 */
export function buildPackages(request: BuildRequest, ctx: StageContext): Promise<BuiltPackages> {
  const server =
    request.servers.find(({ role }) => role === "build") ??
    ctx.fail(packageFailures.noBuildServer(request.servers.map(({ role }) => role)));
  return withMachines([server], async (machines) => {
    const [machine] = machines;
    if (machine === undefined) throw new Error("a machine was lent for every server");
    return onServers(machines, { title: "the packages were built", repeatable: "again" }, ctx, async () => {
      await describeServers(machines, ctx);
      await build(machine, request, ctx);
      const connection = await machine.connect();
      const packages: BuiltPackage[] = [];
      for (const file of await builtFiles(connection, server.os, ctx)) {
        packages.push(await fetchPackage(connection, { file, os: server.os }, ctx));
      }
      return { os: server.os, packages };
    });
  });
}

async function build(machine: Machine, request: BuildRequest, ctx: StageContext): Promise<void> {
  const { archive, name } = request.source;
  const { server } = machine;
  const cwd = await unpackOnce(machine, { path: join(ctx.folder, archive.path), sha256: archive.sha256 }, ctx);
  ctx.note(`building ${name} for ${server.os}: ${request.command}`);
  const command = `mkdir -p "$EDGECERT_OUT" && ${request.command}`;
  const env = { ...request.env, EDGECERT_OUT: out };
  const end = await doWork(machine, { name: "build", command, env, cwd }, ctx);
  if (end.code === null) ctx.fail(lossFailures.unknownEnd("the build", server.name, end.why));
  if (end.code !== 0) ctx.fail(packageFailures.buildFailed(server.os, end.code, end.lastLines));
}

async function builtFiles(connection: Connection, os: string, ctx: StageContext): Promise<string[]> {
  const found = await connection.must(`cd ${quoted(out)} && find . -maxdepth 1 -type f -name '*.deb' -printf '%P\\n'`, {
    signal: ctx.signal,
  });
  const names = found.stdout
    .split("\n")
    .filter((name) => name !== "")
    .sort();
  if (names.length === 0) ctx.fail(packageFailures.noPackages(os));
  const bad = names.find((name) => !/^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,200}\.deb$/.test(name));
  if (bad !== undefined) ctx.fail(packageFailures.badPackageName(bad));
  return names;
}

async function fetchPackage(
  connection: Connection,
  of: { readonly file: string; readonly os: string },
  ctx: StageContext,
): Promise<BuiltPackage> {
  const remote = `${out}/${of.file}`;
  const fields = await connection.must(`dpkg-deb --show --showformat='\${Package} \${Version}' ${quoted(remote)}`, {
    signal: ctx.signal,
  });
  const [name = "", version = ""] = fields.stdout.trim().split(" ");
  const draft = join(ctx.attemptFolder, of.file);
  const { sha256, bytes } = await connection.download(remote, draft, { signal: ctx.signal, timeoutMs: 300_000 });
  const path = `packages/${of.os}/${of.file}`;
  await mkdir(join(ctx.folder, "packages", of.os), { recursive: true });
  await rename(draft, join(ctx.folder, path));
  const file: FileReference = { path, sha256, bytes };
  ctx.emit({ type: "package.built", data: { name, version, os: of.os, file } });
  return { name, version, file };
}
