import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { operatingSystem } from "../catalog/operating-systems.ts";
import { InfraError } from "../failure.ts";
import { runCommand } from "../hosts/command.ts";
import { tarOf } from "../hosts/tar.ts";
import { aptSettings } from "./apt-settings.ts";
import { buildFailed, noSuchPackage } from "./failures.ts";
import { guestFiles, maskedUnits } from "./guest-files.ts";
import { initrdHook } from "./initrd.ts";
import { machineMirror, sourceLines } from "./mirror.ts";
import { basePackages, essentialHook, type ImageRequest, layerScript, leftOutPaths, sortedPackages } from "./recipe.ts";

/** A build in progress: where it works, where it logs, when it must stop. */
export interface Build {
  /** Folder of this build alone; whatever is in it when the build fails or dies is worth nothing. */
  readonly folder: string;
  readonly logPath: string;
  readonly signal: AbortSignal;
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Bootstraps the base tree of a system as one archive at `target`, renamed there when it is whole. */
export async function buildBase(os: string, target: string, build: Build): Promise<void> {
  const suite = operatingSystem(os)?.suite ?? os;
  const kernel = operatingSystem(os)?.kernelPackage ?? "";
  const mirror = machineMirror();
  const hook = join(build.folder, "essential-hook");
  const archive = join(build.folder, "base.tar");
  const lastHook = join(build.folder, "customize-hook");
  await writeFile(hook, essentialHook, { mode: 0o755 });
  await writeFile(lastHook, initrdHook, { mode: 0o755 });
  // Because apt inside the finished tree checks certificates only when it has some.
  const certificates = mirror.main.startsWith("https:") ? ["ca-certificates"] : [];
  const include = [...basePackages, kernel, ...certificates].join(",");
  const args = [
    "--variant=minbase",
    "--format=tar",
    "--skip=cleanup/apt/lists,cleanup/reproducible",
    `--include=${include}`,
    `--keyring=${keyring}`,
    `--essential-hook=${hook}`,
    `--customize-hook=${lastHook}`,
    ...["force-unsafe-io", "force-confold", ...leftOutPaths.map((path) => `path-exclude=${path}`)].map(
      (option) => `--dpkgopt=${option}`,
    ),
    ...['Acquire::GzipIndexes "true"', 'Acquire::Languages "none"', ...(await aptSettings(build.signal))].map(
      (option) => `--aptopt=${option}`,
    ),
    suite,
    archive,
    ...sourceLines(suite, mirror),
  ];
  // Because mmdebstrap's own user namespace must be able to enter its folder, which a private home forbids.
  const temporary: Record<string, string> = isRoot() ? { TMPDIR: build.folder } : {};
  const end = isRoot()
    ? await runCommand("unshare", [...namespaces, "mmdebstrap", ...args], settingsOf(build, temporary))
    : await runCommand("mmdebstrap", args, settingsOf(build, temporary));
  await check(end.code, os, build);
  await rename(archive, target);
}

/** Makes disk, kernel and list of packages of an image in the build's folder. */
export async function buildLayer(
  request: ImageRequest,
  from: { readonly base: string; readonly archives: string },
  build: Build,
): Promise<void> {
  const inFolder = (name: string) => join(build.folder, name);
  await writeFile(inFolder("guest.tar"), tarOf(guestFiles));
  await mkdir(from.archives, { recursive: true });
  const end = await runCommand("unshare", [...namespaces, "sh", "-c", layerScript], {
    ...settingsOf(build, {
      BASE: from.base,
      TREE: inFolder("tree"),
      DISK: inFolder("disk.raw"),
      KERNEL: inFolder("vmlinuz"),
      INITRD_FILE: inFolder("initrd"),
      MANIFEST: inFolder("packages.txt"),
      ARCHIVES: from.archives,
      GUEST_TAR: inFolder("guest.tar"),
      PACKAGES: sortedPackages(request.packages).join(" "),
      MASKED: maskedUnits.join(" "),
      PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`,
    }),
  });
  await check(end.code, [request.os, ...request.packages].join(" + "), build);
  await removeTree(inFolder("tree"), build.signal);
  await rm(inFolder("guest.tar"));
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

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function settingsOf(build: Build, env: Readonly<Record<string, string>>) {
  return { signal: build.signal, logPath: build.logPath, env: { LC_ALL: "C", ...env } };
}

async function check(code: number | null, name: string, build: Build): Promise<void> {
  if (code === 0) return;
  const log = await readFile(build.logPath, "utf8").catch(() => "");
  const tail = log.trimEnd().split("\n").slice(-12).join("\n");
  const missing = /Unable to locate package|has no installation candidate/.test(log);
  throw new InfraError((missing ? noSuchPackage : buildFailed)(name, tail, build.logPath));
}
