import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { withSlot } from "../hosts/lock.ts";
import { identityOf } from "../hosts/process-table.ts";
import type { ClusterStep } from "../providers/cluster.ts";
import { type PulumiEngine, pulumiEngine } from "./engine.ts";
import {
  type Diagnostic,
  type Operation,
  type OperationCommand,
  type OperationEnd,
  type OperationMessage,
  operationMessage,
} from "./operation.ts";
import { operationSlots } from "./operation-slots.ts";
import { endSession } from "./process-session.ts";
import { recordOperation } from "./running-operation.ts";
import { prepareStack, type StackPlace, stackEnvironment } from "./stack-place.ts";

/** How an operation is watched and ended. */
export interface OperationIo {
  readonly signal: AbortSignal;
  /** From the call on, in milliseconds. */
  readonly deadlineMs: number;
  /**
   * How long Pulumi may take to finish the creates that are under way once it is told to stop, before it is killed; in
   * milliseconds, default 60,000.
   */
  readonly graceMs?: number;
  /** Default: this process's own. */
  readonly environment?: NodeJS.ProcessEnv;
  step?(step: ClusterStep): void;
  diagnostic?(diagnostic: Diagnostic): void;
  /** Called when the operation has to wait, because as many are at work as the machine has memory for. */
  waiting?(): void;
}

const defaultGraceMs = 60_000;
/** How long Pulumi may go on without the process that runs its program. */
const orphanMs = 10_000;

/**
 * One operation of Pulumi in a process of its own. However it ends, also by a crash of that process or of this one,
 * nothing of it goes on: first it is told to stop, then killed with all that it started. Throws an InfraError without an
 * engine; everything else is an end.
 */
export async function runOperation(place: StackPlace, operation: Operation, io: OperationIo): Promise<OperationEnd> {
  const late = AbortSignal.timeout(io.deadlineMs);
  const signal = AbortSignal.any([io.signal, late]);
  const stopped: OperationEnd = { outcome: "stopped", why: "signal", kept: true, diagnostics: [] };
  if (signal.aborted) return stopped;
  const engine = await pulumiEngine();
  const patience = { signal, ...(io.waiting === undefined ? {} : { waiting: io.waiting.bind(io) }) };
  try {
    return await withSlot("pulumi operations", operationSlots(), patience, async () => {
      await prepareStack(place);
      return work({ place, operation, io, signal, late, engine });
    });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    return late.aborted ? { ...stopped, why: "deadline" } : stopped;
  }
}

interface Work {
  readonly place: StackPlace;
  readonly operation: Operation;
  readonly io: OperationIo;
  readonly signal: AbortSignal;
  readonly late: AbortSignal;
  readonly engine: PulumiEngine;
}

async function work(parts: Work): Promise<OperationEnd> {
  const { place, operation, io, signal, late } = parts;
  const { graceMs = defaultGraceMs } = io;
  const child = await start(parts);
  const said = listen(child, io);
  const exited = once(child, "exit");
  send(child, { type: "begin", operation, stack: place.stack, graceMs });
  const stop = (): void => {
    send(child, { type: "stop" });
    const kill = setTimeout(() => child.kill("SIGKILL"), graceMs);
    exited.finally(() => clearTimeout(kill));
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [code, killedBy] = await exited;
    const byItself = await endSession(child.pid ?? 0, said.end === undefined ? orphanMs : 0);
    const { diagnostics, end } = said;
    const kept = end !== undefined && byItself;
    // What was broken off stays recorded: whoever repairs it must know that its lock is ours.
    if (kept && !wasKilled(end)) await recordOperation(place, undefined);
    if (signal.aborted && end?.outcome !== "done")
      return { outcome: "stopped", why: late.aborted ? "deadline" : "signal", kept, diagnostics };
    if (end !== undefined) return { ...end, diagnostics };
    const how = killedBy === null ? `ended with ${code}` : `was ended by ${killedBy}`;
    return { outcome: "crashed", how, message: said.printed(), diagnostics };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Whether Pulumi itself was killed, while the process that speaks to it lived on. */
function wasKilled(end: NonNullable<Said["end"]>): boolean {
  return end.outcome === "failed" && /killed with SIG/.test(end.message);
}

/** The process, recorded before it is asked for anything. */
async function start({ place, operation, io, engine }: Work): Promise<ChildProcess> {
  const environment = stackEnvironment(place, io.environment);
  const path = [await folderOf(engine, place), environment.PATH].join(delimiter);
  const program = join(import.meta.dirname, `operation-process${import.meta.filename.slice(-3)}`);
  const child = spawn(process.execPath, ["--no-deprecation", program], {
    cwd: place.folder,
    // A session of its own: all that it starts is found by it, and a terminal's interrupt does not reach it.
    detached: true,
    env: { ...environment, PATH: path },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  await once(child, "spawn");
  const identity = identityOf(child.pid ?? 0);
  if (identity !== undefined) await recordOperation(place, { ...identity, operation: operation.name });
  return child;
}

/** Where `pulumi` is found. The launcher of the npm package has another name. */
async function folderOf({ command, source }: PulumiEngine, { folder }: StackPlace): Promise<string> {
  if (source === "path") return dirname(command);
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  await rm(join(bin, "pulumi"), { force: true });
  await symlink(command, join(bin, "pulumi"));
  return bin;
}

interface Said {
  readonly diagnostics: readonly Diagnostic[];
  readonly end: Extract<OperationMessage, { type: "end" }>["end"] | undefined;
  printed(): string;
}

function listen(child: ChildProcess, io: OperationIo): Said {
  const diagnostics: Diagnostic[] = [];
  let end: Said["end"];
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed = `${printed}${text}`.slice(-8192);
    });
  child.on("message", (raw: unknown) => {
    const { data } = operationMessage.safeParse(raw);
    if (data?.type === "step") io.step?.(data.step);
    if (data?.type === "end") end = data.end;
    if (data?.type !== "diagnostic") return;
    diagnostics.push(data.diagnostic);
    io.diagnostic?.(data.diagnostic);
  });
  child.on("error", () => {});
  return {
    diagnostics,
    get end() {
      return end;
    },
    printed: () => printed,
  };
}

function send(child: ChildProcess, command: OperationCommand): void {
  // Because a child that has died meanwhile is seen by its exit.
  if (child.connected) child.send(command, () => {});
}
