import { setTimeout as pause } from "node:timers/promises";
import { abortError } from "./failures.ts";

/** How long something may take and who may end it sooner. */
export interface Limits {
  /** Milliseconds until `late` is the end of it; absent: no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is being done, for the detail of a cancelled failure. */
  readonly what: string;
  /** The error when the time is over. */
  late(): Error;
}

/** Runs `work` with one signal whose reason is the very error to throw: of the deadline, or of the caller's signal. */
export async function within<T>(limits: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeoutMs, signal: outer } = limits;
  const controller = new AbortController();
  const cancelled = (): void => {
    if (outer !== undefined) controller.abort(abortError(outer, limits.what));
  };
  if (outer?.aborted === true) throw abortError(outer, limits.what);
  outer?.addEventListener("abort", cancelled, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(limits.late()), timeoutMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", cancelled);
  }
}

/** The value of a promise, or the reason of whichever signal is aborted first. The promise itself is not stopped. */
export async function unless<T>(promise: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  // Because a promise that lost the race may still reject later, with nobody left to hear it.
  promise.catch(() => undefined);
  const leaving: (() => void)[] = [];
  try {
    return await new Promise<T>((resolve, reject) => {
      for (const signal of signals) {
        const leave = (): void => reject(signal.reason);
        if (signal.aborted) leave();
        signal.addEventListener("abort", leave, { once: true });
        leaving.push(() => signal.removeEventListener("abort", leave));
      }
      promise.then(resolve, reject);
    });
  } finally {
    for (const leave of leaving) leave();
  }
}

/** Waits the n-th pause of a back-off (n from 0): doubling from `firstMs` to `mostMs`, with a quarter of jitter. */
export async function backOff(n: number, firstMs: number, mostMs: number, signal: AbortSignal): Promise<void> {
  const delay = Math.min(mostMs, firstMs * 2 ** Math.min(n, 30)) * (0.75 + Math.random() * 0.5);
  try {
    await pause(delay, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
