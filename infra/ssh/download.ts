import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CommandOptions } from "./connection.ts";
import type { Dialogue, Ending, Exchange } from "./exchange.ts";
import { sshError } from "./failures.ts";
import { collector, remoteFailure, transfer } from "./transfer.ts";
import { missingFileCode, sendingScript, type Window } from "./transfer-script.ts";

/** What goes where. */
export interface DownloadRequest {
  readonly remotePath: string;
  readonly localPath: string;
  /** Names the machine in details. */
  readonly place: string;
}

/** What arrived. */
export interface Downloaded {
  readonly sha256: string;
  readonly bytes: number;
  /** Whether the head was left out because of `maxBytes`. */
  readonly truncated: boolean;
}

/** What is kept of a download that was cut. */
interface Progress {
  readonly partial: string;
  hash: ReturnType<typeof createHash>;
  bytes: number;
  /** Size of the remote file when the first attempt began. */
  size: number | undefined;
}

/**
 * Copies a remote file through a temporary neighbour of the local path, which takes its name only when the sha256 of
 * both ends agree. The local folder is made; a copy that was cut goes on where it was cut. Throws `remote-file-missing`
 * where there is no such file.
 */
export async function download(
  talk: Dialogue,
  request: DownloadRequest,
  options: CommandOptions & { readonly maxBytes?: number },
): Promise<Downloaded> {
  const what = `${request.place}:${request.remotePath} to ${request.localPath}`;
  const partial = `${request.localPath}.part`;
  const progress: Progress = { partial, hash: createHash("sha256"), bytes: 0, size: undefined };
  try {
    await mkdir(dirname(request.localPath), { recursive: true });
    await transfer(talk, what, options, (say) => receive(say, { ...request, what, progress, most: options.maxBytes }));
    await rename(partial, request.localPath);
    const { hash, bytes, size = 0 } = progress;
    return { sha256: hash.digest("hex"), bytes, truncated: size > bytes };
  } catch (error) {
    await rm(partial, { force: true });
    throw await localFailure(error, what, dirname(request.localPath));
  }
}

interface Receiving {
  readonly remotePath: string;
  readonly what: string;
  readonly progress: Progress;
  readonly most: number | undefined;
}

async function receive(
  talk: (work: Exchange) => Promise<Ending>,
  { remotePath, what, progress, most }: Receiving,
): Promise<void> {
  const command = sendingScript(remotePath, windowOf(progress, most));
  const output = new Transform({
    highWaterMark: buffered,
    transform(chunk: Buffer, _encoding, done) {
      progress.hash.update(chunk);
      progress.bytes += chunk.length;
      done(null, chunk);
    },
  });
  const file = createWriteStream(progress.partial, {
    flags: progress.bytes === 0 ? "w" : "a",
    highWaterMark: buffered,
  });
  const written = pipeline(output, file);
  // Because it is only awaited after the exchange, and may fail before; the exchange then fails with the same error.
  written.catch(() => undefined);
  const said = collector((line) => {
    if (line.startsWith("size ")) progress.size ??= Number(line.slice(5));
  });
  try {
    const ending = await talk({ command, output, errors: said.sink });
    if (ending.code === missingFileCode) throw sshError("remote-file-missing", what);
    if (ending.code !== 0) throw remoteFailure(what, ending, said.text());
    await written;
  } catch (error) {
    // Because what was counted must also have been written when the next attempt goes on behind it.
    output.end();
    await written.catch(() => undefined);
    throw error;
  }
  const remote = /^sha256 (\w+)$/m.exec(said.text())?.[1];
  const sha256 = progress.hash.copy().digest("hex");
  if (remote === sha256) return;
  const arrived = progress.bytes;
  Object.assign(progress, { hash: createHash("sha256"), bytes: 0, size: undefined });
  throw sshError("transfer-digest", `${what}: sent ${remote}, arrived ${sha256} (${arrived} bytes).`);
}

const buffered = 4 * 1024 * 1024;

/** The last `most` bytes; after a loss the same ones, without those that are here. */
function windowOf({ size, bytes }: Progress, most: number | undefined): Window {
  if (size === undefined || bytes === 0) return { most };
  const whole = Math.min(size, Math.max(0, Math.trunc(most ?? size)));
  return { start: size - whole, bytes: whole, skip: bytes };
}

async function localFailure(error: unknown, what: string, folder: string): Promise<unknown> {
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  if (!("code" in error) || (error.code !== "ENOSPC" && error.code !== "EDQUOT")) {
    return sshError("transfer-local", `${what}: ${error.message}`, error);
  }
  const free = await statfs(folder).then(
    ({ bavail, bsize }) => String(bavail * bsize),
    () => "an unknown number of",
  );
  return sshError("transfer-disk-full", `${what}: ${free} bytes are free in ${folder}.`, error);
}
