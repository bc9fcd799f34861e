import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where what tests build or fetch once is kept, outside the tree: `edgecert` below `XDG_CACHE_HOME` or `~/.cache`. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: cache = "" } = environment;
  return join(isAbsolute(cache) ? cache : join(homedir(), ".cache"), "edgecert");
}
