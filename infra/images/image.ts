import { createHash, randomBytes } from "node:crypto";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Architecture, operatingSystems } from "../catalog/operating-systems.ts";
import { InfraError } from "../failure.ts";
import { withLock, withSlot } from "../hosts/lock.ts";
import { writeRecord } from "../hosts/record-file.ts";
import { requireSystemPackages } from "../hosts/requirements.ts";
import { buildBase, buildLayer } from "./build.ts";
import { claimImage } from "./claims.ts";
import { type CloudRequest, checkCloudImage, fetchCloudImage } from "./cloud-image.ts";
import { badPackageNames, unknownSystem } from "./failures.ts";
import { type ImageRecord, imageFolder, imageIn, readImageRecord, recordPath, touchImage } from "./image-record.ts";
import { announced, builderOf, inPartialFolder, publish } from "./partial.ts";
import { baseKey, type ImageRequest, imageKey, sortedPackages } from "./recipe.ts";

/** A bootable image: read-only, shared by every server started from it. */
export interface Image {
  /** sha256 in hex of what the image was made from. */
  readonly digest: string;
  /**
   * Names this one build, in hex: the same recipe built again has other bytes, so that nothing which rests on this disk
   * (an overlay, a saved machine) may be used with the next one.
   */
  readonly build: string;
  readonly os: string;
  readonly architecture: Architecture;
  /** Absolute path of the disk. */
  readonly disk: string;
  readonly format: "raw" | "qcow2";
  readonly boot: Boot;
  /** How a guest is told who it is: a tar archive by `fw_cfg`, or a volume for cloud-init's NoCloud. */
  readonly seed: "tar" | "nocloud";
  /** What `uname -r` says in it; empty where only its own boot loader knows. */
  readonly kernelVersion: string;
}

/**
 * How an image starts: by a kernel beside it (its disk is then one ext4 file system without partition table), or by the
 * boot loader on its disk. Paths are absolute.
 */
export type Boot =
  | { readonly kind: "kernel"; readonly kernel: string; readonly initrd: string }
  | { readonly kind: "disk" };

/** How building an image speaks, and when it must stop. */
export interface ImageIo {
  /** The machine's folder of images, keys and ledgers. */
  readonly home: string;
  readonly signal: AbortSignal;
  note(text: string): void;
}

/** Builds at the same time on one machine: each keeps about one core busy. */
const buildSlots = 2;

/**
 * The image for a request: from the cache, or built now by exactly one process while others wait for it. This process
 * counts as its user from then on. Throws an InfraError for an unknown system, a bad package name, a machine without the
 * tools, and a build that fails.
 */
export async function ensureImage(request: ImageRequest, io: ImageIo): Promise<Image> {
  checkRequest(request);
  const folder = imageFolder(request, io.home);
  const ready = await useImage(request, folder);
  if (ready !== undefined) return ready;
  if (request.image === undefined) requireSystemPackages();
  const key = imageKey(request).slice(0, 16);
  return withLock(`image ${folder}`, patience(nameOf(request), key, io), async () => {
    const meanwhile = await useImage(request, folder);
    if (meanwhile !== undefined) return meanwhile;
    return announced(io.home, key, async () => {
      if (request.image !== undefined) return fetchImage({ ...request, image: request.image }, folder, io);
      const base = await ensureBase(request, io);
      return withSlot("image-builds", buildSlots, io.signal, () => buildImage(request, { base, folder }, io));
    });
  });
}

/** Whether the image is in the cache, so that an estimate can say how long it takes. */
export async function hasImage(request: ImageRequest, home: string): Promise<boolean> {
  return (await readImage(request, imageFolder(request, home))) !== undefined;
}

