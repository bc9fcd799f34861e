import { dirname } from "node:path";
import { pathInside } from "./path-inside.ts";

/**
 * The real path of a file that a test names as an attachment, or null where there is none that may be shown: only a
 * regular file inside the folder of evidence counts, whatever the name says and wherever links lead. A relative name is
 * looked for beside the result file first (`resultFile` is its path in the folder), then in the folder itself.
 */
export async function attachmentPath(folder: string, resultFile: string, name: string): Promise<string | null> {
  // Because an absolute path is one of the server that ran the test, never one of this machine.
  if (/^([\\/]|[A-Za-z]:)|\0/.test(name) || name.trim() === "") return null;
  const relative = name.replaceAll("\\", "/");
  for (const place of [`${dirname(resultFile)}/${relative}`, relative]) {
    try {
      const found = await pathInside(folder, place);
      if (found !== null) return found;
    } catch {
      // Because a name that leads nowhere is looked for in the next place.
    }
  }
  return null;
}
