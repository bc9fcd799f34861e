import { constants } from "node:fs";
import { mkdir, open, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Server } from "../../infra/providers/provider.ts";
import type { CommandOptions } from "../../infra/ssh/connection.ts";
import { quoted } from "../../infra/ssh/transfer-script.ts";
import type { StageContext } from "../dsl/context.ts";
import type { Environment } from "../environments/environment.ts";
import { fileReference, type Machine, remoteRoot } from "./machine.ts";
import { digestOf } from "./source.ts";

/** Bytes kept of each file (its end) and of all files of a cell together. */
export const evidenceLimits = { file: 2 << 20, core: 8 << 20, cell: 20 << 20 };

type Kind = "journal" | "log" | "core" | "console" | "other";

/** What is asked for, and where a console is found when the server itself says nothing any more. */
export interface EvidenceRequest {
  readonly environment: Environment;
  /** Local path of a server's serial console; null where its place keeps none. */
  consoleOf(server: Server): string | null;
  /** Whether the server's place knows that it has died: then nothing is asked of it. */
  isGone?(server: Server): Promise<boolean>;
}

/** Files found on a server, cut to the limits and announced as events. */
interface Gathering {
  readonly machine: Machine;
  readonly folder: string;
  readonly ctx: StageContext;
  readonly budget: { left: number };
  /** Bounds every exchange where time has already run out. */
  readonly limits: CommandOptions;
}

/**
 * Keeps what may explain a failure: of every machine the console, the journal, the logs that its role declares and core
 * dumps. Never fails itself: what cannot be had is said. After a time limit passed, what can be had in half a minute,
 * with the partial results; after a cancel only consoles, which are local.
 */
export async function gatherEvidence(
  machines: readonly Machine[],
  request: EvidenceRequest,
  ctx: StageContext,
): Promise<void> {
  const budget = { left: evidenceLimits.cell };
  const late = ctx.signal.aborted ? AbortSignal.timeout(lateMs) : undefined;
  const limits = late === undefined ? {} : { signal: late };
  for (const machine of machines) {
    const { server } = machine;
    const folder = join(ctx.attemptFolder, "evidence", server.name);
    await mkdir(folder, { recursive: true });
    const gathering = { machine, folder, ctx, budget, limits };
    const declared = request.environment.roles.find(({ name }) => name === server.role)?.logs ?? [];
    const logs = late === undefined ? declared : [...unfinished, ...declared];
    await said(gathering, "console", () => console(gathering, request.consoleOf(server)));
    if (late !== undefined && !isLimit(ctx.signal.reason)) continue;
    if ((await request.isGone?.(server)) === true) {
      ctx.note(`${server.name} has died: nothing but its console can be kept`);
      continue;
    }
    await said(gathering, "journal", () => journal(gathering));
    await said(gathering, "logs", () => declaredLogs(gathering, logs));
    await said(gathering, "core dumps", () => cores(gathering));
  }
}

/** Because the engine leaves an aborted body half a minute to end. */
const lateMs = 25_000;

/** Partial results and output of what was running when a limit passed. */
const unfinished = [`${remoteRoot}/results/*/*`, `${remoteRoot}/jobs/*/log`];

/** Whether an abort came from a time limit: its reason then carries the failure. */
function isLimit(reason: unknown): boolean {
  return reason instanceof Error && "failure" in reason;
}

async function said({ machine, ctx }: Gathering, what: string, gather: () => Promise<void>): Promise<void> {
  try {
    await gather();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    ctx.note(`no ${what} of ${machine.server.name} could be kept: ${why}`);
  }
}

async function console(gathering: Gathering, path: string | null): Promise<void> {
  const found = path === null ? undefined : await stat(path).catch(() => undefined);
  if (path === null || !found?.isFile()) return;
  const keep = Math.min(found.size, evidenceLimits.file, gathering.budget.left);
  const bytes = Buffer.alloc(keep);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await file.read(bytes, 0, keep, found.size - keep);
  } finally {
    await file.close();
  }
  const local = join(gathering.folder, "console.txt");
  await writeFile(local, bytes);
  await announce(gathering, { kind: "console", local, truncated: keep < found.size });
}

async function journal(gathering: Gathering): Promise<void> {
  const remote = `${remoteRoot}/evidence/journal.txt`;
  const connection = await gathering.machine.connect();
  await connection.must(
    `mkdir -p ${remoteRoot}/evidence && journalctl --boot --no-pager --output=short-iso-precise > ${remote}`,
    gathering.limits,
  );
  await download(gathering, { kind: "journal", remote, name: "journal.txt", limit: evidenceLimits.file });
}

async function declaredLogs(gathering: Gathering, patterns: readonly string[]): Promise<void> {
  const connection = await gathering.machine.connect();
  // Unquoted on purpose: the patterns are the environment's own and are meant to be expanded.
  const listed = await connection.run(
    `for f in ${patterns.join(" ")}; do [ -f "$f" ] && echo "$f"; done`,
    gathering.limits,
  );
  for (const remote of listed.stdout
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, 20)) {
    await download(gathering, { kind: "log", remote, name: safeName(remote), limit: evidenceLimits.file });
  }
}

async function cores(gathering: Gathering): Promise<void> {
  const connection = await gathering.machine.connect();
  const listed = await connection.run(
    `find ${remoteRoot}/cores -type f -name '*.core' -printf '%f\\n'`,
    gathering.limits,
  );
  for (const name of listed.stdout
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, 5)) {
    const packed = `${remoteRoot}/evidence/${safeName(name)}.gz`;
    await connection.must(
      `mkdir -p ${remoteRoot}/evidence && gzip -1 -c ${quoted(`${remoteRoot}/cores/${name}`)} > ${quoted(packed)}`,
      gathering.limits,
    );
    const size = Number((await connection.must(`stat -c %s ${quoted(packed)}`, gathering.limits)).stdout);
    if (size > Math.min(evidenceLimits.core, gathering.budget.left)) {
      // Because the end of a packed file is of no use.
      gathering.ctx.note(
        `${gathering.machine.server.name} left a core dump of ${size} bytes (${name}): too large to keep`,
      );
    } else {
      await download(gathering, {
        kind: "core",
        remote: packed,
        name: `${safeName(name)}.gz`,
        limit: evidenceLimits.core,
      });
    }
  }
}

async function download(
  gathering: Gathering,
  of: { readonly kind: Kind; readonly remote: string; readonly name: string; readonly limit: number },
): Promise<void> {
  const maxBytes = Math.min(of.limit, gathering.budget.left);
  if (maxBytes <= 0) {
    gathering.ctx.note(`${of.name} of ${gathering.machine.server.name} was left out: enough evidence was kept`);
    return;
  }
  const connection = await gathering.machine.connect();
  const local = join(gathering.folder, of.name);
  const { truncated } = await connection.download(of.remote, local, { ...gathering.limits, maxBytes });
  await announce(gathering, { kind: of.kind, local, truncated });
}

async function announce(
  { machine, ctx, budget }: Gathering,
  of: { readonly kind: Kind; readonly local: string; readonly truncated: boolean },
): Promise<void> {
  const digest = await digestOf(of.local);
  budget.left -= digest.bytes;
  const file = fileReference(of.local, digest, ctx);
  ctx.emit({ type: "evidence", data: { kind: of.kind, file, truncated: of.truncated } }, machine.server.name);
}

/** A remote path as one file name: nothing of it can leave a folder. */
function safeName(path: string): string {
  return path
    .replace(/^\/+/, "")
    .replace(/[^A-Za-z0-9.+_-]/g, "_")
    .replace(/^\.+/, "_")
    .slice(-150);
}
