import { createHash, randomBytes } from "node:crypto";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { withLock, withSlot } from "../hosts/lock.ts";
import { writeRecord } from "../hosts/record-file.ts";
import { buildBase, buildLayer } from "./build.ts";
import { claimImage } from "./claims.ts";
import { type CloudRequest, fetchCloudImage } from "./cloud-image.ts";
import { shown } from "./download.ts";
import { buildForeign } from "./foreign.ts";
import type { Image, ImageIo } from "./image.ts";
import { type ImageRecord, imageIn, recordPath } from "./image-record.ts";
import { builderOf, inPartialFolder, publish } from "./partial.ts";
import { baseKey, type ImageRequest, imageKey, sortedPackages } from "./recipe.ts";

/** Builds at the same time on one machine: each keeps about one core busy. */
const buildSlots = 2;

/** Makes the image of a request at its folder, whole or not at all. The caller holds the lock of that folder. */
export async function makeImage(request: ImageRequest, folder: string, io: ImageIo): Promise<Image> {
  if (request.image !== undefined) return fetchImage({ ...request, image: request.image }, folder, io);
  const base = isForeign(request) ? undefined : await ensureBase(request, io);
  return withSlot("image-builds", buildSlots, io.signal, () => buildImage(request, { base, folder }, io));
}

/** How to wait for a lock of this home under which somebody else builds: it is said who. */
export function patience(what: string, key: string, io: ImageIo) {
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
  io.note(`fetching ${name} from ${shown(request.image.url)}`);
  const record = await inPartialFolder(imageKey(request).slice(0, 16), io, (build) =>
    fetchCloudImage(request, { folder, build }, io),
  );
  io.note(`fetched ${name} in ${record.seconds} s`);
  return imageIn(folder, record);
}

async function buildImage(
  request: ImageRequest,
  at: { readonly base: string | undefined; readonly folder: string },
  io: ImageIo,
): Promise<Image> {
  const started = Date.now();
  const digest = imageKey(request);
  io.note(`building the image of ${nameOf(request)}`);
  const record = await inPartialFolder(digest.slice(0, 16), io, async (build) => {
    const archives = join(io.home, "images", "archives", request.os);
    if (at.base === undefined) await buildForeign(request, build, (text) => io.note(text));
    else await buildLayer(request, { base: at.base, archives }, build);
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

/** Whether programs of the image cannot run on this machine: only x86-64 machines run servers. */
function isForeign(request: ImageRequest): boolean {
  return request.architecture === "arm64";
}

/** An image in words, such as `debian-12 + python3`. */
export function nameOf(request: ImageRequest): string {
  if (request.image !== undefined) return `the cloud image of ${request.os}`;
  const architecture = isForeign(request) ? ["arm64"] : [];
  return [request.os, ...architecture, ...sortedPackages(request.packages)].join(" + ");
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
