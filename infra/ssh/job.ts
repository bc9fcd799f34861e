import { constants } from "node:os";
import type { CommandResult, Connection } from "./connection.ts";
import { backOff, within } from "./deadline.ts";
import { hasReason, placeOf, sshError } from "./failures.ts";
import { followScript, type JobPlace, startScript, stopScript } from "./job-script.ts";
import { lineCutter } from "./output.ts";

/** Where jobs live and how long a machine may be away, for all three verbs. */
export interface JobLimits {
  /** Absolute remote folder that holds the jobs; default `/var/lib/edgecert/jobs`. */
  readonly root?: string;
  readonly signal?: AbortSignal;
  /** How long a machine may be unreachable in one go before its failure is thrown; milliseconds, default 300,000. */
  readonly patienceMs?: number;
}

/** A command that outlives its connection. */
export interface JobRequest {
  /** Unique on the machine: letters, digits, `.`, `_`, `@`, `-`. The same name and command attach to the running job. */
  readonly name: string;
  /** Run by `/bin/sh`; both outputs go to one log. What it leaves running ends with it where systemd runs. */
  readonly command: string;
  /** Handed over by standard input and a 0600 file that is removed before the command starts: safe for secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute; default: the login's home. */
  readonly cwd?: string;
}

/** What to do with a job's log while it runs. */
export interface FollowOptions extends JobLimits {
  /** Each line once, with the byte offset just after it: what to store, to go on from there in another process. */
  readonly onLine?: (line: string, offset: number) => void;
  /** Where in the log to start, in bytes; default 0. */
  readonly offset?: number;
  /** Until `job-deadline` is thrown, in milliseconds; the job itself runs on. Default: none. */
  readonly timeoutMs?: number;
}

/** How a job ended. A null code means *unknown*: stopped by us, or gone without leaving a code; never success. */
export interface JobEnd {
  readonly code: number | null;
  /** The signal behind a code above 128 by the shell's convention, such as `SIGKILL` for 137. */
  readonly signal: string | null;
  /** From its start to its end, or to when its disappearance was seen. */
  readonly durationMs: number;
  readonly ending: "exited" | "stopped" | "rebooted" | "vanished";
  /** Size of the log in bytes. */
  readonly offset: number;
}

const defaultRoot = "/var/lib/edgecert/jobs";
const defaultPatienceMs = 300_000;
/** The longest that Node's timers can wait, 24.8 days: our own deadline ends a follow, not the command's. */
const longestMs = 2 ** 31 - 1;

/** Starts a detached job, or attaches to it when it was started before. Survives lost connections. */
export async function startJob(
  connection: Connection,
  request: JobRequest,
  limits: JobLimits = {},
): Promise<"started" | "attached"> {
  const place = placeOfJob(request.name, limits);
  for (const key of Object.keys(request.env ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) throw sshError("job-name", `The variable is "${key}".`);
  }
  const { command, env = {}, cwd } = request;
  const result = await speak(connection, startScript(place, { command, env, cwd }), limits);
  const said = result.stdout.trim();
  if (said === "started" || said === "attached") return said;
  const what = `${placeOf(connection.address)}: ${place.root}/${place.name}`;
  if (said === "taken") throw sshError("job-name-taken", what);
  throw sshError("job-launch", `${what}: exit code ${result.code}\n${result.stderr.trim()}`);
}

/** Hands over the job's log line by line until it ends, across lost connections. */
export function followJob(connection: Connection, name: string, options: FollowOptions = {}): Promise<JobEnd> {
  const place = placeOfJob(name, options);
  const { timeoutMs, signal } = options;
  const what = `${placeOf(connection.address)}: job ${name}`;
  const late = (): Error => sshError("job-deadline", `${what} has not ended after ${timeoutMs} ms.`);
  return within({ timeoutMs, signal, what, late }, async (inner) => {
    const base = options.offset ?? 0;
    let received = base;
    const lines = lineCutter((line, consumed) => options.onLine?.(line, base + consumed));
    const take = (chunk: Buffer): void => {
      received += chunk.length;
      lines.push(chunk);
    };
    for (let round = 0, size: number | undefined; ; round += 1) {
      const said = await speak(connection, () => followScript(place, received), { ...options, signal: inner }, take);
      const end = decodeEnd(said.stderr.trim().split("\n").at(-1) ?? "", what);
      if (end !== undefined) {
        // Because tail may leave when the job does, with the last bytes unread; what comes later is not the job's.
        size ??= end.offset;
        if (received >= size) {
          lines.end();
          return { ...end, offset: received };
        }
      }
      await backOff(Math.min(round, 4), 50, 1000, inner);
    }
  });
}

/** Ends a job with all its processes: TERM, and KILL after `graceMs` (default 5,000). One that is over is success. */
export async function stopJob(
  connection: Connection,
  name: string,
  limits: JobLimits & { readonly graceMs?: number } = {},
): Promise<void> {
  const place = placeOfJob(name, limits);
  const result = await speak(connection, stopScript(place, limits.graceMs ?? 5000), limits);
  if (result.code === 0) return;
  const what = `${placeOf(connection.address)}: job ${name}`;
  throw sshError("job-unstoppable", `${what}: exit code ${result.code}\n${result.stderr.trim()}`);
}

function placeOfJob(name: string, limits: JobLimits): JobPlace {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/.test(name)) throw sshError("job-name", `The name is "${name}".`);
  return { root: limits.root ?? defaultRoot, name };
}

/** Runs an idempotent script, again after a pause while the machine cannot be reached. */
async function speak(
  connection: Connection,
  script: string | (() => string),
  { signal = new AbortController().signal, patienceMs = defaultPatienceMs }: JobLimits,
  take?: (chunk: Buffer) => void,
): Promise<CommandResult> {
  let failing: { since: number; count: number } | undefined;
  const onBytes = (chunk: Buffer, stream: "stdout" | "stderr"): void => {
    failing = undefined;
    if (stream === "stdout") take?.(chunk);
  };
  for (;;) {
    try {
      const input = typeof script === "string" ? script : script();
      const timeoutMs = take === undefined ? {} : { timeoutMs: longestMs };
      const result = await connection.run("/bin/sh -s", { input, onBytes, signal, ...timeoutMs });
      if (result.code !== null || result.signal !== null) return result;
      throw sshError("command-unknown-end", `${placeOf(connection.address)}: a job's script`);
    } catch (error) {
      if (!isPassing(error)) throw error;
      failing ??= { since: Date.now(), count: 0 };
      if (Date.now() - failing.since > patienceMs) throw error;
      await backOff(failing.count, 100, 5000, signal);
      failing.count += 1;
    }
  }
}

function isPassing(error: unknown): boolean {
  return hasReason(
    error,
    "ssh-connection-lost",
    "ssh-unreachable",
    "ssh-handshake",
    "ssh-channel-refused",
    "command-unknown-end",
  );
}

/** Reads the last word of {@link followScript}; undefined while the job runs. */
function decodeEnd(said: string, what: string): JobEnd | undefined {
  if (said === "missing") throw sshError("job-missing", what);
  const [ending, code, duration, size] = said.split(" ");
  if (ending !== "exited" && ending !== "stopped" && ending !== "rebooted" && ending !== "vanished") return undefined;
  const exitCode = code === undefined || !/^\d+$/.test(code) ? null : Number(code);
  const names = Object.entries(constants.signals);
  const signal = exitCode === null ? undefined : names.find(([, number]) => number === exitCode - 128)?.[0];
  return { code: exitCode, signal: signal ?? null, durationMs: Number(duration), ending, offset: Number(size) };
}
