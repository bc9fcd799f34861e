import { z } from "zod";
import type { EdgeClusterArgs } from "../programs/edge-cluster.ts";

/** What a stack is to be: a cluster by its name and arguments. Plain JSON, private host keys included. */
export interface StackProgram {
  readonly name: string;
  readonly args: EdgeClusterArgs;
  /** Tags of the stack itself, for whoever lists the states. */
  readonly tags: Readonly<Record<string, string>>;
}

/** One command of Pulumi on one stack. */
export type Operation =
  | { readonly name: "preview" | "up"; readonly program: StackProgram }
  /** `clearPendingCreates` forgets creates whose end was never recorded; what they made is found by its tags. */
  | { readonly name: "refresh"; readonly clearPendingCreates?: boolean }
  | { readonly name: "destroy"; readonly refresh?: boolean; readonly continueOnError?: boolean }
  /** Removes the stack itself; `force` although its state still names resources. */
  | { readonly name: "remove"; readonly force?: boolean }
  | { readonly name: "outputs" }
  /** Breaks the locks on a `file://` or `s3://` state, whoever holds them. */
  | { readonly name: "cancel" };

const clusterStep = z.object({
  type: z.string(),
  name: z.string(),
  operation: z.enum(["create", "update", "replace", "delete", "read", "answer"]),
  state: z.enum(["started", "done", "failed"]),
  done: z.number(),
  known: z.number(),
});

const diagnostic = z.object({
  severity: z.enum(["info", "info#err", "warning", "error"]),
  /** Of the resource that it is about; null where it is about the whole. */
  urn: z.string().nullable(),
  message: z.string(),
});

const failure = z.object({
  reason: z.string(),
  class: z.enum(["configuration", "transient", "capacity", "quota", "lost", "test", "fatal", "cancelled"]),
  title: z.string(),
  detail: z.string(),
  next: z.string(),
});

const changes = z.record(z.string(), z.number());

const done = z.object({
  outcome: z.literal("done"),
  /** Of the stack; empty for operations that have none. */
  outputs: z.record(z.string(), z.unknown()),
  changes,
});

const failed = z.object({
  outcome: z.literal("failed"),
  /** `locked`: somebody works on the stack. `no-stack`: there is none. `refused`: the program said why. */
  why: z.enum(["locked", "no-stack", "refused", "command"]),
  /** What Pulumi printed at its end. */
  message: z.string(),
  /** Of a program that refused its arguments. */
  failure: z.nullable(failure),
  changes,
});

/** What the process of an operation says while it works. */
export const operationMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("step"), step: clusterStep }),
  z.object({ type: z.literal("diagnostic"), diagnostic }),
  z.object({ type: z.literal("end"), end: z.discriminatedUnion("outcome", [done, failed]) }),
]);

export type OperationMessage = z.infer<typeof operationMessage>;

/** Something that the engine, a provider or a program said, as it came. */
export type Diagnostic = z.infer<typeof diagnostic>;

/** What the process of an operation is asked. */
export type OperationCommand =
  | { readonly type: "begin"; readonly operation: Operation; readonly stack: string; readonly graceMs: number }
  | { readonly type: "stop" };

/** How an operation ended, with all that was said about it. */
export type OperationEnd = (
  | z.infer<typeof done>
  | z.infer<typeof failed>
  /** Told to stop, or out of time. `kept`: Pulumi ended by itself, so that its state knows of all that it had begun. */
  | { readonly outcome: "stopped"; readonly why: "signal" | "deadline"; readonly kept: boolean }
  /** Its process died. */
  | { readonly outcome: "crashed"; readonly how: string; readonly message: string }
) & { readonly diagnostics: readonly Diagnostic[] };
