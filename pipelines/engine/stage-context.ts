import { createWriteStream, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { Owner, StageContext } from "../dsl/context.ts";
import { FailureError } from "../dsl/failure.ts";
import type { PlanNode } from "../dsl/plan-document.ts";
import type { LiveRun } from "./live-run.ts";

/** What one attempt's context is made of. */
export interface ContextParts {
  readonly live: LiveRun;
  readonly node: PlanNode;
  readonly owner: Owner;
  readonly attempt: number;
  /** Absolute and existing. */
  readonly attemptFolder: string;
  readonly signal: AbortSignal;
  /** Called at every sign of life. */
  readonly touch: () => void;
}

/** A stage's context, and the way to shut it: whatever a body left behind says afterwards is not recorded. */
export interface OpenContext {
  readonly context: StageContext;
  /** Closes the log file. Resolves when it is written. */
  shut(): Promise<void>;
}

/** Opens the context of one attempt. Lines also go to `log.txt` in the attempt's folder. */
export function openContext(parts: ContextParts): OpenContext {
  const { live, node, attempt } = parts;
  const holder = live.parts.graph.nodes.get(node.undoOf ?? node.id)?.plan ?? node;
  const file = attemptLog(parts.attemptFolder);
  let open = true;
  const place = (host?: string) => ({ node: node.id, attempt, ...(host === undefined ? {} : { host }) });
  const log: StageContext["log"] = (text, { host, stream = "stdout" } = {}) => {
    if (!open) return;
    parts.touch();
    for (const line of text.replace(/\r?\n$/, "").split(/\r?\n/)) {
      live.tell({ type: "log", data: { stream, line } }, place(host));
      file.write(`${host === undefined ? "" : `${host} │ `}${live.cleanLine(line)}\n`);
    }
  };
  const emit: StageContext["emit"] = (body, host) => {
    if (!open) return;
    if (body.type === "log")
      return log(body.data.line, { stream: body.data.stream, ...(host === undefined ? {} : { host }) });
    parts.touch();
    live.tell(body, place(host));
  };
  const context: StageContext = {
    run: live.parts.run,
    node: node.id,
    attempt,
    owner: parts.owner,
    signal: parts.signal,
    folder: live.folder,
    attemptFolder: parts.attemptFolder,
    home: live.parts.home,
    definitionFolder: live.parts.definitionFolder,
    servers: holder.servers,
    ...(holder.cluster === undefined ? {} : { cluster: holder.cluster }),
    suites: holder.suites,
    secret: (name) => live.parts.secrets.read(name),
    emit,
    log,
    note: (text) => emit({ type: "note", data: { text } }),
    fail: (failure, cause) => {
      throw new FailureError(failure, cause === undefined ? {} : { cause });
    },
  };
  return {
    context,
    async shut() {
      open = false;
      await file.end();
    },
  };
}

interface AttemptLog {
  write(text: string): void;
  end(): Promise<void>;
}

/** `log.txt` of one attempt, made at its first line. A disk that takes no more costs the file, never the attempt. */
function attemptLog(folder: string): AttemptLog {
  let stream: WriteStream | null = null;
  return {
    write(text) {
      stream ??= createWriteStream(join(folder, "log.txt"), { flags: "a" }).on("error", () => {});
      if (!stream.destroyed) stream.write(text);
    },
    end: () =>
      new Promise((resolve) => {
        if (stream === null || stream.destroyed) return resolve();
        stream.on("close", () => resolve()).end();
      }),
  };
}
