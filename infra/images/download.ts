import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { InfraError } from "../failure.ts";
import { downloadFailed, wrongDigest } from "./failures.ts";

/** A file somewhere, and the digest by which it is trusted. */
export interface Remote {
  /** `https:`, `http:` or `file:`. */
  readonly url: string;
  /** sha256 in hex. */
  readonly sha256: string;
}

/** Where a download goes, and how it speaks. */
export interface DownloadIo {
  readonly signal: AbortSignal;
  /** Certificates to trust beside those that Node brings, as PEM. */
  readonly authorities: readonly string[];
  note(text: string): void;
}

/** Tries of one download; each goes on where the last one ended. */
const tries = 4;

/** Silence after which a connection counts as lost, in milliseconds. */
const silenceMs = 60_000;

const redirects = 10;

/**
 * Fetches a file to a path, of which nothing is to be believed before this resolves: then it has the digest. What an earlier
 * download left there is gone on with where the server allows it. Throws an InfraError for a server that refuses, a
 * connection that stays lost, and a wrong digest, whose file is removed.
 */
export async function download(remote: Remote, path: string, io: DownloadIo): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  for (let turn = 1; ; turn += 1) {
    try {
      const { sha256, resumed } = await attempt(remote, path, io);
      if (sha256 === remote.sha256) return;
      await rm(path, { force: true });
      // Because the part that was there may have been of another file: that is found out only at the end.
      if (!resumed) throw new InfraError(wrongDigest(shown(remote.url), remote.sha256, sha256));
      io.note(`${shown(remote.url)} does not continue what was there: fetching it from its beginning`);
    } catch (error) {
      io.signal.throwIfAborted();
      if (error instanceof InfraError) throw error;
      // Because what fills the disk stops everything else on this machine too.
      if (codeOf(error) === "ENOSPC") await rm(path, { force: true });
      const last = turn === tries || !isPassing(error);
      if (last) throw new InfraError(downloadFailed(shown(remote.url), wordsOf(error)), { cause: error });
      io.note(`${wordsOf(error)} while fetching ${shown(remote.url)}: going on`);
      await delay(turn * 500, undefined, { signal: io.signal }).catch(() => io.signal.throwIfAborted());
    }
  }
}

async function attempt(remote: Remote, path: string, io: DownloadIo) {
  const file = await open(path, "a+", 0o600);
  try {
    const hash = createHash("sha256");
    const there = await hashInto(hash, path);
    const url = new URL(remote.url);
    const coming = url.protocol === "file:" ? localFile(url, there) : await request(url, there, io);
    const sink = coming.from === there ? hash : createHash("sha256");
    if (coming.from !== there) await file.truncate(0);
    await receive(coming, { file, hash: sink, name: url.pathname.split("/").at(-1) ?? remote.url }, io);
    await file.sync();
    return { sha256: sink.digest("hex"), resumed: coming.from > 0 };
  } finally {
    await file.close();
  }
}

/** Bytes that come, from an offset on, and how many there are in all; null where the server does not say. */
interface Coming {
  readonly from: number;
  readonly total: number | null;
  readonly bytes: AsyncIterable<Buffer>;
}

function localFile(url: URL, from: number): Coming {
  return { from, total: null, bytes: createReadStream(fileURLToPath(url), { start: from }) };
}

async function hashInto(hash: Hash, path: string): Promise<number> {
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return size;
}

async function request(url: URL, there: number, io: DownloadIo): Promise<Coming> {
  let at = url;
  for (let hop = 0; hop <= redirects; hop += 1) {
    const response = await answer(at, there, io);
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400 && response.headers.location !== undefined) {
      response.resume();
      at = new URL(response.headers.location, at);
      continue;
    }
    const from = status === 206 ? Number(/^bytes (\d+)-/.exec(response.headers["content-range"] ?? "")?.[1]) : 0;
    // Because a file that is there as a whole has no bytes after its end to ask for.
    if (status === 416) return { from: there, total: there, bytes: response.resume() };
    const usable = status === 200 || (status === 206 && from === there);
    if (!usable) throw refused(at, status);
    const length = Number(response.headers["content-length"]);
    return { from, total: Number.isFinite(length) ? from + length : null, bytes: response };
  }
  throw new InfraError(downloadFailed(shown(url.href), `more than ${redirects} redirects`));
}

function answer(url: URL, there: number, { signal, authorities }: DownloadIo): Promise<http.IncomingMessage> {
  const isTls = url.protocol === "https:";
  const trust = { proxyEnv: process.env, ca: [...rootCertificates, ...authorities] };
  const agent = isTls ? new https.Agent(trust) : new http.Agent(trust);
  const headers: Record<string, string> = there > 0 ? { range: `bytes=${there}-` } : {};
  return new Promise((resolve, reject) => {
    const asked = (isTls ? https : http).get(url, { agent, headers, signal, timeout: silenceMs }, resolve);
    asked.on("timeout", () => asked.destroy(new Error(`nothing came for ${silenceMs / 1000} s`)));
    asked.on("error", reject);
  });
}

async function receive(
  coming: Coming,
  into: { readonly file: FileHandle; readonly hash: Hash; readonly name: string },
  io: DownloadIo,
): Promise<void> {
  let size = coming.from;
  let said = Date.now();
  if (coming.from === coming.total) return;
  for await (const chunk of coming.bytes) {
    io.signal.throwIfAborted();
    await into.file.appendFile(chunk);
    into.hash.update(chunk);
    size += chunk.length;
    if (Date.now() - said < 5_000) continue;
    said = Date.now();
    io.note(
      `fetched ${mebibytes(size)}${coming.total === null ? "" : ` of ${mebibytes(coming.total)}`} of ${into.name}`,
    );
  }
  if (coming.total !== null && size < coming.total) throw new Error(`the connection ended after ${size} bytes`);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function refused(url: URL, status: number): Error {
  const error = new Error(`the server answers ${status}`);
  return status >= 500 || status === 429 ? error : new InfraError(downloadFailed(shown(url.href), error.message));
}

/** Whether trying again may help: not where the machine, and not the network, refuses. */
function isPassing(error: unknown): boolean {
  return !["ENOSPC", "EACCES", "ENOENT", "EISDIR", "EROFS", "EDQUOT"].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? codeOf(error) : error.message;
}

/** An address as it may be printed: without the password that it may carry. */
export function shown(address: string): string {
  const url = new URL(address);
  url.username = "";
  url.password = "";
  return url.href;
}
