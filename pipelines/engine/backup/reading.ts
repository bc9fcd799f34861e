import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { FailureError } from "../../dsl/failure.ts";
import { type Ending, endingOf, type Heading, headingOf } from "./document.ts";
import { backupFailure } from "./failures.ts";

/** Longest first line that is looked at, in bytes. */
const longestHeading = 4096;

/** The heading of a backup file; null for any other file. */
export async function readHeading(file: string): Promise<Heading | null> {
  try {
    for await (const line of linesOf(file)) {
      return line.length > longestHeading ? null : headingOf(line.toString("utf8"));
    }
  } catch (error) {
    // Because an error of the file system says something about the file, one of zlib only what the file is not.
    if (error instanceof Error && "syscall" in error) throw error;
  }
  return null;
}

/** Reads a whole backup and compares it with its own digest: nothing of a damaged one is ever used. */
export async function verifyBackup(file: string): Promise<{ readonly heading: Heading; readonly ending: Ending }> {
  const heading = await readHeading(file);
  if (heading === null) throw new FailureError(backupFailure.foreign(file));
  const hash = createHash("sha256");
  let last: Buffer | null = null;
  try {
    for await (const line of linesOf(file)) {
      if (last !== null) hash.update(last).update("\n");
      // Because the line is a part of a chunk that will be gone.
      last = Buffer.from(line);
    }
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw error;
    throw new FailureError(backupFailure.damaged(file, error instanceof Error ? error.message : String(error)));
  }
  const ending = endingOf(last?.toString("utf8") ?? "");
  if (ending === null) throw new FailureError(backupFailure.damaged(file, "its last line is missing"));
  const digest = hash.digest("hex");
  if (ending.sha256 === digest) return { heading, ending };
  const detail = `its content has the digest ${digest}, its last line says ${ending.sha256}`;
  throw new FailureError(backupFailure.damaged(file, detail));
}

/** Whether a line begins with a mark. */
export function isMark(line: Buffer, mark: string): boolean {
  return line.length >= mark.length && line.toString("latin1", 0, mark.length) === mark;
}

/** The lines of a gzip file, without their ends. Throws where it is cut off. */
export async function* linesOf(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  const plain = createGunzip();
  // Because a pipe passes on no error, the reader would wait for ever for a file that cannot be read.
  source.on("error", (error) => plain.destroy(error));
  source.pipe(plain);
  let pieces: Buffer[] = [];
  try {
    for await (const chunk of plain) {
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        const piece: Buffer = chunk.subarray(from, end);
        yield pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]);
        pieces = [];
        from = end + 1;
      }
      if (from < chunk.length) pieces.push(chunk.subarray(from));
    }
    if (pieces.length > 0) yield Buffer.concat(pieces);
  } finally {
    source.destroy();
  }
}
