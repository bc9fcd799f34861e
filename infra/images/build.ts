import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  kernelPackage,
  type OperatingSystem,
  operatingSystem,
  operatingSystems,
} from "../catalog/operating-systems.ts";
import { InfraError } from "../failure.ts";
import { type CommandEnd, runCommand } from "../hosts/command.ts";
import { tarOf } from "../hosts/tar.ts";
import { buildFailed, noSuchPackage, unknownSystem } from "./failures.ts";
import { guestFiles, maskedUnits } from "./guest-files.ts";
import { initrdHook } from "./initrd.ts";
import {
  basePackages,
  essentialHook,
  type ImageRequest,
  layerScript,
  leftOutPaths,
  neutralHook,
  sortedPackages,
} from "./recipe.ts";
import { machineSurroundings, surroundingsOfBuild } from "./surroundings.ts";

/** A build in progress: where it works, where it logs, when it must stop. */
export interface Build {
  /** Folder of this build alone; whatever is in it when the build fails or dies is worth nothing. */
  readonly folder: string;
  readonly logPath: string;
  readonly signal: AbortSignal;
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Bootstraps the base tree of a system, as one archive in the build's folder. Gives its path. */
export async function buildBase(os: string, build: Build): Promise<string> {
  const archive = join(build.folder, "base.tar");
  const args = await bootstrapArguments(os, archive, build, {
    variant: [
      "--variant=minbase",
      "--skip=cleanup/apt/lists,cleanup/reproducible",
      `--include=${[...basePackages, kernelPackage("amd64")].join(",")}`,
    ],
    hooks: { "essential-hook": essentialHook, "customize-hook-1": initrdHook, "customize-hook-2": neutralHook },
  });
  await checkEnd((await runBootstrap(args, build)).code, os, build);
  return archive;
}

/** Which packages a bootstrap installs how, and the scripts that it runs, by the name of the hook. */
export interface Bootstrap {
  readonly variant: readonly string[];
  readonly hooks: Readonly<Record<string, string>>;
}

/** The arguments of mmdebstrap for a system's tree as one archive. */
export async function bootstrapArguments(
  os: string,
  archive: string,
  build: Build,
  { variant, hooks }: Bootstrap,
): Promise<readonly string[]> {
  const { sources, apt } = await machineSurroundings(systemOf(os), build.signal);
  const dpkg = ["force-unsafe-io", "force-confold", ...leftOutPaths.map((path) => `path-exclude=${path}`)];
  return [
    ...variant,
    "--format=tar",
    `--keyring=${keyring}`,
    // Because mmdebstrap in its user namespace could not read a file below a private home.
    ...Object.entries(hooks).map(([name, script]) => `--${name.replace(/-\d$/, "")}=${script}`),
    ...dpkg.map((option) => `--dpkgopt=${option}`),
    ...['Acquire::GzipIndexes "true"', 'Acquire::Languages "none"', ...apt].map((option) => `--aptopt=${option}`),
    systemOf(os).suite,
    archive,
    ...sources,
  ];
}

/** Runs mmdebstrap, which makes namespaces of its own unless root runs it. */
export function runBootstrap(args: readonly string[], build: Build): Promise<CommandEnd> {
  if (isRoot()) return inNamespaces(["mmdebstrap", ...args], build, { TMPDIR: build.folder });
  // Because mmdebstrap's own user namespace must be able to enter its folder, which a private home forbids.
  return runCommand("mmdebstrap", args, settingsOf(build, {}));
}

/** Runs a command where it is root, and where the kernel takes its mounts and processes away when it ends. */
export function inNamespaces(
  words: readonly string[],
  build: Build,
  env: Readonly<Record<string, string>>,
): Promise<CommandEnd> {
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
  return runCommand("unshare", [...namespaces, ...words], settingsOf(build, { PATH: path, ...env }));
}

/** Makes disk, kernel and list of packages of an image in the build's folder. */
export async function buildLayer(
  request: ImageRequest,
  from: { readonly base: string; readonly archives: string },
  build: Build,
): Promise<void> {
  const inFolder = (name: string) => join(build.folder, name);
  const surroundings = await machineSurroundings(systemOf(request.os), build.signal);
  await writeFile(inFolder("guest.tar"), tarOf(guestFiles));
  await writeFile(inFolder("machine.tar"), tarOf(surroundingsOfBuild(surroundings)), { mode: 0o600 });
  await mkdir(from.archives, { recursive: true });
  const end = await inNamespaces(["sh", "-c", layerScript], build, {
    BASE: from.base,
    TREE: inFolder("tree"),
    DISK: inFolder("disk.raw"),
    KERNEL: inFolder("vmlinuz"),
    INITRD_FILE: inFolder("initrd"),
    MANIFEST: inFolder("packages.txt"),
    ARCHIVES: from.archives,
    GUEST_TAR: inFolder("guest.tar"),
    MACHINE_TAR: inFolder("machine.tar"),
    PACKAGES: sortedPackages(request.packages).join(" "),
    MASKED: maskedUnits.join(" "),
  });
  await checkEnd(end.code, [request.os, ...request.packages].join(" + "), build);
  await removeTree(inFolder("tree"), build.signal);
  for (const name of ["guest.tar", "machine.tar"]) await rm(inFolder(name));
}

/** Removes a tree whose files may belong to the ids of a user namespace. */
export async function removeTree(path: string, signal: AbortSignal): Promise<void> {
  if (isRoot()) return rm(path, { recursive: true, force: true });
  await runCommand("unshare", [...namespaces, "rm", "-rf", path], { signal });
}

// Because a build that is killed must leave neither mounts nor processes behind: the kernel takes both with it.
const namespaces = [
  ...(isRoot() ? [] : ["--map-root-user", "--map-auto"]),
  "--mount",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

function systemOf(os: string): OperatingSystem {
  const system = operatingSystem(os);
  if (system !== undefined) return system;
  const known = operatingSystems.map((one) => one.name);
  throw new InfraError(unknownSystem(os, known));
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function settingsOf(build: Build, env: Readonly<Record<string, string>>) {
  return { signal: build.signal, logPath: build.logPath, env: { LC_ALL: "C", ...env } };
}

/** Throws the failure of a build that ended with another code than 0. */
export async function checkEnd(code: number | null, name: string, build: Build): Promise<void> {
  if (code === 0) return;
  const log = await readFile(build.logPath, "utf8").catch(() => "");
  const tail = log.trimEnd().split("\n").slice(-12).join("\n");
  const missing = /Unable to locate package|has no installation candidate/.test(log);
  throw new InfraError((missing ? noSuchPackage : buildFailed)(name, tail, build.logPath));
}