function checkRequest(request: ImageRequest): void {
  const bad = request.packages.filter((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
  if (bad.length > 0) throw new InfraError(badPackageNames(bad));
  if (request.image !== undefined) checkCloudImage(request.os, request.image);
  const known = operatingSystems.map((system) => system.name);
  if (request.image === undefined && !known.includes(request.os))
    throw new InfraError(unknownSystem(request.os, known));
}

/** The image in a folder, claimed for this process; undefined where there is none. */
async function useImage(request: ImageRequest, folder: string): Promise<Image | undefined> {
  if ((await readImage(request, folder)) === undefined || !(await claimImage(folder))) return undefined;
  const record = await readImage(request, folder);
  if (record === undefined) return undefined;
  await touchImage(folder).catch(() => {});
  return imageIn(folder, record);
}

async function readImage(request: ImageRequest, folder: string): Promise<ImageRecord | undefined> {
  const record = await readImageRecord(folder);
  return record?.digest === imageKey(request) ? record : undefined;
}

function patience(what: string, key: string, io: ImageIo) {
  const waiting = async () =>
    io.note(`waiting for ${what}: ${(await builderOf(io.home, key)) ?? "another process"} builds it`);
  return { signal: io.signal, waiting: () => void waiting() };
}

async function ensureBase(request: ImageRequest, io: ImageIo): Promise<string> {
  const { os } = request;
  const key = `${os}-${baseKey(request).slice(0, 16)}`;
  const path = join(io.home, "images", "bases", `${key}.tar`);
  if (await exists(path)) return path;
  return withLock(`image ${path}`, patience(`the base of ${os}`, key, io), async () => {
    if (await exists(path)) return path;
    await withSlot("image-builds", buildSlots, io.signal, () =>
      inPartialFolder(key, io, async (build) => {
        const started = Date.now();
        io.note(`bootstrapping ${os}`);
        await publish(await buildBase(os, build), path);
        io.note(`bootstrapped ${os} in ${secondsSince(started)} s`);
      }),
    );
    return path;
  });
}

async function fetchImage(request: CloudRequest, folder: string, io: ImageIo): Promise<Image> {
  const name = `the cloud image of ${request.os}`;
  io.note(`fetching ${name} from ${request.image.url}`);
  const record = await inPartialFolder(imageKey(request).slice(0, 16), io, (build) =>
    fetchCloudImage(request, { folder, build }, io),
  );
  io.note(`fetched ${name} in ${record.seconds} s`);
  return imageIn(folder, record);
}

async function buildImage(
  request: ImageRequest,
  at: { readonly base: string; readonly folder: string },
  io: ImageIo,
): Promise<Image> {
  const started = Date.now();
  const digest = imageKey(request);
  io.note(`building the image of ${nameOf(request)}`);
  const record = await inPartialFolder(digest.slice(0, 16), io, async (build) => {
    await buildLayer(request, { base: at.base, archives: join(io.home, "images", "archives", request.os) }, build);
    const made = recordOf(request, await readFile(join(build.folder, "packages.txt"), "utf8"), started);
    await writeRecord(recordPath(build.folder), made);
    await claimImage(build.folder);
    await rm(at.folder, { recursive: true, force: true });
    const files = ["disk.raw", "vmlinuz", "initrd", "packages.txt"].map((name) => join(build.folder, name));
    await publish(build.folder, at.folder, files);
    return made;
  });
  io.note(`built the image of ${nameOf(request)} in ${record.seconds} s`);
  return imageIn(at.folder, record);
}

function recordOf(request: ImageRequest, manifest: string, started: number): ImageRecord {
  return {
    v: 2,
    digest: imageKey(request),
    build: randomBytes(8).toString("hex"),
    os: request.os,
    architecture: request.architecture ?? "amd64",
    packages: [...sortedPackages(request.packages)],
    kernelVersion: /^linux-image-(\d\S*)\t/m.exec(manifest)?.[1] ?? "",
    contents: createHash("sha256").update(manifest).digest("hex"),
    ...{ boot: "kernel", seed: "tar", format: "raw" },
    seconds: secondsSince(started),
    builtAt: new Date().toISOString(),
  };
}

function nameOf(request: ImageRequest): string {
  if (request.image !== undefined) return `the cloud image of ${request.os}`;
  return [request.os, ...sortedPackages(request.packages)].join(" + ");
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
