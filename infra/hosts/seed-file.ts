import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type NoCloudSeed, noCloudFiles } from "./nocloud.ts";
import type { Machine } from "./qemu-arguments.ts";
import { type Seed, seedFiles } from "./seed.ts";
import { tarOf } from "./tar.ts";

/** Puts a seed where a machine's QEMU finds it, readable by nobody else. */
export async function writeSeed({ seed: { kind, path } }: Pick<Machine, "seed">, seed: NoCloudSeed): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (kind === "tar") return writeFile(path, seedArchive(seed), { mode: 0o600 });
  await mkdir(path, { mode: 0o700 });
  for (const file of noCloudFiles(seed)) await writeFile(join(path, file.path), file.content, { mode: file.mode });
}

/**
 * A seed as the tar archive that the guest unpacks over its root, filled up to the next power of two, 64 KiB at least: a
 * copy of a machine believes in the size of its original's, so that those of one kind must be alike. Pure.
 */
export function seedArchive(seed: Seed): Buffer {
  const archive = tarOf(seedFiles(seed));
  const size = 2 ** Math.max(16, Math.ceil(Math.log2(archive.length)));
  return Buffer.concat([archive, Buffer.alloc(size - archive.length)]);
}
