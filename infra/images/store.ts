import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { Architecture } from "../catalog/operating-systems.ts";
import { withLock } from "../hosts/lock.ts";
import { removeTree } from "./build.ts";
import { claimants, disksInUse } from "./claims.ts";
import { imageInUse } from "./failures.ts";
import { imageIn, readImageRecord, recordPath } from "./image-record.ts";
import { inPartialFolder, leftBuilds } from "./partial.ts";
import { imageKey } from "./recipe.ts";

/** An image in the cache of this machine. */
export interface StoredImage {
  /** First 16 digits of the digest: unique in the cache. */
  readonly id: string;
  readonly digest: string;
  /** As {@link Image.build}: what rests on the image names it. */
  readonly build: string;
  readonly os: string;
  readonly architecture: Architecture;
  readonly packages: readonly string[];
  /** Absolute path of its folder. */
  readonly folder: string;
  /** What it takes of the disk. */
  readonly bytes: number;
  /** UTC, ISO 8601. */
  readonly builtAt: string;
  readonly lastUsedAt: string;
  /** `outdated` when the recipe has changed since: no request finds it any more. */
  readonly state: "ready" | "outdated";
  /** Servers whose disks rest on it and processes that lately asked for it, in words. */
  readonly usedBy: readonly string[];
}

/**
 * What images are made from and may be had again: worth its room only for the next build. `leftover` is of no use at all:
 * builds that were killed, and images whose record this version cannot read.
 */
export interface ImageSupply {
  readonly kind: "base" | "archives" | "download" | "leftover" | "log";
  readonly path: string;
  readonly bytes: number;
  readonly lastUsedAt: string;
}

/** Folders beside those of the images. */
const supplyFolders = ["archives", "bases", "downloads", "logs", "partial"];

/** Every image of a home, those used last first. */
export async function storedImages(home: string): Promise<readonly StoredImage[]> {
  const top = join(home, "images");
  const disks = await disksInUse(home);
  const found: StoredImage[] = [];
  for (const folder of await imageFolders(top)) {
    const image = await storedImage(folder, disks);
    if (image !== undefined) found.push(image);
  }
  return found.sort((one, other) => other.lastUsedAt.localeCompare(one.lastUsedAt));
}

async function imageFolders(top: string): Promise<readonly string[]> {
  const systems = (await readdir(top).catch(() => [])).filter((name) => !supplyFolders.includes(name));
  const inside = systems.map(async (os) =>
    (await readdir(join(top, os)).catch(() => [])).map((name) => join(top, os, name)),
  );
  return (await Promise.all(inside)).flat();
}

/** The kernel of any image in the cache that this machine's processor runs; undefined where there is none. */
export async function storedKernel(home: string): Promise<string | undefined> {
  for (const folder of await imageFolders(join(home, "images"))) {
    const record = await readImageRecord(folder);
    if (record?.boot === "kernel" && record.architecture === "amd64") return join(folder, "vmlinuz");
  }
  return undefined;
}

async function storedImage(
  folder: string,
  disks: ReadonlyMap<string, readonly string[]>,
): Promise<StoredImage | undefined> {
  const record = await readImageRecord(folder);
  if (record === undefined) return undefined;
  const { digest, build, os, architecture, packages, builtAt } = record;
  const servers = (disks.get(imageIn(folder, record).disk) ?? []).map((id) => `server ${id}`);
  return {
    ...{ id: digest.slice(0, 16), digest, build, os, architecture, packages, folder, builtAt },
    bytes: await bytesOf(folder),
    lastUsedAt: await changedAt(recordPath(folder)),
    state: record.boot === "disk" || imageKey({ os, packages, architecture }) === digest ? "ready" : "outdated",
    usedBy: [...servers, ...(await claimants(folder))],
  };
}

/**
 * Removes an image unless somebody uses it: then it gives the failure that says who. Whoever asks for the image at the same
 * moment either keeps it or builds it anew; what is gone already is success.
 */
export async function removeImage(
  home: string,
  image: Pick<StoredImage, "folder" | "digest">,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  return withLock(`image ${image.folder}`, signal, async () => {
    const before = await storedImage(image.folder, await disksInUse(home));
    if (before === undefined) return undefined;
    if (before.usedBy.length > 0) return imageInUse(before.id, before.usedBy);
    return inPartialFolder(`removed-${before.id}`, { home, signal }, async ({ folder }) => {
      const hidden = join(folder, basename(image.folder));
      await mkdir(folder, { recursive: true });
      await rename(image.folder, hidden);
      // Because somebody may have asked for it since: claims are made first, and looked for after the image is hidden.
      const late = await claimants(hidden);
      if (late.length === 0) return undefined;
      await rename(hidden, image.folder);
      return imageInUse(before.id, late);
    });
  });
}

/** What a home keeps for builds to come, and what builds that were killed left behind. */
export async function imageSupplies(home: string): Promise<readonly ImageSupply[]> {
  const top = join(home, "images");
  const named = async (kind: ImageSupply["kind"], folder: string) =>
    (await readdir(join(top, folder)).catch(() => [])).map((name) => ({ kind, path: join(top, folder, name) }));
  const folders = await imageFolders(top);
  const records = await Promise.all(folders.map(readImageRecord));
  const unreadable = folders.filter((_, index) => records[index] === undefined).map((path) => ({ path }));
  const left = [...(await leftBuilds(home)), ...unreadable].map(({ path }) => ({ kind: "leftover" as const, path }));
  const all = [
    ...(await named("base", "bases")),
    ...(await named("archives", "archives")),
    ...(await named("download", "downloads")),
    ...(await named("log", "logs")),
    ...left,
  ];
  const measured = all.map(async (one) => ({
    ...one,
    bytes: await bytesOf(one.path),
    lastUsedAt: await changedAt(one.path),
  }));
  return Promise.all(measured);
}

/** Removes one supply; a build that needs it fetches it again. Waits for a build that is making it. */
export async function removeSupply(supply: Pick<ImageSupply, "path">, signal: AbortSignal): Promise<void> {
  await withLock(`image ${supply.path}`, signal, () => removeTree(supply.path, signal));
}

/** What a file or folder takes of the disk: sparse files count only what they hold. */
async function bytesOf(path: string): Promise<number> {
  const own = await stat(path).catch(() => undefined);
  if (own === undefined) return 0;
  if (!own.isDirectory()) return own.blocks * 512;
  const names = await readdir(path).catch(() => []);
  const parts = await Promise.all(names.map((name) => bytesOf(join(path, name))));
  return parts.reduce((sum, part) => sum + part, own.blocks * 512);
}

async function changedAt(path: string): Promise<string> {
  const changed = await stat(path).then(
    (file) => file.mtime,
    () => new Date(0),
  );
  return changed.toISOString();
}
