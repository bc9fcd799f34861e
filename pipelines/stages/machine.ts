import { relative, sep } from "node:path";
import type { Server } from "../../infra/providers/provider.ts";
import type { CommandResult, Connection } from "../../infra/ssh/connection.ts";
import { followJob, type JobEnd, startJob, stopJob } from "../../infra/ssh/job.ts";
import { connectionPool } from "../../infra/ssh/pool.ts";
import { quoted } from "../../infra/ssh/transfer-script.ts";
import type { StageContext } from "../dsl/context.ts";
import type { FileReference } from "../dsl/event.ts";
import { whileItLives } from "./gone.ts";
import { providerOf } from "./provision.ts";

/** Where everything of ours lives on a server. */
export const remoteRoot = "/var/lib/edgecert";

/** A server of the node and the way to it; the connection is made at first use and heals itself. */
export interface Machine {
  readonly server: Server;
  connect(): Promise<Connection>;
}

/** Lends machines to a function and closes every connection afterwards, whatever happened. */
export async function withMachines<Result>(
  servers: readonly Server[],
  use: (machines: readonly Machine[]) => Promise<Result>,
): Promise<Result> {
  const pool = connectionPool();
  try {
    return await use(servers.map((server) => ({ server, connect: () => pool.get(server.ssh) })));
  } finally {
    pool.close();
  }
}

/** A command that outlives us, under a name that is the same in every attempt of its node. */
export interface Work {
  readonly name: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs?: number;
}

/** How work ended; a null code means that nobody knows, and `why` says what was seen of its process. */
export interface WorkEnd {
  readonly code: number | null;
  readonly durationMs: number;
  readonly lastLines: readonly string[];
  readonly ending: JobEnd["ending"];
  readonly why: string;
  /** The log on the server. */
  readonly log: string;
}

/**
 * Starts work, or attaches to it when an earlier attempt started it, and passes its output on until it ends. Throws the
 * failure `servers-lost` as soon as the server's place says that it has died.
 */
export function doWork(machine: Machine, work: Work, ctx: StageContext): Promise<WorkEnd> {
  const of = { provider: providerOf(ctx), signal: ctx.signal, title: `${work.name} ran` };
  return whileItLives(machine.server, of, (signal) => followWork(machine, work, { ...ctx, signal }));
}

async function followWork(machine: Machine, work: Work, ctx: StageContext): Promise<WorkEnd> {
  const connection = await machine.connect();
  const { signal } = ctx;
  const name = `${ctx.node.replaceAll("/", "_")}-${work.name}`;
  const started = await startJob(connection, { ...work, name }, { signal });
  const host = machine.server.name;
  if (started === "attached")
    ctx.note(`${work.name} was already started on ${host}: its output is followed from the beginning`);
  const lastLines: string[] = [];
  const onLine = (line: string): void => {
    ctx.log(line, { host });
    lastLines.push(line);
    if (lastLines.length > 20) lastLines.shift();
  };
  const log = `${remoteRoot}/jobs/${name}/log`;
  const began = Date.now();
  const timeout = work.timeoutMs === undefined ? {} : { timeoutMs: work.timeoutMs };
  try {
    const end = await followJob(connection, name, { onLine, signal, ...timeout });
    return { code: end.code, durationMs: end.durationMs, lastLines, ending: end.ending, why: words[end.ending], log };
  } catch (error) {
    if (!isDeadline(error)) throw error;
    await stopJob(connection, name, { signal });
    const why = `was stopped after its deadline of ${Math.round((work.timeoutMs ?? 0) / 1000)} s`;
    return { code: null, durationMs: Date.now() - began, lastLines, ending: "stopped", why, log };
  }
}

const words: Readonly<Record<JobEnd["ending"], string>> = {
  exited: "ended by itself",
  stopped: "was stopped",
  rebooted: "is gone, because the server started again",
  vanished: "is gone and left no exit code: something killed it",
};

function isDeadline(error: unknown): boolean {
  return (
    error instanceof Error &&
    "failure" in error &&
    typeof error.failure === "object" &&
    error.failure !== null &&
    "reason" in error.failure &&
    error.failure.reason === "job-deadline"
  );
}

/** Puts a tar archive's content, or only some folders of it, into a remote folder once; a repeated call does nothing. */
export async function unpackOnce(
  machine: Machine,
  archive: { readonly path: string; readonly sha256: string; readonly only?: string },
  ctx: StageContext,
): Promise<string> {
  const connection = await machine.connect();
  const folder = `${remoteRoot}/sources/${archive.sha256.slice(0, 16)}`;
  const options = { signal: ctx.signal, timeoutMs: 300_000 };
  const there = await connection.run(`test -e ${quoted(`${folder}.complete`)}`, options);
  if (there.code === 0) return folder;
  await connection.upload(archive.path, `${folder}.new`, options);
  const file = archive.path.split(sep).at(-1) ?? "";
  const only = archive.only === undefined ? "" : ` ${quoted(archive.only)}`;
  await connection.must(
    `cd ${quoted(`${folder}.new`)} && rm -rf ${quoted(folder)} && mkdir -p ${quoted(folder)} && ` +
      `tar -x --no-same-owner -f ${quoted(file)} -C ${quoted(folder)}${only} && ` +
      `cd / && rm -rf ${quoted(`${folder}.new`)} && touch ${quoted(`${folder}.complete`)}`,
    options,
  );
  return folder;
}

/** A small file of a server. */
export interface RemoteFile {
  readonly path: string;
  readonly text: string;
  /** Octal, such as `0600`. */
  readonly mode: string;
  /** Account that owns it, where the server has that account; else root. */
  readonly owner: string;
}

/** Writes texts to remote files in one exchange, by standard input: nothing of them stands in an argument. */
export async function writeRemote(
  connection: Connection,
  files: readonly RemoteFile[],
  ctx: StageContext,
): Promise<CommandResult> {
  const write = ({ path: plain, text, mode, owner: account }: RemoteFile): string => {
    const [path, owner] = [quoted(plain), quoted(account)];
    return (
      `mkdir -p "$(dirname ${path})" && head -c ${Buffer.byteLength(text)} > ${path}.new && ` +
      `chmod ${quoted(mode)} ${path}.new && ` +
      `{ ! id -u ${owner} > /dev/null 2>&1 || chown ${owner} ${path}.new; } && mv -f ${path}.new ${path}`
    );
  };
  return connection.must(`umask 077 && ${files.map(write).join(" && ")}`, {
    input: files.map(({ text }) => text).join(""),
    signal: ctx.signal,
  });
}

/** A local file of the run as events name it: relative to the run's folder, with `/`. */
export function fileReference(
  path: string,
  digest: { sha256: string; bytes: number },
  ctx: StageContext,
): FileReference {
  return { path: relative(ctx.folder, path).split(sep).join("/"), sha256: digest.sha256, bytes: digest.bytes };
}
