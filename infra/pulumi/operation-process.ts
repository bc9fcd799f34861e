import { appendFileSync } from "node:fs";
import {
  ConcurrentUpdateError,
  type EngineEvent,
  fullyQualifiedStackName,
  LocalWorkspace,
  type OutputMap,
  PulumiCommand,
  Stack,
  StackNotFoundError,
} from "@pulumi/pulumi/automation/index.js";
import { RunError } from "@pulumi/pulumi/index.js";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import { InfraError } from "../failure.ts";
import type { Diagnostic, OperationCommand, OperationMessage, StackProgram } from "./operation.ts";
import { endSession } from "./process-session.ts";
import { projectName } from "./stack-place.ts";
import { stepCounter } from "./step-counter.ts";

/**
 * One operation of Pulumi on one stack, in the current folder: a process of its own, because an inline program may hang
 * or reject late. Asked and told by the channel to its parent; stops when told so, and when the parent is no more.
 */
type Begin = Extract<OperationCommand, { type: "begin" }>;

const stopping = new AbortController();
const changes: Record<string, number> = {};
let refusal: Failure | undefined;
let graceMs = 60_000;

// The cast is sound: the parent that speaks here is this very version of the program.
process.on("message", (command: OperationCommand) => {
  if (command.type === "stop") return stop();
  graceMs = command.graceMs;
  void begin(command);
});
process.on("disconnect", () => {
  stop();
  // Because nobody is left to end what does not stop by itself.
  setTimeout(() => void endSession(process.pid, 0).finally(() => process.exit(1)), graceMs).unref();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
process.on("unhandledRejection", (reason) => {
  // Because a program that has ended may still be answered: that concerns nobody any more.
  tell({ type: "diagnostic", diagnostic: { severity: "warning", urn: null, message: `late rejection: ${reason}` } });
});

function stop(): void {
  if (!stopping.signal.aborted) stopping.abort();
}

async function begin(command: Begin): Promise<void> {
  try {
    const outputs = await perform(command);
    end({ outcome: "done", outputs, changes });
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).slice(-16_384);
    end({ outcome: "failed", why: reasonOf(error), message, failure: refusal ?? null, changes });
  }
}

function reasonOf(error: unknown) {
  if (refusal !== undefined) return "refused";
  if (error instanceof ConcurrentUpdateError) return "locked";
  return error instanceof StackNotFoundError ? "no-stack" : "command";
}

function end(end: Extract<OperationMessage, { type: "end" }>["end"]): void {
  tell({ type: "end", end }, () => process.exit(0));
}

function tell(message: OperationMessage, then: () => void = () => {}): void {
  if (message.type !== "end") record(message);
  if (process.send !== undefined && process.connected) process.send(message, undefined, undefined, then);
  else then();
}

async function perform({ operation, stack: name }: Begin): Promise<Readonly<Record<string, unknown>>> {
  const program = operation.name === "up" || operation.name === "preview" ? operation.program : undefined;
  const workspace = await LocalWorkspace.create({
    workDir: process.cwd(),
    pulumiCommand: await PulumiCommand.get({ skipVersionCheck: true }),
    projectSettings: { name: projectName, runtime: "nodejs", main: process.cwd() },
    // Destroy and refresh run no program; that one is given all the same spares them the host of Node.js programs.
    program: program === undefined ? async () => {} : () => declare(program),
  });
  const stack = await (program === undefined ? Stack.select : Stack.createOrSelect)(fullName(name), workspace);
  stopping.signal.throwIfAborted();
  const options = { color: "never", onEvent: listener(), signal: stopping.signal, suppressProgress: true } as const;
  switch (operation.name) {
    case "up": {
      const tagging = tag(stack, operation.program.tags);
      try {
        return plain((await stack.up(options)).outputs);
      } finally {
        await tagging;
      }
    }
    case "preview":
      Object.assign(changes, (await stack.preview(options)).changeSummary);
      return {};
    case "refresh":
      await stack.refresh({ ...options, clearPendingCreates: operation.clearPendingCreates === true });
      return {};
    case "destroy": {
      const { refresh = false, continueOnError = false } = operation;
      await stack.destroy({ ...options, refresh, continueOnError });
      return {};
    }
    case "remove":
      await workspace.removeStack(fullName(name), { force: operation.force === true });
      return {};
    case "outputs":
      return plain(await stack.outputs());
    case "cancel":
      await stack.cancel();
      return {};
  }
}

/** States of files and buckets know one organization only. */
function fullName(stack: string): string {
  return fullyQualifiedStackName("organization", projectName, stack);
}

async function declare({ name, args }: StackProgram) {
  // Imported on demand because only these operations need the packages of a provider.
  const { edgeCluster } = await import("../programs/edge-cluster.ts");
  try {
    return { hosts: (await edgeCluster(name, args)).hosts };
  } catch (error) {
    if (!(error instanceof InfraError)) throw error;
    refusal = error.failure;
    // Because Pulumi prints the stack of any other error, and an expected failure is no defect of the program.
    throw new RunError(`${error.message} ${error.failure.next}`);
  }
}

/** Beside the update, which they do not concern: each takes a start of Pulumi. */
async function tag(stack: Stack, tags: StackProgram["tags"]): Promise<void> {
  try {
    for (const [key, value] of Object.entries(tags)) await stack.setTag(key, value);
  } catch (error) {
    const message = `the stack is not tagged: ${error instanceof Error ? error.message : String(error)}`;
    tell({ type: "diagnostic", diagnostic: { severity: "warning", urn: null, message } });
  }
}

function listener(): (event: EngineEvent) => void {
  const count = stepCounter();
  return (event) => {
    Object.assign(changes, event.summaryEvent?.resourceChanges);
    const step = count(event);
    if (step !== undefined) tell({ type: "step", step });
    const diagnostic = diagnosticOf(event);
    if (diagnostic !== undefined) tell({ type: "diagnostic", diagnostic });
  };
}

const severities: ReadonlySet<string> = new Set(["info", "info#err", "warning", "error"]);

function diagnosticOf({ diagnosticEvent: said }: EngineEvent): Diagnostic | undefined {
  // Because what it says for those who look for defects of its own holds every input, secrets among them.
  if (said === undefined || said.ephemeral === true || !severities.has(said.severity)) return undefined;
  return { severity: said.severity, urn: said.urn || null, message: said.message.trim() };
}

/** What was told, never the engine's own event: that holds secrets. A full disk must not end what runs. */
function record(message: OperationMessage): void {
  try {
    appendFileSync("events.jsonl", `${JSON.stringify({ at: new Date(), ...message })}\n`, { mode: 0o600 });
  } catch {
    return;
  }
}

function plain(outputs: OutputMap): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}
