import { lstat, opendir, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Free space of the disk that a folder lies on, in bytes, as an ordinary user may fill it; of the nearest existing one above. */
export async function freeSpace(folder: string): Promise<number> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch (error) {
      if (path === dirname(path)) throw error;
    }
  }
}

/**
 * What a file or folder takes of its disk with all that is in it, in bytes: holes of sparse files count nothing. What
 * vanishes meanwhile, or is not there, counts nothing either. Links are not followed.
 */
export async function spaceTaken(path: string): Promise<number> {
  const found = await unlessGone(lstat(path));
  if (found === null) return 0;
  // Because lstat counts in blocks of 512 bytes, whatever the file system's own are.
  let bytes = found.blocks * 512;
  if (!found.isDirectory()) return bytes;
  const folder = await unlessGone(opendir(path));
  if (folder === null) return bytes;
  for await (const entry of folder) bytes += await spaceTaken(join(path, entry.name));
  return bytes;
}

async function unlessGone<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
