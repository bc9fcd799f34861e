import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { withLock } from "../../infra/hosts/lock.ts";

/** How a folder of the cache is filled: into an empty folder, which takes its name only when this ends well. */
export type Make = (folder: string) => Promise<void>;

/**
 * A folder of the cache, made by the first who asks and complete whenever it is there. Others wait meanwhile, in this
 * process or another; what a killed maker left is removed by the next one.
 */
export async function madeOnce(folder: string, make: Make, tell: (text: string) => void): Promise<string> {
  if (existsSync(folder)) return folder;
  const signal = new AbortController().signal;
  const waiting = () => tell(`waiting for another process, which makes ${folder}`);
  return withLock(`made once ${folder}`, { signal, waiting }, async () => {
    if (existsSync(folder)) return folder;
    const prefix = `${basename(folder)}.half-`;
    await mkdir(dirname(folder), { recursive: true });
    const left = (await readdir(dirname(folder))).filter((name) => name.startsWith(prefix));
    for (const name of left) await rm(join(dirname(folder), name), { recursive: true, force: true });
    const half = join(dirname(folder), `${prefix}${process.pid}`);
    await mkdir(half);
    try {
      await make(half);
      await rename(half, folder);
    } finally {
      await rm(half, { recursive: true, force: true });
    }
    return folder;
  });
}
