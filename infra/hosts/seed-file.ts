import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CloudSeed, cloudSeedFiles } from "./cloud-seed.ts";
import { type NoCloudSeed, noCloudFiles } from "./nocloud.ts";
import type { Machine } from "./qemu-arguments.ts";
import { type Seed, seedFiles } from "./seed.ts";
import { tarOf } from "./tar.ts";

/** Puts a seed where a machine's QEMU finds it, readable by nobody else. */
export async function writeSeed({ seed: { kind, path } }: Pick<Machine, "seed">, seed: NoCloudSeed): Promise<void> {
  if (kind === "tar") return writeArchive(path, seedArchive(seed));
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { mode: 0o700 });
  for (const file of noCloudFiles(seed)) await writeFile(join(path, file.path), file.content, { mode: file.mode });
}

/** The same for a machine that is told as at a cloud. Its image is one of ours. */
export async function writeCloudSeed({ seed }: Pick<Machine, "seed">, cloud: CloudSeed): Promise<void> {
  await writeArchive(seed.path, filledUp(tarOf(cloudSeedFiles(cloud))));
}

async function writeArchive(path: string, archive: Buffer): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await writeFile(path, archive, { mode: 0o600 });
}

/**
 * A seed as the tar archive that the guest unpacks over its root, filled up to the next power of two, 64 KiB at least: a
 * copy of a machine believes in the size of its original's, so that those of one kind must be alike. Pure.
 */
export function seedArchive(seed: Seed): Buffer {
  return filledUp(tarOf(seedFiles(seed)));
}

function filledUp(archive: Buffer): Buffer {
  const size = 2 ** Math.max(16, Math.ceil(Math.log2(archive.length)));
  return Buffer.concat([archive, Buffer.alloc(size - archive.length)]);
}
