import { type Failure, FailureError, failureOf } from "../dsl/failure.ts";
import type { PlanPolicies } from "../dsl/plan-document.ts";
import { engineFailure } from "./failures.ts";
import { longestTimer } from "./run-facts.ts";

/** How one attempt ended. */
export type AttemptEnd<Output> =
  | { readonly type: "passed"; readonly output: Output }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "cancelled" };

/** What bounds an attempt. */
export interface AttemptBounds {
  readonly node: string;
  readonly policies: PlanPolicies;
  /** Aborts when the run is cancelled; absent for an undo, which a cancel never stops. */
  readonly cancelled?: AbortSignal;
  /** Aborts when this process lets go of the run. */
  readonly released: AbortSignal;
  /** Told when a body ignored its signal and was left behind. */
  abandoned(): void;
}

/** How long a body may take to end after its signal was aborted, in milliseconds. */
export const graceMs = 30_000;

type Stop = { readonly type: "cancelled" } | { readonly type: "failed"; readonly failure: Failure };

/**
 * Runs a body under its timeout, its stall limit and the run's cancel. `body` gets a signal and a function to call at
 * every sign of life. A body that ignores the signal is left behind after 30 seconds.
 */
export async function runAttempt<Output>(
  bounds: AttemptBounds,
  body: (signal: AbortSignal, touch: () => void) => Promise<Output>,
): Promise<AttemptEnd<Output>> {
  const controller = new AbortController();
  const watch = new Watch(bounds);
  const started = (async () => body(controller.signal, () => watch.touch()))();
  const work = started.then(
    (output): AttemptEnd<Output> => ({ type: "passed", output }),
    (error: unknown): AttemptEnd<Output> => ({ type: "failed", failure: failureOf(error) }),
  );
  try {
    const first = await Promise.race([work, watch.stopped.then((stop) => ({ stop }))]);
    if (!("stop" in first)) return first;
    controller.abort(reasonOf(first.stop));
    const last = await Promise.race([work, watch.grace()]);
    if (last === null) bounds.abandoned();
    // Because what was done in spite of a cancel is done, while a deadline that passed has passed.
    return first.stop.type === "cancelled" && last?.type === "passed" ? last : first.stop;
  } finally {
    watch.end();
  }
}

/** A body can tell a limit that passed, whose failure is the reason, from a cancel by a person. */
function reasonOf(stop: Stop): Error {
  return stop.type === "failed" ? new FailureError(stop.failure) : new Error("the run was cancelled");
}

/** The clocks and signals that may stop one attempt. */
class Watch {
  readonly stopped: Promise<Stop>;
  readonly #bounds: AttemptBounds;
  readonly #ended = new AbortController();
  #timeout: NodeJS.Timeout | undefined;
  #stall: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #stop: (stop: Stop) => void = () => {};

  constructor(bounds: AttemptBounds) {
    this.#bounds = bounds;
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    const { timeout } = bounds.policies;
    const limit = timeout.value;
    if (limit !== null) this.#count(limit, engineFailure.timeout(bounds.node, limit));
    this.touch();
    for (const signal of [bounds.cancelled, bounds.released]) {
      if (signal?.aborted) this.#stop({ type: "cancelled" });
      signal?.addEventListener("abort", () => this.#stop({ type: "cancelled" }), { signal: this.#ended.signal });
    }
  }

  #count(left: number, failure: Failure): void {
    const span = Math.min(left, longestTimer);
    this.#timeout = setTimeout(() => (left > span ? this.#count(left - span, failure) : this.#fail(failure)), span);
  }

  touch(): void {
    clearTimeout(this.#stall);
    const limit = this.#bounds.policies.stall.value;
    if (limit === null || this.#ended.signal.aborted) return;
    // Because a silence longer than a timer counts ends no sooner than the timeout would.
    const span = Math.min(limit, longestTimer);
    this.#stall = setTimeout(() => this.#fail(engineFailure.stall(this.#bounds.node, limit)), span);
  }

  grace(): Promise<null> {
    return new Promise((resolve) => {
      this.#grace = setTimeout(() => resolve(null), graceMs);
    });
  }

  end(): void {
    this.#ended.abort();
    for (const timer of [this.#timeout, this.#stall, this.#grace]) clearTimeout(timer);
  }

  #fail(failure: Failure): void {
    this.#stop({ type: "failed", failure });
  }
}
