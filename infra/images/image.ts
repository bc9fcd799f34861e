import { join } from "node:path";
import { type Architecture, operatingSystems } from "../catalog/operating-systems.ts";
import { InfraError } from "../failure.ts";
import { withLock } from "../hosts/lock.ts";
import { requireSystemPackages } from "../hosts/requirements.ts";
import { claimImage } from "./claims.ts";
import { checkCloudImage } from "./cloud-image.ts";
import { badPackageNames, unknownSystem } from "./failures.ts";
import { makeImage, nameOf, patience } from "./image-making.ts";
import { type ImageRecord, imageFolder, imageIn, readImageRecord, touchImage } from "./image-record.ts";
import { announced } from "./partial.ts";
import { type ImageRequest, imageKey } from "./recipe.ts";

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

/**
 * The image for a request: from the cache, or built now by exactly one process while others wait for it. This process
 * counts as its user from then on. Throws an InfraError for an unknown system, a bad package name, a machine without the
 * tools, and a build that fails.
 */
export async function ensureImage(request: ImageRequest, io: ImageIo): Promise<Image> {
  checkRequest(request);
  const earlier = await earlierImage(request, io);
  if (earlier !== undefined) return earlier;
  const folder = imageFolder(request, io.home);
  const ready = await useImage(request, folder);
  if (ready !== undefined) return ready;
  if (request.image === undefined) requireSystemPackages(request.architecture);
  const key = imageKey(request).slice(0, 16);
  return withLock(`image ${folder}`, patience(nameOf(request), key, io), async () => {
    const meanwhile = await useImage(request, folder);
    if (meanwhile !== undefined) return meanwhile;
    return announced(io.home, key, () => makeImage(request, folder, io));
  });
}

/** The image that was asked for by its digest, as long as it is there and is not what the recipe gives anyway. */
async function earlierImage({ imageDigest, ...request }: ImageRequest, io: ImageIo): Promise<Image | undefined> {
  // Because a digest becomes a part of a path.
  if (imageDigest === undefined || !/^[0-9a-f]{64}$/.test(imageDigest) || imageDigest === imageKey(request))
    return undefined;
  const folder = join(io.home, "images", request.os, imageDigest.slice(0, 16));
  const record = await readImageRecord(folder);
  if (record?.digest === imageDigest && (await claimImage(folder))) {
    await touchImage(folder).catch(() => {});
    return imageIn(folder, record);
  }
  io.note(`the image ${imageDigest.slice(0, 16)} of ${nameOf(request)} is gone: another one takes its place`);
  return undefined;
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
