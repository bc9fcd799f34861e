import { type FileHandle, open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Event } from "../pipelines/dsl/event.ts";
import type { LogTail } from "./certificate-document.ts";

/** What is kept of the end of a log. */
export const tailLimits = { lines: 200, bytes: 32 * 1024 } as const;

/**
 * The ends of the logs of all suites that did not end with exit code 0, by the path of the log. `clean` takes secrets out
 * before anything is cut, so that no half of one is left. A log that cannot be read has none.
 */
export async function logTails(
  events: readonly Event[],
  runFolder: string,
  clean: (text: string) => string,
): Promise<ReadonlyMap<string, LogTail>> {
  const tails = new Map<string, LogTail>();
  for (const event of events) {
    if (event.type !== "suite.finished" || event.data.log === null || event.data.exitCode === 0) continue;
    const { path } = event.data.log;
    const read = await readEnd(path, runFolder).catch(() => null);
    if (read !== null) tails.set(path, tailOf(clean(read.text), read.whole));
  }
  return tails;
}

/** Cuts a text to its end, at the beginning of a line where there is one. `whole` says that it is all of the log. */
export function tailOf(text: string, whole = true): LogTail {
  const lines = text.replace(/\n$/, "").split("\n");
  const last = lines.slice(-tailLimits.lines);
  let bytes = Buffer.byteLength(last.join("\n"));
  let first = 0;
  while (first < last.length - 1 && bytes > tailLimits.bytes) {
    bytes -= Buffer.byteLength(last[first] ?? "") + 1;
    first += 1;
  }
  const kept = last.slice(first).join("\n");
  // Because one line alone may be longer than all that is kept.
  const cut = bytes > tailLimits.bytes ? Buffer.from(kept).subarray(-tailLimits.bytes).toString("utf8") : kept;
  return { text: cut.replace(/^\uFFFD+/, ""), whole: whole && cut === lines.join("\n") };
}

/** Twice of what is kept, because the first line of a part is cut and a secret in it would not be found. */
async function readEnd(path: string, runFolder: string): Promise<{ readonly text: string; readonly whole: boolean }> {
  const folder = await realpath(runFolder);
  const place = await realpath(join(folder, path));
  if (!place.startsWith(folder + sep)) throw new Error(`${path} lies outside of the run's folder`);
  const file: FileHandle = await open(place);
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - 2 * tailLimits.bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const text = buffer.subarray(0, bytesRead).toString("utf8");
    return from === 0 ? { text, whole: true } : { text: text.slice(text.indexOf("\n") + 1), whole: false };
  } finally {
    await file.close();
  }
}
