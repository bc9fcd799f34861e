import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { Plan } from "../../../pipelines/dsl/plan-document.ts";
import type { SecretSource } from "../../../pipelines/dsl/secret.ts";
import { interpret, type Journal, type Keep, type Seal } from "../../../pipelines/engine/interpreter.ts";
import { LiveRun } from "../../../pipelines/engine/live-run.ts";
import { type NodeStep, runNode } from "../../../pipelines/engine/node-work.ts";
import { planGraph } from "../../../pipelines/engine/scheduler/plan-graph.ts";
import { initialState } from "../../../pipelines/engine/scheduler/run-state.ts";
import { scrubber } from "../../../pipelines/engine/scrubber.ts";
import { secretReader } from "../../../pipelines/engine/secret-reader.ts";
import type { RecordEntry, StoredEvent } from "../../../pipelines/engine/store/recorder.ts";
import type { RunMemory } from "../../../pipelines/engine/store/run-memory.ts";
import { type Bodies, sketchPipeline } from "./scripted-pipeline.ts";

/** A run interpreted without a database: what would be stored is kept in memory. */
export interface MemoryRun {
  readonly live: LiveRun;
  readonly entries: readonly RecordEntry[];
  readonly done: Promise<void>;
  /** Events in short words: `type node#attempt`. */
  told(): readonly string[];
  events(type: StoredEvent["type"]): readonly StoredEvent[];
}

export const noMemory: RunMemory = {
  takeovers: 0,
  sealed: null,
  outcome: null,
  settled: new Map(),
  attempts: new Map(),
  rounds: new Map(),
  opened: new Map(),
};

/** Starts to interpret a plan below a folder. */
export function memoryRun(
  plan: Plan,
  bodies: Bodies,
  options: {
    readonly home: string;
    readonly memory?: RunMemory;
    readonly width?: number;
    readonly seal?: Seal;
    readonly keep?: Keep;
    readonly secrets?: Readonly<Record<string, SecretSource>>;
  },
): MemoryRun {
  const entries: RecordEntry[] = [];
  const pipeline = sketchPipeline(plan, bodies, options.secrets);
  const known = scrubber();
  const live = new LiveRun({
    run: "memory",
    home: options.home,
    definitionFolder: "/srv/product",
    graph: planGraph(plan),
    pipeline,
    recorder: { push: (entry) => void entries.push(entry), flushed: async () => {} },
    scrubber: known,
    secrets: secretReader(pipeline.secrets, options.home, known),
    memory: options.memory ?? noMemory,
  });
  const journal: Journal = {
    async start(node, round) {
      void runNode(live, node, { round, record: (step: () => Promise<NodeStep>) => step() });
    },
    record: (_, step) => step(),
  };
  const seal: Seal =
    options.seal ??
    (async () => ({ type: "run.sealed" as const, data: { digest: "d", verdict: "passed", leftovers: [] } }));
  const { width = 8, keep } = options;
  const done = interpret(live, journal, { width, seal, keep, state: initialState(live.parts.graph) });
  const all = () => entries.flatMap(({ event }) => (event === undefined ? [] : [event]));
  return {
    live,
    entries,
    done,
    told: () =>
      all().map(({ type, node, attempt }) =>
        node === undefined ? type : `${type} ${node}${attempt === undefined ? "" : `#${attempt}`}`,
      ),
    events: (type) => all().filter((event) => event.type === type),
  };
}

/** A failure of some class for tests. */
export function someFailure(kind: Failure["class"], reason = "some-reason"): Failure {
  return { reason, class: kind, title: "It failed", detail: "as the test wants", next: "nothing" };
}
