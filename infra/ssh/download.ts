import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CommandOptions } from "./connection.ts";
import type { Dialogue } from "./exchange.ts";
import { sshError } from "./failures.ts";
import { missingFileCode, sendingScript } from "./transfer-script.ts";
import { collector } from "./upload.ts";

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

const transferMs = 600_000;

/**
 * Copies a remote file through a temporary neighbour of the local path, which takes its name only when the sha256 of
 * both ends agree. The local folder is made. Throws `remote-file-missing` where there is no such file.
 */
export async function download(
  talk: Dialogue,
  request: DownloadRequest,
  options: CommandOptions & { readonly maxBytes?: number },
): Promise<Downloaded> {
  const partial = `${request.localPath}.part`;
  try {
    await mkdir(dirname(request.localPath), { recursive: true });
    const done = await receive(talk, request, partial, options);
    await rename(partial, request.localPath);
    return done;
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof Error && "syscall" in error) {
      throw sshError("transfer-local", `${request.localPath}: ${error.message}`, error);
    }
    throw error;
  }
}

async function receive(
  talk: Dialogue,
  { remotePath, place }: DownloadRequest,
  partial: string,
  options: CommandOptions & { readonly maxBytes?: number },
): Promise<Downloaded> {
  const what = `${place}:${remotePath}`;
  const command = sendingScript(remotePath, options.maxBytes);
  const hash = createHash("sha256");
  let bytes = 0;
  const output = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const written = pipeline(output, createWriteStream(partial));
  // Because it is only awaited after the exchange, and may fail before; the exchange then fails with the same error.
  written.catch(() => undefined);
  const said = collector();
  try {
    const { code } = await talk({ command, output, errors: said.sink }, { timeoutMs: transferMs, ...options });
    if (code === null) throw sshError("command-unknown-end", what);
    if (code === missingFileCode) throw sshError("remote-file-missing", what);
    if (code !== 0) throw sshError("transfer-remote", `${what}: exit code ${code}\n${said.text()}`);
    await written;
  } catch (error) {
    output.destroy();
    await written.catch(() => undefined);
    throw error;
  }
  const [size, remote] = said.text().trim().split("\n").at(-1)?.split(" ") ?? [];
  const sha256 = hash.digest("hex");
  if (remote !== sha256) throw sshError("transfer-digest", `${what}: sent ${remote}, arrived ${sha256}.`);
  return { sha256, bytes, truncated: Number(size) > bytes };
}
