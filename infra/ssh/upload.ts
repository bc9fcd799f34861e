import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { CommandOptions } from "./connection.ts";
import type { Dialogue } from "./exchange.ts";
import { sshError } from "./failures.ts";
import { transfer } from "./transfer.ts";
import { uploadFile } from "./upload-file.ts";
import { uploadFolder } from "./upload-folder.ts";

/** What goes where. */
export interface UploadRequest {
  /** A file, copied under its own name, or a folder, whose content is copied. */
  readonly localPath: string;
  readonly remoteFolder: string;
  /** Names the machine in details. */
  readonly place: string;
}

/** What an upload knows of its source. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  readonly stats: Stats;
  readonly folder: string;
  /** Names both ends in details. */
  readonly what: string;
}

/**
 * Copies a file or the content of a folder. Nothing has its name at the destination before the sha256 of both ends agree;
 * a file that was cut goes on where it was cut, a folder starts again.
 */
export async function upload(talk: Dialogue, request: UploadRequest, options: CommandOptions): Promise<void> {
  const what = `${request.localPath} to ${request.place}:${request.remoteFolder}`;
  const path = resolve(request.localPath);
  const stats = await stat(path).catch((cause: unknown) => {
    throw sshError("transfer-local", `${what}: ${String(cause)}`, cause);
  });
  const source = { path, stats, folder: request.remoteFolder, what };
  const send = stats.isDirectory() ? uploadFolder : uploadFile;
  await transfer(talk, what, options, (say) => send(say, source));
}
