import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";

/**
 * The real path of a regular file inside a folder, or null where a path leads out of it, by its name or by a link, or to
 * something else. Throws what the file system says where nothing is there.
 */
export async function pathInside(folder: string, path: string): Promise<string | null> {
  const root = await realpath(folder);
  const found = await realpath(join(root, path));
  if (!found.startsWith(root + sep)) return null;
  return (await stat(found)).isFile() ? found : null;
}
