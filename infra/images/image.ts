import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { operatingSystem, operatingSystems } from "../catalog/operating-systems.ts";
import { InfraError } from "../failure.ts";
import { withLock, withSlot } from "../hosts/lock.ts";
import { readRecord, writeRecord } from "../hosts/record-file.ts";
import { requireSystemPackages } from "../hosts/requirements.ts";
import { type Build, buildBase, buildLayer, removeTree } from "./build.ts";
import { badPackageNames, unknownSystem } from "./failures.ts";
import { baseKey, type ImageRequest, imageKey, sortedPackages } from "./recipe.ts";

/** A bootable image: read-only, shared by every server started from it. */
export interface Image {
  /** sha256 in hex of what the image was made from. */
  readonly digest: string;
  readonly os: string;
  /** Absolute path of the raw disk: one ext4 file system, no partition table. */
  readonly disk: string;
  /** Absolute path of its kernel. */
  readonly kernel: string;
  /** Absolute path of the small initrd that finds its disk. */
  readonly initrd: string;
  /** What `uname -r` says in it. */
  readonly kernelVersion: string;
}

/** How building an image speaks, and when it must stop. */
export interface ImageIo {
  /** The machine's folder of images, keys and ledgers. */
  readonly home: string;
  readonly signal: AbortSignal;
  note(text: string): void;
}

const imageRecord = z.object({
  digest: z.string(),
  os: z.string(),
  packages: z.array(z.string()),
  kernelVersion: z.string(),
  seconds: z.number(),
});

/** Builds at the same time on one machine: each keeps about one core busy. */
const buildSlots = 2;

/**
 * The image for a request: from the cache, or built now by exactly one process while others wait for it. Throws an
 * InfraError for an unknown system, a bad package name, a machine without the tools, and a build that fails.
 */
export async function ensureImage(request: ImageRequest, io: ImageIo): Promise<Image> {
  checkRequest(request);
  const folder = imageFolder(request, io.home);
  const ready = await readImage(request, folder);
  if (ready !== undefined) return ready;
  requireSystemPackages();
  return withLock(`image ${folder}`, io.signal, async () => {
    const meanwhile = await readImage(request, folder);
    if (meanwhile !== undefined) return meanwhile;
    const base = await ensureBase(request.os, io);
    return withSlot("image-builds", buildSlots, io.signal, () => buildImage(request, { base, folder }, io));
  });
}

/** Whether the image is in the cache, so that an estimate can say how long it takes. */
export async function hasImage(request: ImageRequest, home: string): Promise<boolean> {
  return (await readImage(request, imageFolder(request, home))) !== undefined;
}

function checkRequest(request: ImageRequest): void {
  if (operatingSystem(request.os) === undefined)
    throw new InfraError(
      unknownSystem(
        request.os,
        operatingSystems.map((system) => system.name),
      ),
    );
  const bad = request.packages.filter((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
  if (bad.length > 0) throw new InfraError(badPackageNames(bad));
}

async function ensureBase(os: string, io: ImageIo): Promise<string> {
  const path = join(io.home, "images", "bases", `${os}-${baseKey(os).slice(0, 16)}.tar`);
  if (await exists(path)) return path;
  return withLock(`image ${path}`, io.signal, async () => {
    if (await exists(path)) return path;
    await withSlot("image-builds", buildSlots, io.signal, async () => {
      const started = Date.now();
      io.note(`bootstrapping ${os}`);
      const build = await startBuild(`${os}-${baseKey(os).slice(0, 16)}`, io);
      await mkdir(join(io.home, "images", "bases"), { recursive: true });
      await buildBase(os, path, build);
      await rm(build.folder, { recursive: true, force: true });
      io.note(`bootstrapped ${os} in ${secondsSince(started)} s`);
    });
    return path;
  });
}

async function buildImage(
  request: ImageRequest,
  at: { readonly base: string; readonly folder: string },
  io: ImageIo,
): Promise<Image> {
  const started = Date.now();
  const packages = sortedPackages(request.packages);
  const digest = imageKey(request);
  io.note(`building the image of ${[request.os, ...packages].join(" + ")}`);
  const build = await startBuild(digest.slice(0, 16), io);
  await buildLayer(request, { base: at.base, archives: join(io.home, "images", "archives", request.os) }, build);
  const manifest = await readFile(join(build.folder, "packages.txt"), "utf8");
  const kernelVersion = /^linux-image-(\d\S*)\t/m.exec(manifest)?.[1] ?? "";
  const seconds = secondsSince(started);
  await writeRecord(join(build.folder, "image.json"), { digest, os: request.os, packages, kernelVersion, seconds });
  await rm(at.folder, { recursive: true, force: true });
  await mkdir(join(at.folder, ".."), { recursive: true });
  await rename(build.folder, at.folder);
  io.note(`built the image of ${[request.os, ...packages].join(" + ")} in ${seconds} s`);
  return imageAt(at.folder, { digest, os: request.os, kernelVersion });
}

/** An empty folder for a build, after removing what an interrupted build of the same key left behind. */
async function startBuild(key: string, io: ImageIo): Promise<Build> {
  const partial = join(io.home, "images", "partial");
  const folder = join(partial, key);
  await mkdir(partial, { recursive: true });
  if ((await readdir(partial)).includes(key)) await removeTree(folder, io.signal);
  await mkdir(folder);
  const logs = join(io.home, "images", "logs");
  await mkdir(logs, { recursive: true });
  const logPath = join(logs, `${key}.log`);
  await rm(logPath, { force: true });
  return { folder, logPath, signal: io.signal };
}

async function readImage(request: ImageRequest, folder: string): Promise<Image | undefined> {
  const record = await readRecord(join(folder, "image.json"), imageRecord);
  return record?.digest === imageKey(request) ? imageAt(folder, record) : undefined;
}

function imageAt(folder: string, facts: Pick<Image, "digest" | "os" | "kernelVersion">): Image {
  const { digest, os, kernelVersion } = facts;
  const paths = { disk: join(folder, "disk.raw"), kernel: join(folder, "vmlinuz"), initrd: join(folder, "initrd") };
  return { digest, os, kernelVersion, ...paths };
}

function imageFolder(request: ImageRequest, home: string): string {
  return join(home, "images", request.os, imageKey(request).slice(0, 16));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function secondsSince(start: number): number {
  return Math.round((Date.now() - start) / 100) / 10;
}
