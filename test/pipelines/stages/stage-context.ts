import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StageContext } from "../../../pipelines/dsl/context.ts";
import type { EventBody } from "../../../pipelines/dsl/event.ts";
import { type Failure, FailureError, failureOf } from "../../../pipelines/dsl/failure.ts";
import type { ServerRequest, SuiteExpectation } from "../../../pipelines/dsl/request.ts";
import { Secret } from "../../../pipelines/dsl/secret.ts";

/** A context whose folders are below one root, and everything that a stage said to it. */
export interface Recorded {
  readonly ctx: StageContext;
  readonly events: { readonly body: EventBody; readonly host: string | undefined }[];
  readonly notes: string[];
  readonly lines: string[];
}

interface Wanted {
  readonly root: string;
  readonly node?: string;
  readonly attempt?: number;
  readonly definitionFolder?: string;
  readonly home?: string;
  readonly signal?: AbortSignal;
  readonly servers?: readonly ServerRequest[];
  readonly suites?: readonly SuiteExpectation[];
}

/** Makes a context as the engine would, which keeps what it is told. */
export function recordedContext(wanted: Wanted): Recorded {
  const { root, node = "results@debian-12", attempt = 1, servers = [], suites = [] } = wanted;
  const recorded: Pick<Recorded, "events" | "notes" | "lines"> = { events: [], notes: [], lines: [] };
  const folder = join(root, "run");
  const attemptFolder = join(folder, "nodes", node.replaceAll("/", "+"), String(attempt));
  mkdirSync(attemptFolder, { recursive: true });
  const ctx: StageContext = {
    run: "test-run",
    node,
    attempt,
    owner: {
      run: "test-run",
      node,
      attempt,
      token: attempt,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    },
    signal: wanted.signal ?? new AbortController().signal,
    folder,
    attemptFolder,
    home: wanted.home ?? join(root, "home"),
    definitionFolder: wanted.definitionFolder ?? root,
    servers,
    suites,
    secret: async (name) => new Secret(name, "a secret of the test"),
    emit: (body, host) => recorded.events.push({ body, host }),
    log: (line) => recorded.lines.push(line),
    note: (text) => recorded.notes.push(text),
    fail: (failure, cause) => {
      throw new FailureError(failure, { cause });
    },
  };
  return { ctx, ...recorded };
}

/** The failure that some work ends with; one that says so where it ends well. */
export async function caught(work: Promise<unknown>): Promise<Failure> {
  return failureOf(
    await work.then(
      () => "it worked",
      (error: unknown) => error,
    ),
  );
}
