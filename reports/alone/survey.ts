import { type Dirent, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { join, matchesGlob, sep } from "node:path";

/** Something below the folder of results that is no folder. Paths are relative to it, with `/`. */
export interface FoundFile {
  readonly path: string;
  /** The folder that it lies in; empty for the folder of results itself. */
  readonly folder: string;
  readonly name: string;
  /** Why it cannot be evidence as it stands there, in one sentence; null for a plain file. */
  readonly trouble: string | null;
}

/** The name that stands for everything in a folder that cannot be listed. */
const unlisted = "every file";

/** What lies below a folder, in the order of paths. */
export interface Survey {
  readonly files: readonly FoundFile[];
  /** What says nothing: links to what is read at its own place, and what was to be ignored. */
  readonly passedOver: readonly string[];
}

/**
 * Lists everything below a folder without following a link: what a link leads to inside the folder is read at its own
 * place, once, and what lies outside is nobody's evidence. A folder that cannot be listed is a file with trouble, so
 * that it is never taken for an empty one. Throws only where the folder itself cannot be listed.
 */
export function surveyFolder(root: string, ignored: readonly string[] = []): Survey {
  const top = realpathSync(root);
  const files: FoundFile[] = [];
  const passedOver: string[] = [];
  const open = [""];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const entries = entriesOf(top, folder);
    if (typeof entries === "string") {
      files.push({ path: folder, folder, name: unlisted, trouble: entries });
      continue;
    }
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const trouble = entry.isFile() ? null : troubleOf(entry, { top, folder, path });
      if (ignored.some((pattern) => matchesGlob(path, pattern)) || trouble === "read at its own place") {
        passedOver.push(path);
      } else if (entry.isDirectory()) open.push(path);
      else files.push({ path, folder, name: entry.name, trouble });
    }
  }
  return { files: files.sort(byPath), passedOver: passedOver.sort() };
}

function entriesOf(top: string, folder: string): readonly Dirent[] | string {
  try {
    return readdirSync(join(top, folder), { withFileTypes: true });
  } catch (error) {
    if (folder === "") throw error;
    return `The folder ${folder} cannot be listed: ${codeOf(error)}.`;
  }
}

/** Why an entry that is no plain file is no evidence: `read at its own place` for a link to what lies in the folder. */
function troubleOf(entry: Dirent, at: { readonly top: string; readonly folder: string; readonly path: string }) {
  if (entry.isDirectory()) return null;
  if (!entry.isSymbolicLink()) return `${at.path} is no file but a ${kindOf(entry)}.`;
  const link = join(at.top, at.path);
  try {
    const target = realpathSync(link);
    if (target === at.top || target.startsWith(at.top + sep)) return "read at its own place";
    return `${at.path} is a link to ${readlinkSync(link)}, outside of the results: it was not followed.`;
  } catch (error) {
    return `${at.path} is a link that leads nowhere: ${codeOf(error)}.`;
  }
}

function kindOf(entry: Dirent): string {
  if (entry.isFIFO()) return "named pipe";
  if (entry.isSocket()) return "socket";
  return "device";
}

/** The code of a system error, such as `EACCES`, or its message. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}

function byPath(left: FoundFile, right: FoundFile): number {
  return left.path < right.path ? -1 : 1;
}
