import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import type { Ending, Exchange } from "./exchange.ts";
import { sshError } from "./failures.ts";
import { collector, remoteFailure } from "./transfer.ts";
import { blockBytes, differsCode, fileScript } from "./transfer-script.ts";
import type { Source } from "./upload.ts";

/** Sends one file from where the other side already has it, and lets it take its name when the digests agree. */
export async function uploadFile(talk: (work: Exchange) => Promise<Ending>, source: Source): Promise<void> {
  const { path, stats, what } = source;
  const id = createHash("sha256").update(`${path}\0${stats.size}\0${stats.mtimeMs}`).digest("hex").slice(0, 16);
  const command = fileScript({
    folder: source.folder,
    name: basename(path),
    id,
    bytes: stats.size,
    mode: stats.mode,
    modified: stats.mtimeMs / 1000,
  });
  const offset = Promise.withResolvers<number>();
  offset.promise.catch(() => undefined);
  const said = collector((line) => offset.resolve(Number(line.split(" ")[1])));
  const complaints = collector();
  const input = Readable.from(content(source, offset.promise), { objectMode: false, highWaterMark: 4 * readBytes });
  try {
    const ending = await talk({ command, input, output: said.sink, errors: complaints.sink });
    if (ending.code === differsCode)
      throw sshError("transfer-digest", `${what}: it changed on the way or on the disk.`);
    if (ending.code !== 0) throw remoteFailure(what, ending, complaints.text());
  } finally {
    offset.reject(new Error("The transfer is over."));
  }
}

const readBytes = 512 * 1024;

/** The file from an offset on, and then the line that proves it: the digest of the digests of its blocks. */
async function* content({ path, stats, what }: Source, offset: Promise<number>): AsyncGenerator<Buffer> {
  const start = await offset;
  const sums = createHash("sha256");
  let block = createHash("sha256");
  let inBlock = 0;
  let at = 0;
  const take = (piece: Buffer): void => {
    block.update(piece);
    inBlock += piece.length;
    if (inBlock < blockBytes) return;
    sums.update(`${block.digest("hex")}\n`);
    block = createHash("sha256");
    inBlock = 0;
  };
  try {
    // Because a log may grow while it is sent.
    const end = stats.size - 1;
    for await (const chunk of stats.size === 0 ? [] : createReadStream(path, { highWaterMark: readBytes, end })) {
      for (let from = 0; from < chunk.length; ) {
        const piece = chunk.subarray(from, from + blockBytes - inBlock);
        from += piece.length;
        take(piece);
      }
      at += chunk.length;
      if (at > start) yield chunk.subarray(Math.max(0, chunk.length - (at - start)));
    }
  } catch (cause) {
    throw sshError("transfer-local", `${what}: ${String(cause)}`, cause);
  }
  if (inBlock > 0) sums.update(`${block.digest("hex")}\n`);
  yield Buffer.from(`${sums.digest("hex")}\n`);
}
