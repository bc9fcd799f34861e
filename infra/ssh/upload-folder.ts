import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { PassThrough, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Ending, Exchange } from "./exchange.ts";
import { sshError } from "./failures.ts";
import { tail } from "./output.ts";
import { collector, remoteFailure } from "./transfer.ts";
import { folderScript, quoted, settleScript } from "./transfer-script.ts";
import type { Source } from "./upload.ts";

/** Streams the content of a folder as a tar archive to a place beside the remote folder, and moves it in when it is whole. */
export async function uploadFolder(talk: (work: Exchange) => Promise<Ending>, source: Source): Promise<void> {
  const { what, folder } = source;
  const archive = openArchive(source.path, what);
  const run = async (command: string, input?: PassThrough): Promise<string> => {
    const said = collector();
    const complaints = collector();
    const ending = await talk({ command, input, output: said.sink, errors: complaints.sink });
    if (ending.code !== 0) throw remoteFailure(what, ending, complaints.text());
    return said.text();
  };
  try {
    const said = await run(folderScript(folder), archive.stream);
    const [, stage = "", received] = /^stage (.*)\nsha256 (\w+)\n$/s.exec(said) ?? [];
    if (stage === "") throw sshError("transfer-remote", `${what}: it said "${said}".`);
    try {
      const sent = await archive.sha256();
      if (received !== sent) throw sshError("transfer-digest", `${what}: sent ${sent}, arrived ${received}.`);
    } catch (error) {
      await run(`rm -rf -- ${quoted(stage)}`);
      throw error;
    }
    await run(settleScript(stage, folder));
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

function openArchive(path: string, what: string): Archive {
  // Because macOS's tar otherwise adds a `._` file for each file with extended attributes.
  const env = { ...process.env, COPYFILE_DISABLE: "1" };
  const tar = spawn("tar", ["-C", path, "-cf", "-", "."], { stdio: ["ignore", "pipe", "pipe"], env });
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
