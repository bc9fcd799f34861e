import type { Readable, Writable } from "node:stream";
import { PassThrough } from "node:stream";
import type { Provider } from "../../infra/providers/provider.ts";
import { begin, exchange } from "../../infra/ssh/exchange.ts";
import { openLink } from "../../infra/ssh/link.ts";
import { openShell } from "../../infra/ssh/shell.ts";
import type { LoginAddress } from "../dsl/event.ts";
import type { Engine, RunRecord } from "../engine/engine.ts";
import { UsageError } from "./exit.ts";
import { findRun } from "./runs.ts";
import { chooseServer, fullName, type LiveServer, liveServers } from "./server-choice.ts";

/** Whom a visit is to, and who comes. */
export interface VisitWords {
  /** `CELL` or `CELL/ROLE`. */
  readonly server: string;
  /** The latest run with servers where left out. */
  readonly run?: string;
  readonly by: string;
  /** Instead of a shell. */
  readonly command?: string;
}

/**
 * Finds the server and records in its run's stream that a person touches it. Nothing is opened before that is stored,
 * and a visit that cannot be recorded is refused: what ran there could count all the same.
 */
export async function announceVisit(
  { engine, provider }: VisitSources,
  words: VisitWords,
): Promise<{ readonly run: string; readonly server: LiveServer }> {
  const listed = (await provider.list({})).filter((one) => one.kind === "virtual-machine");
  const record = await visitedRun(engine, words.run, new Set(listed.map((one) => one.run)));
  const events = [];
  for await (const event of engine.events(record.run)) events.push(event);
  const servers = liveServers(record.plan, events, new Set(listed.map((one) => one.id)));
  const server = chooseServer(record.run, servers, words.server);
  const what = words.command === undefined ? "shell" : "command";
  const { node, attempt, name } = server;
  await engine.append(
    record.run,
    { type: "attempt.touched", data: { server: name, by: words.by, what } },
    { node, attempt, host: name },
  );
  return { run: record.run, server };
}

/** What a visit is found and recorded by. */
export interface VisitSources {
  readonly engine: Pick<Engine, "record" | "runs" | "names" | "events" | "append">;
  readonly provider: Pick<Provider, "list">;
}

async function visitedRun(engine: VisitSources["engine"], named: string | undefined, held: ReadonlySet<string>) {
  if (named !== undefined) return findRun(engine, named);
  const records = await Promise.all([...held].map((run) => engine.record(run)));
  const [latest] = records
    .filter((record): record is RunRecord => record !== null)
    .toSorted((left, right) => right.startedAt.localeCompare(left.startedAt));
  if (latest !== undefined) return latest;
  throw new UsageError(
    "No run has servers now",
    "the provider lists none",
    "start one with: edgecert run <definition>",
  );
}

/** What a visitor sits at. */
export interface Desk {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable;
}

/** Exit code where nobody knows how the session ended, as `ssh` has it. */
const unknownEnd = 255;

/**
 * Lends a shell, or runs a command, on a server and gives its exit code: with a terminal where the desk has one, else
 * with the three streams apart.
 */
export async function visit(address: LoginAddress, desk: Desk, command: string | undefined): Promise<number> {
  const { code, signal } =
    desk.stdin.isTTY === true && desk.stdout.isTTY === true
      ? await atTerminal(address, desk, command)
      : await byStreams(address, desk, command ?? 'exec "$SHELL" -l');
  if (code !== null) return code;
  desk.stderr.write(`edgecert: the session was ended${signal === null ? "" : ` by ${signal}`}\n`);
  return unknownEnd;
}

async function atTerminal(address: LoginAddress, { stdin, stdout }: Desk, command: string | undefined) {
  const size = () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 });
  stdin.setRawMode?.(true);
  try {
    return await openShell(address, {
      ...{ stdin, stdout, size: size() },
      ...(command === undefined ? {} : { command }),
      onResize(listener) {
        const told = () => listener(size());
        stdout.on("resize", told);
        return () => stdout.off("resize", told);
      },
    });
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
  }
}

async function byStreams(address: LoginAddress, { stdin, stdout, stderr }: Desk, command: string) {
  const link = await openLink(address, 30_000);
  // Because these are closed with the session, and our own streams are not.
  const [output, errors] = [new PassThrough(), new PassThrough()];
  output.pipe(stdout, { end: false });
  errors.pipe(stderr, { end: false });
  try {
    const work = { command, input: stdin, output, errors };
    return await exchange(link, { ...work, ...(await begin(link, work, link.lost)) }, link.lost);
  } finally {
    link.close();
  }
}

/** What a visitor is told before the session. */
export function visitNotice(run: string, server: LiveServer): string {
  return `edgecert: ${fullName(server)} of ${run}. This is recorded: what runs there does not count towards its certificate.`;
}
