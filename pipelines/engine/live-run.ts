import { join } from "node:path";
import type { EventBody } from "../dsl/event.ts";
import type { Json } from "../dsl/json.ts";
import type { Pipeline } from "../dsl/pipeline.ts";
import { mapStrings } from "./json-strings.ts";
import { cutLine, neutralLine, neutralText } from "./neutral-text.ts";
import type { PlanGraph } from "./scheduler/plan-graph.ts";
import type { LeftState } from "./scheduler/run-state.ts";
import type { Scrubber } from "./scrubber.ts";
import type { SecretReader } from "./secret-reader.ts";
import type { RecordEntry, Recorder, StoredEvent } from "./store/recorder.ts";
import type { RunMemory, Settlement, StoredDecision } from "./store/run-memory.ts";

/** What a run is made of while a worker holds it. */
export interface RunParts {
  readonly run: string;
  readonly home: string;
  readonly definitionFolder: string;
  readonly graph: PlanGraph;
  readonly pipeline: Pipeline;
  readonly recorder: Recorder;
  readonly scrubber: Scrubber;
  readonly secrets: SecretReader;
  readonly memory: RunMemory;
}

/** Where an event belongs. */
export interface EventPlace {
  readonly node?: string;
  readonly attempt?: number;
  readonly host?: string;
}

/** A run in the hands of this process: its settled nodes, its messages, its stream. */
export class LiveRun {
  readonly parts: RunParts;
  readonly settled: Map<string, Settlement>;
  readonly attempts: Map<string, number>;
  readonly opened: Map<string, string | null>;
  readonly #rounds: Map<string, number>;
  readonly decisions = new Map<string, StoredDecision>();
  /** Aborted when a cancel arrives; its reason is the person's. */
  readonly cancelled = new AbortController();
  /** Aborted when this process lets go of the run: nothing is recorded from then on. */
  readonly released = new AbortController();
  cancelReason: string | null = null;
  #resting: "running" | "waiting-approval" = "running";
  #token: number;
  #waiters: (() => void)[] = [];

  constructor(parts: RunParts) {
    this.parts = parts;
    this.settled = new Map(parts.memory.settled);
    this.attempts = new Map(parts.memory.attempts);
    this.opened = new Map(parts.memory.opened);
    this.#rounds = new Map(parts.memory.rounds);
    // Because every takeover must show larger tokens than any worker before it.
    this.#token = parts.memory.takeovers * 1_000_000;
  }

  /** Absolute. */
  get folder(): string {
    return join(this.parts.home, "runs", this.parts.run);
  }

  nextToken(): number {
    this.#token += 1;
    return this.#token;
  }

  nextAttempt(node: string): number {
    const attempt = (this.attempts.get(node) ?? 0) + 1;
    this.attempts.set(node, attempt);
    return attempt;
  }

  /** An event cleaned of secrets and control characters, stamped with the present time. */
  event(body: EventBody, place: EventPlace = {}): StoredEvent {
    const data = this.cleaned(body);
    return { at: new Date().toISOString(), ...place, type: body.type, data };
  }

  push(entry: RecordEntry): void {
    if (!this.released.signal.aborted) this.parts.recorder.push(entry);
  }

  tell(body: EventBody, place: EventPlace = {}): void {
    this.push({ event: this.event(body, place) });
  }

  /** Resolves when all that was told is stored. */
  flushed(): Promise<void> {
    return this.parts.recorder.flushed();
  }

  /** Records how a node ended, once per round; the event and the outcome are stored together. */
  settle(node: string, settlement: Settlement, body: EventBody): void {
    const known = this.settled.get(node);
    if (known !== undefined && known.round >= settlement.round) return;
    this.settled.set(node, settlement);
    const { outcome, round, output, lost } = settlement;
    const attempt = this.attempts.get(node);
    this.push({
      event: this.event(body, attempt === undefined ? { node } : { node, attempt }),
      node: {
        node,
        outcome,
        round,
        ...(attempt === undefined ? {} : { attempt }),
        ...(lost === true ? { lost } : {}),
        ...(outcome === "passed" ? { output: output === undefined ? {} : { value: output } } : {}),
      },
    });
    this.wake();
  }

  /** How often the node was sent back to waiting. */
  round(node: string): number {
    return this.#rounds.get(node) ?? 0;
  }

  /** Records once per round that a node is attempted again: what it came to before counts no more. */
  renew(node: string, round: number, reason: string): void {
    if (this.round(node) >= round) return;
    this.#rounds.set(node, round);
    this.settled.delete(node);
    const attempt = (this.attempts.get(node) ?? 0) + 1;
    this.push({
      event: this.event({ type: "node.waiting", data: { reason } }, { node, attempt }),
      node: { node, round },
    });
  }

  cancel(reason: string): void {
    if (this.cancelReason !== null) return;
    this.cancelReason = reason;
    this.cancelled.abort(new Error(`cancelled: ${reason}`));
    this.wake();
  }

  decide(node: string, decision: StoredDecision): void {
    if (this.decisions.has(node)) return;
    this.decisions.set(node, decision);
    this.wake();
  }

  /** Says in the run's record whether anything but a person is still waited for. */
  rest(state: "running" | "waiting-approval"): void {
    if (state === this.#resting) return;
    this.#resting = state;
    this.push({ run: { state } });
  }

  /** What is needed to take the finished run up again. */
  left(): LeftState {
    const { takeovers, sealed, outcome } = this.parts.memory;
    return {
      settled: [...this.settled].map(([node, settlement]) => [node, settlement.outcome, settlement.round]),
      started: [...this.attempts.keys()],
      verdict: sealed,
      takeovers,
      cancelled: this.cancelReason,
      rejected: outcome === "rejected",
    };
  }

  /** This process lets go: running bodies are told to stop, and nothing more is recorded. */
  release(why: Error): void {
    this.released.abort(why);
  }

  wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  /** Resolves at the next {@link wake}. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  /** A line of output as it may be shown and stored. */
  cleanLine(line: string): string {
    return cutLine(this.parts.scrubber.clean(neutralLine(line)));
  }

  private cleaned(body: EventBody): Json {
    const data: Json = JSON.parse(JSON.stringify(body.data));
    const clean = (text: string) => this.parts.scrubber.clean(neutralText(text));
    return mapStrings(data, body.type === "log" ? (text) => this.cleanLine(text) : clean);
  }
}
