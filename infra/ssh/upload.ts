import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { PassThrough, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CommandOptions } from "./connection.ts";
import type { Dialogue } from "./exchange.ts";
import { sshError } from "./failures.ts";
import { tail } from "./output.ts";
import { receivingScript } from "./transfer-script.ts";

/** What goes where. */
export interface UploadRequest {
  /** A file, copied under its own name, or a folder, whose content is copied. */
  readonly localPath: string;
  readonly remoteFolder: string;
  /** Names the machine in details. */
  readonly place: string;
}

const transferMs = 600_000;

/** Streams a tar archive into the remote folder and compares the stream's sha256 at both ends. */
export async function upload(talk: Dialogue, request: UploadRequest, options: CommandOptions): Promise<void> {
  const { localPath, remoteFolder, place } = request;
  const what = `${localPath} to ${place}:${remoteFolder}`;
  const archive = await openArchive(localPath, what);
  const command = receivingScript(remoteFolder);
  const said = collector();
  const complaints = collector();
  try {
    const work = { command, input: archive.stream, output: said.sink, errors: complaints.sink };
    const { code } = await talk(work, { timeoutMs: transferMs, ...options });
    if (code === null) throw sshError("command-unknown-end", what);
    if (code !== 0) throw sshError("transfer-remote", `${what}: exit code ${code}\n${complaints.text()}`);
    const sent = await archive.sha256();
    const received = said.text().trim();
    if (received !== sent) throw sshError("transfer-digest", `${what}: sent ${sent}, arrived ${received}.`);
  } finally {
    archive.stop();
  }
}

interface Archive {
  readonly stream: PassThrough;
  /** The digest of the whole stream; an archive that was not written whole is a failure. */
  sha256(): Promise<string>;
  stop(): void;
}

async function openArchive(localPath: string, what: string): Promise<Archive> {
  const path = resolve(localPath);
  const found = await stat(path).catch((cause: unknown) => {
    throw sshError("transfer-local", `${what}: ${String(cause)}`, cause);
  });
  const args = found.isDirectory()
    ? ["-C", path, "-cf", "-", "."]
    : ["-C", dirname(path), "-cf", "-", `./${basename(path)}`];
  // Because macOS's tar otherwise adds a `._` file for each file with extended attributes.
  const env = { ...process.env, COPYFILE_DISABLE: "1" };
  const tar = spawn("tar", args, { stdio: ["ignore", "pipe", "pipe"], env });
  const complaints = tail(4096);
  tar.stderr.on("data", complaints.push);
  const ended = once(tar, "close");
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const stream = new PassThrough();
  const streamed = pipeline(tar.stdout, hashing, stream);
  // Because both are only awaited after the exchange, and may fail before.
  streamed.catch(() => undefined);
  ended.catch(() => undefined);
  return {
    stream,
    async sha256() {
      try {
        const [code] = await ended;
        await streamed;
        if (code === 0) return hash.digest("hex");
      } catch (cause) {
        throw sshError("transfer-local", `${what}: ${String(cause)}`, cause);
      }
      throw sshError("transfer-local", `${what}: ${complaints.text()}`);
    },
    stop: () => tar.kill("SIGKILL"),
  };
}

/** Keeps the last 64 KiB of a stream as text. */
export function collector(): { readonly sink: Writable; text(): string } {
  const kept = tail(64 * 1024);
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      kept.push(chunk);
      done();
    },
  });
  return { sink, text: kept.text };
}
