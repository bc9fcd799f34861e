import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type NoCloudSeed, noCloudFiles } from "./nocloud.ts";
import type { Machine } from "./qemu-arguments.ts";
import { seedFiles } from "./seed.ts";
import { tarOf } from "./tar.ts";

/** Puts a seed where a machine's QEMU finds it, readable by nobody else. */
export async function writeSeed({ seed: { kind, path } }: Pick<Machine, "seed">, seed: NoCloudSeed): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (kind === "tar") return writeFile(path, tarOf(seedFiles(seed)), { mode: 0o600 });
  await mkdir(path, { mode: 0o700 });
  for (const file of noCloudFiles(seed)) await writeFile(join(path, file.path), file.content, { mode: file.mode });
}
