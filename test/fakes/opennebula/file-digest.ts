import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** 16 hex digits that change with the content of any of the files. */
export function fileDigest(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 16);
}
